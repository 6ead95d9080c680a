/* What was accepted is found again, and every difference is told once. */
#include "hooks/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "check.h"

#define HEAD "interlock skill 1\n"

static const struct {
	const char *name, *before, *after, *told;
} rows[] = {
	{ "equal",        HEAD "f - 1 aa x\n", HEAD "f - 1 aa x\n", "" },
	{ "content",      HEAD "f - 1 aa x\n", HEAD "f - 1 ab x\n", "changed x;" },
	{ "type",         HEAD "f - 1 aa x\n", HEAD "l - 1 aa x\n", "changed x;" },
	{ "executable",   HEAD "f - 1 aa x\n", HEAD "f x 1 aa x\n", "changed x;" },
	{ "added first",  HEAD "f - 1 aa x\n", HEAD "f - 1 aa a\nf - 1 aa x\n", "added a;" },
	{ "added last",   HEAD "f - 1 aa x\n", HEAD "f - 1 aa x\nf - 1 aa y\n", "added y;" },
	{ "removed",      HEAD "f - 1 aa a\nf - 1 aa b\nf - 1 aa c\n", HEAD "f - 1 aa a\nf - 1 aa c\n", "removed b;" },
	{ "all at once",  HEAD "f - 1 aa a\nf - 1 aa c\n", HEAD "f - 1 aa b\nf - 1 ab c\n", "removed a;added b;changed c;" },
	{ "from nothing", "\n", HEAD "f - 1 aa a\nf - 1 aa b\n", "added a;added b;" },
	{ "to nothing",   HEAD "f - 1 aa a\n", HEAD, "removed a;" },
	{ "cut",          HEAD "f - 1 aa a", HEAD "f - 1 aa a\n", "added a;" },
	{ "empty",        "", "", "" },
};

static void
tell(void *arg, const char *change, struct span path)
{
	char *told = arg;

	sprintf(told + strlen(told), "%s %.*s;", change, (int)path.n, path.p);
}

int
main(void)
{
	char told[256], root[] = "/tmp/interlock-manifest-XXXXXX", path[128];
	uint8_t digest[MEASURE_SIZE], other[MEASURE_SIZE];
	char *text = NULL, command[128];

	for (size_t i = 0; i < COUNT(rows); i++) {
		*told = '\0';
		manifest_compare(rows[i].before, rows[i].after, tell, told);
		CHECK_ROW(rows[i].name, strcmp(told, rows[i].told) == 0);
	}
	if (!mkdtemp(root))
		return 1;
	snprintf(path, sizeof(path), "%s/skills/reports", root);
	measure_bytes(SPAN(HEAD), digest);
	measure_bytes(SPAN(HEAD "f - 1 aa x\n"), other);
	CHECK(manifest_last(path, &text) == -ENOENT);
	CHECK(!manifest_is_accepted(path, MANIFEST_FOLDER, digest));
	CHECK(manifest_accept(path, MANIFEST_FOLDER, digest, HEAD,
	    strlen(HEAD)) == 0);
	CHECK(manifest_is_accepted(path, MANIFEST_FOLDER, digest));
	CHECK(!manifest_is_accepted(path, MANIFEST_EXECUTABLE, digest));
	CHECK(!manifest_is_accepted(path, MANIFEST_FOLDER, other));
	CHECK(manifest_last(path, &text) == 0 && strcmp(text, HEAD) == 0);
	free(text);
	text = NULL;
	usleep(20000);
	CHECK(manifest_accept(path, MANIFEST_FOLDER, other,
	    HEAD "f - 1 aa x\n", strlen(HEAD) + 11) == 0);
	CHECK(manifest_accept(path, MANIFEST_EXECUTABLE, digest, "/bin/sh",
	    7) == 0);
	CHECK(manifest_is_accepted(path, MANIFEST_FOLDER, digest));
	CHECK(manifest_last(path, &text) == 0 &&
	    strcmp(text, HEAD "f - 1 aa x\n") == 0);
	free(text);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return check_end() || system(command);
}
