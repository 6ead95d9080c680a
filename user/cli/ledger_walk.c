/* ledger_walk.c: open the ledger, go over its entries, find ids by their beginning. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "cli/ledger.h"
#include "id.h"
#include "ledger/read.h"

int
cli_ledger_usage(const char *verb)
{
	for (const struct cli_verb *v = cli_ledger_verbs; v->name; v++)
		if (strcmp(v->name, verb) == 0)
			fprintf(stderr, "interlock: usage: interlock %s\n", v->usage);
	return CLI_USAGE;
}

int
cli_ledger_open(const struct instance *instance, const char *path, int *code)
{
	char own[INSTANCE_PATH_SIZE + 16];
	int fd, error;

	if (!path) {
		snprintf(own, sizeof(own), "%s/ledger", instance->state_directory);
		path = own;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	error = errno;
	fprintf(stderr, "interlock: the ledger in %s cannot be read: %s%s\n", path,
	    strerror(error), error == EACCES ?
	    "; ask as root or as a member of the recorder's group" :
	    error == ENOENT ? "; has the daemon ever run here?" : "");
	*code = error == EACCES ? CLI_PERMISSION : CLI_FAILED;
	return -1;
}

int
cli_ledger_walk_at(int directory, cli_entry_fn fn, void *arg)
{
	struct ledger_reader *reader = NULL;
	struct span entry;
	uint64_t index;
	int status = ledger_reader_open(&reader, directory);

	while (status >= 0) {
		status = ledger_reader_next(reader, &index, &entry);
		if (status <= 0 || !fn(arg, index, entry))
			break;
	}
	ledger_reader_close(&reader);
	if (status >= 0)
		return CLI_OK;
	if (status == -EBADMSG)
		fprintf(stderr, "interlock: the ledger is damaged here; "
		    "`interlock verify` says where\n");
	else
		fprintf(stderr, "interlock: the ledger cannot be read: %s\n",
		    strerror(-status));
	return status == -EACCES ? CLI_PERMISSION : CLI_FAILED;
}

int
cli_ledger_walk(const struct instance *instance, cli_entry_fn fn, void *arg)
{
	cleanup(close_fd) int fd = -1;
	int code = CLI_OK;

	fd = cli_ledger_open(instance, NULL, &code);
	return fd < 0 ? code : cli_ledger_walk_at(fd, fn, arg);
}

bool
cli_ledger_has(struct span entry, enum entry_key key, const char *text)
{
	struct span value;

	return entry_get_text(entry, key, &value) && span_is(value, text);
}

struct finder {
	struct span prefix;
	const enum entry_key *keys;
	char found[ID_TEXT_SIZE], other[ID_TEXT_SIZE];
};

static bool
find_one(void *arg, uint64_t index, struct span entry)
{
	struct finder *finder = arg;

	(void)index;
	for (const enum entry_key *key = finder->keys; *key; key++) {
		struct span value;

		if (!entry_get_text(entry, *key, &value) ||
		    value.n != ID_TEXT_SIZE - 1 ||
		    !span_equal(span_head(value, finder->prefix.n), finder->prefix) ||
		    span_is(value, finder->found))
			continue;
		if (finder->found[0]) {
			memcpy(finder->other, value.p, value.n);
			return false;
		}
		memcpy(finder->found, value.p, value.n);
	}
	return true;
}

int
cli_ledger_find(const struct instance *instance, const char *prefix,
    const enum entry_key *keys, char *id)
{
	struct finder finder = { .prefix = span_text(prefix), .keys = keys };
	int code = cli_ledger_walk(instance, find_one, &finder);

	if (code != CLI_OK)
		return code;
	if (!finder.found[0] || !prefix[0]) {
		fprintf(stderr, "interlock: nothing in the ledger is called \"%s\"; "
		    "`interlock sessions` lists what there is\n", prefix);
		return CLI_NO;
	}
	if (finder.other[0]) {
		fprintf(stderr, "interlock: \"%s\" begins more than one id, %s and "
		    "%s; give more of it\n", prefix, finder.found, finder.other);
		return CLI_NO;
	}
	memcpy(id, finder.found, ID_TEXT_SIZE);
	return CLI_OK;
}
