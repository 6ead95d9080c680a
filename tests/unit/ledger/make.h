/*
 * make.h: a directory for a ledger, and entries to put into it.
 * Entries of one writer are numbered without a gap, as the recorder would have
 * them; their text varies in length so that records do not line up.
 */
#ifndef LEDGER_MAKE_H
#define LEDGER_MAKE_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "entry.h"
#include "ledger/ledger.h"

#define NAME "interlock.local/nod-00f3k9zt2c8a4r7"

__attribute__((unused)) static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

__attribute__((unused)) static void
remove_folder(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A new folder below /tmp; its name into `path` (64 bytes). Returns a descriptor. */
__attribute__((unused)) static int
new_folder(char *path)
{
	snprintf(path, 64, "/tmp/ledger-test-XXXXXX");
	if (!mkdtemp(path))
		abort();
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Entries say that they are made now, as the recorder wants of what it is sent. */
static bool make_now;

__attribute__((unused)) static struct span
make_entry_of(const char *process, uint64_t incarnation, uint64_t sequence,
    size_t padding)
{
	static uint8_t room[ENTRY_LIMIT];
	static char text[ENTRY_LIMIT];
	struct entry entry;
	struct span whole;

	memset(text, 'x', padding);
	entry_begin(&entry, room, strcmp(process, "broker") ? ENTRY_ASK : ENTRY_DECISION);
	entry_text(&entry, KEY_PROCESS, span_text(process));
	entry_uint(&entry, KEY_SEQUENCE, sequence);
	entry_uint(&entry, KEY_INCARNATION, incarnation);
	entry_uint(&entry, KEY_WALL, make_now ? clock_wall() : 1795000000000000000ULL + sequence);
	if (make_now)
		entry_uint(&entry, KEY_BOOT_TIME, clock_boot());
	entry_text(&entry, KEY_SESSION, SPAN("ses-00f3k9zt048a4r7"));
	entry_text(&entry, KEY_TEXT, span_of(text, padding));
	if (entry_end(&entry, &whole))
		abort();
	return whole;
}

__attribute__((unused)) static struct span
make_entry(uint64_t sequence)
{
	return make_entry_of("worker/0", 7, sequence, 20 + sequence * 37 % 200);
}

/* The body with this number; different ones do not become small. */
__attribute__((unused)) static struct span
make_body(uint64_t number, size_t n)
{
	static uint8_t body[50000];

	for (size_t i = 0; i < n; i++) {
		number = number * 6364136223846793005ULL + 1442695040888963407ULL;
		body[i] = (uint8_t)(number >> 33);
	}
	return span_of(body, n);
}

/* Append entries numbered from+1 to to, and write them. */
__attribute__((unused)) static void
fill(struct ledger *ledger, uint64_t from, uint64_t to)
{
	for (uint64_t i = from + 1; i <= to; i++) {
		if (ledger_append(ledger, make_entry(i)))
			abort();
		if (ledger_waiting(ledger) > LEDGER_BATCH && ledger_write(ledger))
			abort();
	}
	if (ledger_write(ledger))
		abort();
}

#endif
