/*
 * verify_journal.c: the journals, read beside the bundles and beyond them.
 * A torn end is the way of a recorder at work, or of one that crashed: it is a
 * fault only when entries that are signed should be there, or when no recorder
 * is at work and so nobody will finish it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/must.h"
#include "ledger/verify_own.h"

static bool
is_at_work(int directory)
{
	cleanup(close_fd) int fd = openat(directory, ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
}

int
verify_open_journals(struct verify *verify)
{
	char path[JOURNAL_PATH_SIZE];
	size_t count = 0;
	int error = journal_list(verify->directory, verify->bases, &count);

	verify->result->has_journal = error != -ENOENT;
	if (error == -ENOENT)
		return 0;
	if (error == -EBADMSG) {
		verify_say(verify, VERIFY_NO_INDEX, "tail",
		    "has a file in it that is no journal", span_of(NULL, 0));
		return 0;
	}
	if (error)
		return error;
	for (size_t i = 0; i < count; i++) {
		int fd = openat(verify->directory,
		    journal_path(path, verify->bases[i]),
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

		if (fd < 0 && errno == ENOENT && verify->count == 0)
			continue;	/* an old one went meanwhile */
		if (fd < 0)
			return -errno;
		verify->bases[verify->count] = verify->bases[i];
		verify->fds[verify->count++] = fd;
	}
	return 0;
}

/* Go to the journal after this one, if that is where `journal_next` now is. */
static bool
step(struct verify *verify)
{
	char path[JOURNAL_PATH_SIZE];

	if (verify->reading) {
		journal_close(&verify->journal);
		verify->reading = false;
		verify->at++;
	}
	if (verify->at >= verify->count)
		return false;
	if (verify->bases[verify->at] != verify->journal_next) {
		verify->journal_failed = true;
		verify_say(verify, verify->journal_next,
		    journal_path(path, verify->journal_next),
		    "a journal is missing", span_of(NULL, 0));
		return false;
	}
	journal_open(&verify->journal, verify->fds[verify->at]);
	verify->reading = true;
	return true;
}

/* The next record, whichever journal it is in. JOURNAL_ENTRY or another. */
static int
next_record(struct verify *verify, struct span *entry, struct hash *leaf)
{
	int status;

	do {
		if (!verify->reading && !step(verify))
			return JOURNAL_END;
		status = journal_next(&verify->journal, entry, leaf);
		if (status == JOURNAL_ENTRY)
			verify->journal_next++;
	} while (status == JOURNAL_END && step(verify));
	return status;
}

bool
verify_journal_entry(struct verify *verify, uint64_t index, struct span *entry,
    struct hash *leaf)
{
	char path[JOURNAL_PATH_SIZE];
	int status;

	if (verify->journal_failed || !verify->count || index < verify->bases[0])
		return false;
	if (index == verify->bases[0])
		verify->journal_next = index;
	status = next_record(verify, entry, leaf);
	if (status == JOURNAL_ENTRY)
		return true;
	if (!verify->journal_failed)
		verify_say(verify, index,
		    journal_path(path, index - index % JOURNAL_ENTRIES),
		    status == JOURNAL_END ? "the entry is missing in the journal" :
		    "the entry was changed in the journal", span_of(NULL, 0));
	verify->journal_failed = true;
	return false;
}

void
verify_later(struct verify *verify)
{
	uint64_t index = verify->checkpoint.size;
	char path[JOURNAL_PATH_SIZE];
	struct span entry;
	struct hash leaf;
	int status;

	if (verify->journal_failed || !verify->count)
		return;
	if (index < verify->bases[0] ||
	    (index == verify->bases[0] && !verify->reading))
		verify->journal_next = index;
	for (;; index++) {
		status = next_record(verify, &entry, &leaf);
		if (status != JOURNAL_ENTRY)
			break;
		verify_entry(verify, index, "tail", entry);
		verify->result->later++;
	}
	if (verify->journal_failed || status == JOURNAL_END)
		return;
	if (status == JOURNAL_TORN && is_at_work(verify->directory))
		return;
	verify_say(verify, index, journal_path(path, index - index % JOURNAL_ENTRIES),
	    "a record that is not signed yet is not whole", span_of(NULL, 0));
}

void
verify_close_journals(struct verify *verify)
{
	if (verify->reading)
		journal_close(&verify->journal);
	for (size_t i = 0; i < verify->count; i++)
		close_fd(&verify->fds[i]);
}
