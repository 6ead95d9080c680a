/* One digest for what a skill consists of: what counts, what does not, limits. */
#include "hooks/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <utime.h>

#include "check.h"

static struct measure *measure;
static char root[64] = "/tmp/interlock-measure-XXXXXX";

static const char *
below(const char *path)
{
	static char text[4][512];
	static unsigned int next;

	snprintf(text[++next % 4], sizeof(text[0]), "%s/%s", root, path);
	return text[next % 4];
}

static void
put(const char *path, const char *text, mode_t mode)
{
	int fd = open(below(path), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	fchmod(fd, mode);
	close(fd);
}

/* A skill of two files, a folder and a link, made in either order. */
static void
build(bool backwards)
{
	for (int i = 0; i < 3; i++) {
		switch (backwards ? 2 - i : i) {
		case 0:
			put("SKILL.md", "---\nname: reports\n---\n", 0644);
			break;
		case 1:
			mkdir(below("scripts"), 0755);
			put("scripts/report.sh", "psql\n", 0755);
			break;
		case 2:
			if (symlink("scripts/report.sh", below("run")))
				abort();
		}
	}
}

static void
empty(void)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf %s; mkdir %s", root, root);
	if (system(command))
		abort();
}

/* Measure to the end, in the smallest steps; `why` when it fails. */
static int
measure_all(struct measuring *measuring, struct measured *out, char *why)
{
	int r;

	do
		r = measure_go_on(measuring, 0, out);
	while (r == -EAGAIN);
	if (r < 0)
		strcpy(why, measuring_why(measuring));
	measuring_free(&measuring);
	return r;
}

static int
measure_root(struct measured *out, char *why)
{
	static const char *const excludes[] = { "*.log", "cache/*", "tmp" };
	struct measuring *measuring;
	int r = measure_folder(measure, root, excludes, COUNT(excludes),
	    &measuring);

	return r < 0 ? r : measure_all(measuring, out, why);
}

static int
take_digest(uint8_t digest[MEASURE_SIZE])
{
	char why[MEASURE_WHY];
	struct measured out;
	int r = measure_root(&out, why);

	if (r == 0) {
		memcpy(digest, out.digest, MEASURE_SIZE);
		free(out.text);
	}
	return r;
}

static const struct row {
	const char *name;
	bool counts;		/* it makes another skill of it */
	const char *command;	/* $S is the folder */
} rows[] = {
	{ "nothing",            false, ":" },
	{ "time",               false, "touch -d 2001-01-01 $S/SKILL.md" },
	{ "group may read",     false, "chmod 0640 $S/SKILL.md" },
	{ "owner",              false, "chown 12345 $S/SKILL.md" },
	{ "empty folder",       false, "mkdir $S/empty" },
	{ "git",                false, "mkdir -p $S/.git/x; echo 1 > $S/.git/x/y" },
	{ "pycache deep",       false, "mkdir $S/scripts/__pycache__; echo 1 > $S/scripts/__pycache__/a" },
	{ "pyc",                false, "echo 1 > $S/scripts/a.pyc" },
	{ "excluded by name",   false, "echo 1 > $S/scripts/a.log" },
	{ "excluded by path",   false, "mkdir $S/cache; echo 1 > $S/cache/a" },
	{ "excluded folder",    false, "mkdir -p $S/tmp/x; echo 1 > $S/tmp/x/a" },
	{ "content",            true,  "echo 1 >> $S/SKILL.md" },
	{ "content, same size", true,  "printf 'qsql\\n' > $S/scripts/report.sh" },
	{ "new file",           true,  "echo 1 > $S/scripts/b" },
	{ "empty file",         true,  ": > $S/scripts/b" },
	{ "removed",            true,  "rm $S/SKILL.md" },
	{ "renamed",            true,  "mv $S/SKILL.md $S/skill.md" },
	{ "may execute",        true,  "chmod +x $S/SKILL.md" },
	{ "may not execute",    true,  "chmod -x $S/scripts/report.sh" },
	{ "link elsewhere",     true,  "ln -sfn /etc/passwd $S/run" },
	{ "link to a copy",     true,  "rm $S/run; cp $S/scripts/report.sh $S/run" },
	{ "not below cache",    true,  "mkdir -p $S/a/cache; echo 1 > $S/a/cache/b" },
	{ "dot file",           true,  "echo 1 > $S/.env" },
};

static void
check_rows(void)
{
	uint8_t before[MEASURE_SIZE], after[MEASURE_SIZE];
	char command[512];

	for (size_t i = 0; i < COUNT(rows); i++) {
		empty();
		build(i % 2);
		CHECK_ROW(rows[i].name, take_digest(before) == 0);
		snprintf(command, sizeof(command), "S=%s; %s", root,
		    rows[i].command);
		CHECK_ROW(rows[i].name, system(command) == 0);
		CHECK_ROW(rows[i].name, take_digest(after) == 0);
		CHECK_ROW(rows[i].name, rows[i].counts ==
		    (memcmp(before, after, MEASURE_SIZE) != 0));
	}
}

static void
check_order(void)
{
	uint8_t a[MEASURE_SIZE], b[MEASURE_SIZE];

	empty();
	build(false);
	CHECK(take_digest(a) == 0);
	empty();
	build(true);
	CHECK(take_digest(b) == 0);
	CHECK(memcmp(a, b, MEASURE_SIZE) == 0);
}

/* The manifest is what sha256sum sees, sorted, and a link's target is a text. */
static void
check_form(void)
{
	char *text, why[MEASURE_WHY], command[256], hex[MEASURE_TEXT_SIZE];
	struct measured out = { 0 };
	FILE *f;

	empty();
	build(false);
	put("a b\\\n", "", 0644);
	CHECK(measure_root(&out, why) == 0);
	text = out.text;
	CHECK(strlen(text) == out.size);
	CHECK(strncmp(text, "interlock skill 1\nf - 22 ", 25) == 0);
	CHECK(strstr(text, " a\\x20b\\x5c\\x0a\n") != NULL);
	CHECK(strstr(text, "\nl - 17 ") != NULL);
	CHECK(strstr(text, "\nf x 5 ") != NULL);
	put("manifest", text, 0644);
	free(text);
	snprintf(command, sizeof(command), "sha256sum %s", below("manifest"));
	f = popen(command, "r");
	CHECK(f && fgets(command, sizeof(command), f) != NULL);
	if (f)
		pclose(f);
	CHECK(strncmp(command, measure_text(out.digest, hex), 64) == 0);
}

/* Bytes that we have read so far. */
static unsigned long
bytes_read(void)
{
	unsigned long n = 0;
	FILE *f = fopen("/proc/self/io", "re");

	if (!f || fscanf(f, "rchar: %lu", &n) != 1)
		abort();
	fclose(f);
	return n;
}

/* A file altered with its times put back is still seen: change time is not ours.
 * What is at rest is not read again, whosever it is (where we may lease it). */
static void
check_cache(void)
{
	static char large[65537] = "";
	unsigned long first, second;
	uint8_t before[MEASURE_SIZE], after[MEASURE_SIZE];
	struct utimbuf old = { 1000000000, 1000000000 };

	empty();
	build(false);
	put("large", memset(large, 'x', sizeof(large) - 1), 0644);
	CHECK(chown(below("large"), 12345, 12345) == 0 || geteuid() != 0);
	utime(below("scripts/report.sh"), &old);
	nanosleep(&(struct timespec){ 2, 200000000 }, NULL);	/* remembered only then */
	first = bytes_read();
	CHECK(take_digest(before) == 0);
	second = bytes_read();
	CHECK(second - first > sizeof(large) - 1);
	CHECK(take_digest(after) == 0);
	CHECK(bytes_read() - second < sizeof(large) - 1);
	CHECK(memcmp(before, after, MEASURE_SIZE) == 0);
	put("scripts/report.sh", "PSQL\n", 0755);
	utime(below("scripts/report.sh"), &old);
	CHECK(take_digest(after) == 0);
	CHECK(memcmp(before, after, MEASURE_SIZE) != 0);
}

/*
 * A write through a mapping changes a file without a trace in its times: ever
 * again where the page was written to before (early), and on tmpfs where it was
 * only read before. A digest of before the write must not be believed.
 */
struct mapped {
	char path[64];
	bool is_early;
	char *page;
};

static void
map(struct mapped *m)
{
	int fd = open(m->path, O_RDWR);

	m->page = fd < 0 ? MAP_FAILED : mmap(NULL, 4, PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	if (m->page == MAP_FAILED)
		abort();
	close(fd);
}

static int
measure_path(const char *path, uint8_t digest[MEASURE_SIZE])
{
	struct measuring *measuring;
	struct measured out = { 0 };
	char why[MEASURE_WHY];
	int r = measure_file(measure, open(path, O_RDONLY | O_CLOEXEC),
	    &measuring);

	if (r == 0)
		r = measure_all(measuring, &out, why);
	memcpy(digest, out.digest, MEASURE_SIZE);
	return r;
}

static void
check_mapped_one(struct mapped *m)
{
	uint8_t before[MEASURE_SIZE], after[MEASURE_SIZE], good[MEASURE_SIZE];

	CHECK_ROW(m->path, measure_path(m->path, before) == 0);
	if (!m->is_early)
		map(m);
	measure_bytes(SPAN("good"), good);
	CHECK_ROW(m->path, memcmp(m->page, "good", 4) == 0 &&
	    memcmp(before, good, MEASURE_SIZE) == 0);
	memcpy(m->page, "evil", 4);
	CHECK_ROW(m->path, measure_path(m->path, after) == 0 &&
	    memcmp(before, after, MEASURE_SIZE) != 0);
	memcpy(m->page, "good", 4);
	CHECK_ROW(m->path, measure_path(m->path, after) == 0 &&
	    memcmp(before, after, MEASURE_SIZE) == 0);
	munmap(m->page, 4);
	unlink(m->path);
}

static void
check_mapped(void)
{
	struct mapped all[] = {
		{ "/tmp/interlock-mapped-XXXXXX", true, NULL },
		{ "/tmp/interlock-mapped-XXXXXX", false, NULL },
		{ "/dev/shm/interlock-mapped-XXXXXX", true, NULL },
		{ "/dev/shm/interlock-mapped-XXXXXX", false, NULL },
	};

	for (size_t i = 0; i < COUNT(all); i++) {
		int fd = mkstemp(all[i].path);

		if (fd < 0 || write(fd, "good", 4) != 4)
			abort();
		close(fd);
		if (all[i].is_early) {
			map(&all[i]);
			memcpy(all[i].page, "good", 4);	/* a dirty page */
		}
	}
	nanosleep(&(struct timespec){ 2, 200000000 }, NULL);
	for (size_t i = 0; i < COUNT(all); i++)
		check_mapped_one(&all[i]);
}

static void
check_limits(void)
{
	uint8_t digest[MEASURE_SIZE], was[MEASURE_SIZE];
	char command[512];

	empty();
	build(false);
	mkfifo(below("pipe"), 0600);
	memset(digest, 7, sizeof(digest));
	memcpy(was, digest, sizeof(was));
	CHECK(take_digest(digest) == -EINVAL);
	CHECK(memcmp(digest, was, sizeof(was)) == 0);

	empty();
	put("large", "", 0644);
	CHECK(truncate(below("large"), MEASURE_BYTES) == 0);
	put("one", "1", 0644);
	CHECK(take_digest(digest) == -E2BIG);

	empty();
	snprintf(command, sizeof(command), "cd %s; for i in $(seq %d); do "
	    "mkdir d; cd d; done; echo 1 > f", root, MEASURE_DEPTH + 1);
	CHECK(system(command) == 0);
	CHECK(take_digest(digest) == -E2BIG);

	empty();
	snprintf(command, sizeof(command), "cd %s; seq %d | xargs touch", root,
	    MEASURE_FILES);
	CHECK(system(command) == 0);
	CHECK(take_digest(digest) == 0);
	put("one more", "", 0644);
	CHECK(take_digest(digest) == -E2BIG);

	empty();
	CHECK(take_digest(digest) == 0);	/* nothing at all has a digest too */
	rmdir(root);
	CHECK(take_digest(digest) == -ENOENT);
}

/* Stopped at every step, nothing is left open; what is wrong is named. */
static void
check_steps(void)
{
	char why[MEASURE_WHY], expected[128];
	struct measured out = { 0 };
	int lowest = open("/dev/null", O_RDONLY);

	close(lowest);
	mkdir(root, 0755);
	build(false);
	for (int steps = 0, r = -EAGAIN; r == -EAGAIN; steps++) {
		struct measuring *measuring;
		int fd;

		CHECK(measure_folder(measure, root, NULL, 0, &measuring) == 0);
		r = -EAGAIN;
		for (int i = 0; i < steps && r == -EAGAIN; i++)
			r = measure_go_on(measuring, 0, &out);
		measuring_free(&measuring);
		CHECK(measuring == NULL);
		fd = open("/dev/null", O_RDONLY);
		CHECK(fd == lowest);
		close(fd);
		CHECK(r == 0 || r == -EAGAIN);
	}
	CHECK(out.text && strstr(out.text, " scripts/report.sh\n"));
	free(out.text);
	mkfifo(below("scripts/pipe"), 0600);
	CHECK(measure_root(&out, why) == -EINVAL);
	snprintf(expected, sizeof(expected),
	    "%s/scripts/pipe is no file, link or folder", root);
	CHECK_ROW(why, strcmp(why, expected) == 0);
}

/* What is mounted below may be anybody's and not answer: it is not entered. */
static void
check_mount(void)
{
	char why[MEASURE_WHY];
	struct measured out;

	empty();
	build(false);
	mkdir(below("other"), 0755);
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", below("other"), "tmpfs", 0, NULL))
		abort();
	CHECK(measure_root(&out, why) == -EXDEV);
	CHECK(strstr(why, "/other is on another file system") != NULL);
	umount(below("other"));
	CHECK(mount(below("SKILL.md"), below("SKILL.md"), NULL, MS_BIND, NULL) ==
	    0);
	CHECK(measure_root(&out, why) == -EXDEV);
	umount(below("SKILL.md"));
	CHECK(measure_root(&out, why) == 0);
	free(out.text);
}

int
main(void)
{
	char command[128];

	if (!mkdtemp(root) || measure_new(&measure))
		return 1;
	check_rows();
	check_order();
	check_form();
	check_cache();
	check_mapped();
	check_limits();
	check_steps();
	check_mount();
	measure_free(&measure);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return check_end() || system(command);
}
