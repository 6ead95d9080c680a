/* ledger.c: the verbs over the record, and `verify`. */
#include "cli/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/must.h"
#include "cli/ledger_account.h"
#include "entry/entry_json.h"
#include "ledger/note.h"
#include "ledger/tile.h"
#include "ledger/verify.h"

#define OUTPUT_LIMIT (8u << 20)
#define SHOWN 20	/* faults told one by one */

const struct cli_verb cli_ledger_verbs[] = {
	{ "sessions", cli_sessions, "sessions [--skill SKILL] [--since TIME] [--json]",
	    "list what skills did, one line for each run" },
	{ "replay", cli_replay, "replay ID | --all [--json]",
	    "show a session, flow or turn: what was asked, decided and answered" },
	{ "verify", cli_verify,
	    "verify [DIRECTORY] [--since CHECKPOINT-FILE] [--key KEY-FILE] [--json]",
	    "check the ledger from its files alone, and its connections by the kernel's count" },
	{ "why", cli_why, "why ID",
	    "explain a refusal, hold or turn, and what would allow it" },
	{ 0 },
};

struct report {
	struct out out;
	bool json;
	uint64_t told;
};

static void
tell_json(struct out *out, const struct verify_fault *fault)
{
	bool first = true;
	uint64_t value;
	struct span text;

	out_u8(out, '{');
	if (fault->index != VERIFY_NO_INDEX)
		json_member_uint(out, &first, "index", fault->index);
	json_member_text(out, &first, "file", span_text(fault->file));
	json_member_text(out, &first, "what", span_text(fault->what));
	if (entry_is_valid(fault->entry)) {
		if (entry_get_uint(fault->entry, KEY_KIND, &value))
			json_member_text(out, &first, "kind",
			    span_text(entry_kind_name((enum entry_kind)value)));
		if (entry_get_text(fault->entry, KEY_SESSION, &text))
			json_member_text(out, &first, "session", text);
		if (entry_get_uint(fault->entry, KEY_WALL, &value)) {
			out_printf(out, ",\"wall\":\"");
			json_time(out, value);
			out_u8(out, '"');
		}
	}
	out_u8(out, '}');
}

static void
tell_people(struct out *out, const struct verify_fault *fault)
{
	uint64_t value;
	struct span text;

	out_printf(out, "wrong: ");
	if (fault->index != VERIFY_NO_INDEX)
		out_printf(out, "entry %llu ", (unsigned long long)fault->index);
	if (entry_is_valid(fault->entry)) {
		(void)entry_get_uint(fault->entry, KEY_KIND, &value);
		out_printf(out, "(%s", entry_kind_name((enum entry_kind)value));
		if (entry_get_uint(fault->entry, KEY_WALL, &value)) {
			out_printf(out, ", ");
			cli_put_time(out, value);
		}
		if (entry_get_text(fault->entry, KEY_SESSION, &text)) {
			out_printf(out, ", ");
			cli_put_text(out, text, 0);
		}
		out_printf(out, ") ");
	}
	out_printf(out, "in %s: %s\n", fault->file, fault->what);
}

static void
tell(void *arg, const struct verify_fault *fault)
{
	struct report *report = arg;

	if (report->told++ >= SHOWN)
		return;
	if (!report->json) {
		tell_people(&report->out, fault);
		return;
	}
	if (report->told > 1)
		out_u8(&report->out, ',');
	tell_json(&report->out, fault);
}

/* `account` is how far the sums are right, and `sums` what they say. */
static void
conclude(struct report *report, const struct verify_result *result, int account,
    const struct out *sums)
{
	struct out out = out_new(OUTPUT_LIMIT);
	bool first = true;

	if (report->json) {
		out_printf(&out, "{\"right\":%s,", result->faults || account ?
		    "false" : "true");
		json_member_text(&out, &first, "origin", span_text(result->origin));
		json_member_uint(&out, &first, "size", result->size);
		json_member_uint(&out, &first, "unsigned", result->later);
		json_member_uint(&out, &first, "since", result->since);
		json_member_uint(&out, &first, "bodies", result->bodies);
		json_member_uint(&out, &first, "orphans", result->orphans);
		json_member_uint(&out, &first, "fault_count", result->faults);
		out_printf(&out, ",\"faults\":[");
		out_span(&out, out_view(&report->out));
		out_u8(&out, ']');
		out_span(&out, out_view(sums));
		out_printf(&out, "}\n");
	} else {
		out_span(&out, out_view(&report->out));
		if (result->faults > SHOWN)
			out_printf(&out, "wrong: %llu more\n",
			    (unsigned long long)result->faults - SHOWN);
		out_printf(&out, "%s: %s, %llu entries signed; not yet signed: %llu",
		    result->faults ? "WRONG" : "right", result->origin[0] ?
		    result->origin : "a ledger without a right checkpoint",
		    (unsigned long long)result->size,
		    (unsigned long long)result->later);
		if (result->since)
			out_printf(&out, "; held against a checkpoint of %llu",
			    (unsigned long long)result->since);
		if (result->bodies)
			out_printf(&out, "; bodies: %llu",
			    (unsigned long long)result->bodies);
		if (result->orphans)
			out_printf(&out, "; that no entry names: %llu",
			    (unsigned long long)result->orphans);
		out_u8(&out, '\n');
		out_span(&out, out_view(sums));
	}
	cli_flush(&out);
	out_free(&out);
}

/* A whole small file into *out; false after saying why not. */
static bool
read_file(const char *path, struct out *out)
{
	int error = path ? tile_read(AT_FDCWD, path, out) : 0;

	if (error)
		fprintf(stderr, "interlock: %s cannot be read: %s\n", path,
		    strerror(-error));
	return !error;
}

static int
verify(int directory, const char *key_path, const char *since_path, bool json)
{
	struct report report = { .out = out_new(OUTPUT_LIMIT), .json = json };
	struct out key = out_new(4096), since = out_new(NOTE_LIMIT);
	struct out sums = out_new(OUTPUT_LIMIT);
	struct verify_options options;
	struct verify_result result;
	int code = CLI_FAILED, error;

	if (read_file(key_path, &key) && read_file(since_path, &since)) {
		options.key = out_view(&key);
		options.since = out_view(&since);
		error = verify_ledger(directory, &options, tell, &report, &result);
		if (error)
			fprintf(stderr, "interlock: the ledger cannot be read: %s\n",
			    strerror(-error));
		else if (result.faults)	/* sums of what was changed say nothing */
			code = CLI_NO;
		else
			code = cli_account(directory, &sums, json);
		if (!error)
			conclude(&report, &result, code, &sums);
	}
	out_free(&report.out);
	out_free(&sums);
	out_free(&key);
	out_free(&since);
	return code;
}

int
cli_verify(const struct instance *instance, int argc, char **argv)
{
	static const struct option options[] = {
		{ "since", required_argument, NULL, 's' },
		{ "key", required_argument, NULL, 'k' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	const char *since = NULL, *key = NULL;
	cleanup(close_fd) int directory = -1;
	bool json = false;
	int option, code;

	optind = opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			since = optarg;
		else if (option == 'k')
			key = optarg;
		else if (option == 'j')
			json = true;
		else
			return cli_ledger_usage("verify");
	}
	if (argc - optind > 1)
		return cli_ledger_usage("verify");
	directory = cli_ledger_open(instance, argv[optind], &code);
	return directory < 0 ? code : verify(directory, key, since, json);
}
