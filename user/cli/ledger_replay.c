/*
 * ledger_replay.c: `interlock replay`: all entries of a session, flow, turn, hold or refusal, or of all.
 * They come in the ledger's order: an ask stands before its answer and a
 * decision before its release, because nothing was let through before its entry
 * was kept. What other processes entered about the same flow or hold without
 * naming the session (the keeper's loans, people's decisions) is taken along.
 * Bodies are shown in the entry that names them; where one is not to be had, what
 * the entry has of it is shown, and that is said.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "cli/ledger.h"
#include "entry/entry_json.h"
#include "entry/entry_whole.h"
#include "id.h"
#include "ledger/blob.h"
#include "ledger/permit.h"

#define ENTRY_TEXT (64u << 20)	/* bytes of one entry and its bodies, in words or JSON */

static const enum entry_key keys[] = { KEY_SESSION, KEY_FLOW, KEY_TURN, KEY_HOLD,
	KEY_REFUSAL, 0 };

struct replay {
	char id[ID_TEXT_SIZE];
	char (*linked)[ID_TEXT_SIZE];	/* flows and holds that belong to it, sorted */
	size_t count, room;
	bool all, json, failed;
	bool lacks_bodies;
	int directory;			/* the ledger, for its bodies */
	struct out out;
};

/* Where `id` stands among the linked ones, or would stand. */
static size_t
place_of(const struct replay *replay, const char *id)
{
	size_t low = 0, high = replay->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(replay->linked[middle], id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
read_id(struct span entry, enum entry_key key, char *id)
{
	struct span text;

	if (!entry_get_text(entry, key, &text) || text.n != ID_TEXT_SIZE - 1)
		return false;
	memcpy(id, text.p, text.n);
	id[text.n] = '\0';
	return true;
}

static bool
is_linked(const struct replay *replay, struct span entry, enum entry_key key)
{
	char id[ID_TEXT_SIZE];
	size_t at;

	if (!read_id(entry, key, id))
		return false;
	at = place_of(replay, id);
	return at < replay->count && strcmp(replay->linked[at], id) == 0;
}

/* Remember the id under `key`, because the entry belongs to what is replayed. */
static void
link_id(struct replay *replay, struct span entry, enum entry_key key)
{
	char id[ID_TEXT_SIZE];
	size_t at;

	if (!read_id(entry, key, id) || is_linked(replay, entry, key))
		return;
	if (replay->count == replay->room) {
		size_t room = replay->room ? replay->room * 2 : 64;
		void *more = reallocarray(replay->linked, room, ID_TEXT_SIZE);

		if (!more) {
			replay->failed = true;
			return;
		}
		replay->linked = more;
		replay->room = room;
	}
	at = place_of(replay, id);
	memmove(replay->linked[at + 1], replay->linked[at],
	    (replay->count - at) * ID_TEXT_SIZE);
	memcpy(replay->linked[at], id, ID_TEXT_SIZE);
	replay->count++;
}

static bool
belongs(struct replay *replay, struct span entry, bool believed)
{
	for (const enum entry_key *key = keys; *key; key++) {
		if (!cli_ledger_has(entry, *key, replay->id))
			continue;
		if (*key == KEY_SESSION && believed)
			link_id(replay, entry, KEY_FLOW);
		if (believed)
			link_id(replay, entry, KEY_HOLD);
		return true;
	}
	return is_linked(replay, entry, KEY_HOLD) ||
	    (!cli_ledger_has(entry, KEY_SESSION, replay->id) &&
	    is_linked(replay, entry, KEY_FLOW));
}

/* The body under `key` into *out; empty where the entry names none, or it cannot be had. */
static void
read_body(struct replay *replay, uint64_t index, struct span entry,
    enum entry_key key, struct out *out)
{
	struct span digest;
	struct hash name;
	int error;

	if (!entry_get_bytes(entry, key, &digest) || digest.n != sizeof(name))
		return;
	memcpy(name.p, digest.p, sizeof(name));
	error = blob_read(replay->directory, &name, out);
	if (!error)
		return;
	replay->lacks_bodies = true;
	fprintf(stderr, "interlock: a body that entry %llu names %s\n",
	    (unsigned long long)index, error == -ENOENT ? "is missing" :
	    error == -EBADMSG ? "is damaged" : strerror(-error));
}

static void
show_entry(struct replay *replay, uint64_t index, struct span entry, bool believed)
{
	if (replay->json) {
		out_printf(&replay->out, "{\"index\":%llu", (unsigned long long)index);
		(void)entry_json_members(entry, &replay->out);
		out_printf(&replay->out, "%s}\n", believed ? "" : ",\"believed\":false");
	} else {
		if (!believed)
			out_printf(&replay->out, "NOT TO BE BELIEVED, its writer may "
			    "not enter this:\n");
		cli_put_entry(&replay->out, entry);
	}
	cli_flush(&replay->out);
}

static bool
show(void *arg, uint64_t index, struct span entry)
{
	struct replay *replay = arg;
	struct out text = out_new(ENTRY_BLOB_LIMIT), values = out_new(ENTRY_BLOB_LIMIT);
	struct out whole = out_new(ENTRY_TEXT);
	bool believed = permit_entry(entry);

	if (!replay->all && !belongs(replay, entry, believed))
		return true;
	read_body(replay, index, entry, KEY_TEXT_BLOB, &text);
	read_body(replay, index, entry, KEY_VALUES_BLOB, &values);
	if (entry_make_whole(entry, out_view(&text), out_view(&values), &whole))
		entry = out_view(&whole);
	else
		replay->lacks_bodies = true;
	show_entry(replay, index, entry, believed);
	out_free(&text);
	out_free(&values);
	out_free(&whole);
	return !replay->failed;
}

int
cli_replay(const struct instance *instance, int argc, char **argv)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	struct replay replay = { .out = out_new(ENTRY_TEXT) };
	cleanup(close_fd) int directory = -1;
	int option, code = CLI_OK;

	optind = opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return cli_ledger_usage("replay");
		replay.all |= option == 'a';
		replay.json |= option == 'j';
	}
	if (argc - optind != !replay.all)
		return cli_ledger_usage("replay");
	if (!replay.all)
		code = cli_ledger_find(instance, argv[optind], keys, replay.id);
	if (code == CLI_OK)
		replay.directory = directory = cli_ledger_open(instance, NULL, &code);
	if (code == CLI_OK)
		code = cli_ledger_walk(instance, show, &replay);
	free(replay.linked);
	out_free(&replay.out);
	return replay.failed || replay.lacks_bodies ? CLI_FAILED : code;
}
