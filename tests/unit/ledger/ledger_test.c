/*
 * What was acknowledged is there after kill -9 at any instant, the log goes on,
 * and a full disk loses nothing. Written, synced and signed sizes are what they say.
 */
#include "ledger/ledger.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>

#include "ledger/note.h"
#include "ledger/read.h"
#include "ledger/tile.h"
#include "ledger/verify.h"
#include "make.h"

static void
say(void *arg, const struct verify_fault *fault)
{
	(void)arg;
	fprintf(stderr, "  fault at %llu in %s: %s\n",
	    (unsigned long long)fault->index, fault->file, fault->what);
}

static bool
is_right(int folder, uint64_t least)
{
	struct verify_options options = { 0 };
	struct verify_result result;

	return verify_ledger(folder, &options, say, NULL, &result) == 0 &&
	    result.faults == 0 && result.size + result.later >= least;
}

/* All entries are 1, 2, 3 … without a gap; how many. */
static uint64_t
count_entries(int folder)
{
	struct ledger_reader *reader = NULL;
	uint64_t index, n = 0;
	struct span entry;
	int status;

	if (ledger_reader_open(&reader, folder))
		return UINT64_MAX;
	while ((status = ledger_reader_next(reader, &index, &entry)) == 1) {
		if (index != n || !span_equal(entry, make_entry(n + 1)))
			return UINT64_MAX;
		n++;
	}
	ledger_reader_close(&reader);
	return status ? UINT64_MAX : n;
}

static void
count_seen(void *arg, uint64_t index, struct span entry)
{
	uint64_t *n = arg;

	CHECK(entry_is_valid(entry) && (*n == 0 || index > 0));
	(*n)++;
}

static void
steps(void)
{
	struct ledger *ledger = NULL, *second = NULL;
	struct ledger_found found;
	char path[64];
	int folder = new_folder(path);
	uint64_t seen = 0;

	CHECK(ledger_open(&ledger, folder, NAME, NULL, NULL, &found) == 0);
	CHECK(found.size == 0 && ledger_written(ledger) == 0);
	CHECK(ledger_open(&second, folder, NAME, NULL, NULL, &found) == -EBUSY);
	CHECK(is_right(folder, 0));
	CHECK(ledger_append(ledger, span_of(NULL, 0)) == -EMSGSIZE);
	CHECK(ledger_append(ledger, make_entry(1)) == 0);
	CHECK(ledger_written(ledger) == 0 && ledger_waiting(ledger) > 0);
	CHECK(ledger_write(ledger) == 0 && ledger_written(ledger) == 1);
	CHECK(ledger_synced(ledger) == 0 && ledger_sync(ledger) == 0);
	CHECK(ledger_synced(ledger) == 1 && ledger_signed(ledger) == 0);
	CHECK(ledger_checkpoint(ledger) == 0 && ledger_signed(ledger) == 1);
	fill(ledger, 1, 700);
	CHECK(is_right(folder, 700));
	CHECK(count_entries(folder) == 700);
	CHECK(ledger_checkpoint(ledger) == 0);
	CHECK(is_right(folder, 700));
	ledger_close(&ledger);
	CHECK(ledger == NULL);
	CHECK(ledger_open(&ledger, folder, "other.name", count_seen, &seen, &found) == 0);
	CHECK(seen == 700 && found.size == 700 && !found.cut && !found.mended);
	CHECK(strcmp(ledger_name(ledger), NAME) == 0);
	fill(ledger, 700, 1100);
	CHECK(ledger_checkpoint(ledger) == 0 && is_right(folder, 1100));
	ledger_close(&ledger);
	close(folder);
	remove_folder(path);
}

/* Over the edge of two journals; the oldest goes, and the log is whole. */
static void
many(void)
{
	struct ledger *ledger = NULL;
	struct ledger_found found;
	char path[64], file[128];
	int folder = new_folder(path);
	uint64_t seen = 0;

	CHECK(ledger_open(&ledger, folder, NAME, NULL, NULL, &found) == 0);
	fill(ledger, 0, 65536);
	CHECK(ledger_checkpoint(ledger) == 0 && is_right(folder, 65536));
	fill(ledger, 65536, 65700);
	CHECK(ledger_checkpoint(ledger) == 0 && is_right(folder, 65700));
	ledger_close(&ledger);
	CHECK(ledger_open(&ledger, folder, NAME, count_seen, &seen, &found) == 0);
	CHECK(seen == 65700 && found.size == 65700);
	fill(ledger, 65700, 131400);
	CHECK(ledger_checkpoint(ledger) == 0 && is_right(folder, 131400));
	snprintf(file, sizeof(file), "%s/tail/00000000000000000000", path);
	CHECK(access(file, F_OK) != 0);	/* its entries are in full tiles */
	ledger_close(&ledger);
	seen = 1;
	CHECK(ledger_open(&ledger, folder, NAME, count_seen, &seen, &found) == 0);
	CHECK(found.size == 131400 && seen == 1 + 131400 - 65536);
	CHECK(count_entries(folder) == 131400);
	ledger_close(&ledger);
	close(folder);
	remove_folder(path);
}

struct promise {
	volatile uint64_t written, synced, signed_size;
};

/* Append for ever; promise only what the ledger acknowledged. */
static void
write_until_killed(int folder, struct promise *promise)
{
	struct ledger *ledger = NULL;
	struct ledger_found found;
	uint64_t n;

	if (ledger_open(&ledger, folder, NAME, NULL, NULL, &found))
		_exit(1);
	n = ledger_written(ledger);
	for (unsigned int round = 0; ; round++) {
		for (unsigned int i = 0; i < 1 + round % 90; i++)
			if (ledger_append(ledger, make_entry(++n)))
				_exit(2);
		if (ledger_write(ledger))
			_exit(3);
		promise->written = ledger_written(ledger);
		if (round % 7 == 0) {
			if (ledger_sync(ledger))
				_exit(4);
			promise->synced = ledger_synced(ledger);
		}
		if (round % 23 == 0) {
			if (ledger_checkpoint(ledger))
				_exit(5);
			promise->signed_size = ledger_signed(ledger);
		}
	}
}

static void
crashes(void)
{
	struct promise *promise = mmap(NULL, sizeof(*promise),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char path[64];
	int folder = new_folder(path);
	unsigned int seed = (unsigned int)time(NULL);

	for (int i = 0; i < 50; i++) {
		uint64_t before = promise->written;
		int status;
		pid_t pid = fork();

		if (pid == 0)
			write_until_killed(folder, promise);
		/* mostly in the middle of its work, now and then in its recovery */
		for (int ms = 0; ms < 10000 && i % 5 && (promise->written == before ||
		    (i % 5 == 2 && promise->signed_size <= before)); ms++)
			usleep(1000);
		usleep((useconds_t)(rand_r(&seed) % 20000));
		kill(pid, SIGKILL);
		CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
		CHECK(promise->written >= before);
		if (i % 10 == 9)
			CHECK(count_entries(folder) >= promise->written &&
			    count_entries(folder) != UINT64_MAX);
	}
	CHECK(promise->written > 0 && promise->signed_size > 0);
	for (int i = 0; i < 2; i++) {
		struct ledger *ledger = NULL;
		struct ledger_found found;

		CHECK(ledger_open(&ledger, folder, NAME, NULL, NULL, &found) == 0);
		CHECK(found.size >= promise->written && found.mended == 0);
		fill(ledger, found.size, found.size + 300);
		CHECK(ledger_checkpoint(ledger) == 0);
		CHECK(is_right(folder, promise->written + 300));
		CHECK(count_entries(folder) == ledger_written(ledger));
		ledger_close(&ledger);
	}
	close(folder);
	remove_folder(path);
}

/* A small file system of our own, in a mount namespace of our own. */
static void
full_disk(void)
{
	struct ledger *ledger = NULL;
	struct ledger_found found;
	char path[64], ballast[96];
	int folder = new_folder(path), status, error = 0;
	uint64_t n = 0, written;
	pid_t pid;

	close(folder);
	pid = fork();
	if (pid) {
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
		remove_folder(path);
		return;
	}
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", path, "tmpfs", 0, "size=3m")) {
		fprintf(stderr, "a full disk was not tried: this needs root\n");
		_exit(geteuid() == 0);
	}
	check_passed = check_failed = 0;
	folder = open(path, O_RDONLY | O_DIRECTORY);
	snprintf(ballast, sizeof(ballast), "%s/ballast", path);
	status = open(ballast, O_WRONLY | O_CREAT, 0600);
	CHECK(posix_fallocate(status, 0, 2 << 20) == 0);
	CHECK(ledger_open(&ledger, folder, NAME, NULL, NULL, &found) == 0);
	for (; !error && n < 20000; n++) {
		CHECK(ledger_append(ledger, make_entry(n + 1)) == 0);
		if (n % 50 == 49)
			error = ledger_write(ledger);
	}
	CHECK(error == -ENOSPC);
	written = ledger_written(ledger);
	CHECK(written > 100 && written < n && ledger_waiting(ledger) > 0);
	CHECK(ledger_write(ledger) == -ENOSPC && ledger_written(ledger) == written);
	CHECK(ledger_checkpoint(ledger) != 0);
	CHECK(count_entries(folder) == written);	/* no half a record */
	CHECK(unlink(ballast) == 0 && close(status) == 0);
	CHECK(ledger_write(ledger) == 0 && ledger_written(ledger) == n);
	CHECK(ledger_checkpoint(ledger) == 0 && is_right(folder, n));
	CHECK(count_entries(folder) == n);
	ledger_close(&ledger);
	_exit(check_failed != 0);
}

/* A last record that is not whole was never acknowledged: it goes, and only it. */
static void
torn(void)
{
	struct ledger *ledger = NULL;
	struct ledger_found found;
	char path[64], file[128];
	struct stat st;
	int folder = new_folder(path), fd;

	CHECK(ledger_open(&ledger, folder, NAME, NULL, NULL, &found) == 0);
	fill(ledger, 0, 300);
	CHECK(ledger_checkpoint(ledger) == 0);
	fill(ledger, 300, 310);
	ledger_close(&ledger);
	snprintf(file, sizeof(file), "%s/tail/00000000000000000000", path);
	CHECK(stat(file, &st) == 0);
	CHECK(truncate(file, st.st_size - 3) == 0);
	CHECK(ledger_open(&ledger, folder, NAME, NULL, NULL, &found) == 0);
	CHECK(found.size == 309 && found.cut > 0);
	ledger_close(&ledger);
	fd = open(file, O_WRONLY | O_APPEND);
	CHECK(ftruncate(fd, st.st_size + 8192) == 0);	/* zeros, as a lost machine leaves them */
	close(fd);
	CHECK(ledger_open(&ledger, folder, NAME, NULL, NULL, &found) == 0);
	CHECK(found.size == 309 && found.cut > 8000);
	fill(ledger, 309, 320);
	CHECK(ledger_checkpoint(ledger) == 0 && is_right(folder, 320));
	ledger_close(&ledger);
	CHECK(truncate(file, st.st_size / 2) == 0);	/* signed entries are gone */
	CHECK(ledger_open(&ledger, folder, NAME, NULL, NULL, &found) == -EBADMSG);
	CHECK(found.fault != NULL);
	close(folder);
	remove_folder(path);
}

/* Tiles lost or torn with the machine are made again from the journal. */
static void
mend(void)
{
	static const char *const files[] = { "tile/entries/000", "tile/0/001",
		"tile/entries/002.p/88", "tile/0/002.p/88", "tile/1/000.p/2" };
	struct ledger *ledger = NULL;
	struct ledger_found found;
	char path[64], file[128];
	int folder = new_folder(path);

	CHECK(ledger_open(&ledger, folder, NAME, NULL, NULL, &found) == 0);
	fill(ledger, 0, 600);
	CHECK(ledger_checkpoint(ledger) == 0);
	ledger_close(&ledger);
	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(file, sizeof(file), "%s/%s", path, files[i]);
		CHECK_ROW(files[i], truncate(file, 10) == 0);
		CHECK_ROW(files[i], ledger_open(&ledger, folder, NAME, NULL, NULL,
		    &found) == 0);
		CHECK_ROW(files[i], found.mended == 1);
		ledger_close(&ledger);
		CHECK_ROW(files[i], is_right(folder, 600));
		CHECK_ROW(files[i], unlink(file) == 0);
		CHECK_ROW(files[i], ledger_open(&ledger, folder, NAME, NULL, NULL,
		    &found) == 0);
		ledger_close(&ledger);
		CHECK_ROW(files[i], is_right(folder, 600));
	}
	close(folder);
	remove_folder(path);
}

int
main(void)
{
	steps();
	torn();
	mend();
	crashes();
	full_disk();
	many();
	return check_end();
}
