/* own_entry.c: the recorder's own entries; it needs no channel to itself. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "ledger/keep_record_own.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

static uint8_t boot_id[16];

int
keep_record_prepare(void)
{
	cleanup(close_fd) int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	char text[64];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	size_t digits = 0;

	if (n < 0)
		return -errno;
	memset(boot_id, 0, sizeof(boot_id));
	for (ssize_t i = 0; i < n && digits < 32; i++) {
		char c = text[i];
		unsigned int v = c >= '0' && c <= '9' ? (unsigned int)(c - '0') :
		    c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a' + 10) : 16;

		if (v < 16) {
			boot_id[digits / 2] = (uint8_t)(boot_id[digits / 2] << 4 | v);
			digits++;
		}
	}
	return digits == 32 ? 0 : -EINVAL;
}

void
keep_record_enter(struct keep_record *keep, enum entry_kind kind,
    const char *name, const char *detail, uint64_t count)
{
	static uint8_t room[ENTRY_LIMIT];
	struct entry entry;
	struct span whole;

	if (keep->sequence == 0) {
		memcpy(keep->boot, boot_id, sizeof(boot_id));
		must(getrandom(&keep->incarnation, sizeof(keep->incarnation),
		    0) == sizeof(keep->incarnation));
	}
	entry_begin(&entry, room, kind);
	entry_text(&entry, KEY_PROCESS, span_text(msg_slot_name(SLOT_RECORDER)));
	entry_uint(&entry, KEY_SEQUENCE, keep->sequence + 1);
	entry_uint(&entry, KEY_INCARNATION, keep->incarnation);
	entry_uint(&entry, KEY_WALL, clock_wall());
	entry_uint(&entry, KEY_BOOT_TIME, clock_boot());
	entry_bytes(&entry, KEY_BOOT, span_of(keep->boot, sizeof(keep->boot)));
	if (keep->view) {
		entry_uint(&entry, KEY_EPOCH, keep->view->head.epoch);
		entry_bytes(&entry, KEY_POLICY, span_of(keep->view->head.digest,
		    sizeof(keep->view->head.digest)));
	}
	if (name)
		entry_text(&entry, KEY_NAME, span_text(name));
	if (detail)
		entry_text(&entry, KEY_DETAIL, span_text(detail));
	if (kind == ENTRY_START)
		entry_text(&entry, KEY_BUILD, span_text(INTERLOCK_VERSION));
	entry_uint(&entry, KEY_COUNT, count);
	must(entry_end(&entry, &whole) == 0);
	if (keep_record_take(keep, SLOT_RECORDER, LEVEL_HANDED, keep->incarnation,
	    keep->sequence + 1, whole) == 0)
		keep->sequence++;
}
