/*
 * ledger_sessions.c: `interlock sessions`: every run of a skill, counted from the ledger.
 * Whose session it is and when it began and ended is the loader's word only; what
 * workers entered under its id is counted.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/must.h"
#include "cli/account.h"
#include "cli/ledger.h"
#include "entry/cbor.h"
#include "entry/entry_json.h"
#include "id.h"
#include "ledger/permit.h"

#define LINE_LIMIT 65536

struct session {
	char id[ID_TEXT_SIZE];
	char *skill, *starter;	/* owned; NULL: not told */
	uint64_t begin, end, last;
	uint64_t flows, unseen, asks, denied, held, masked;
	uint64_t blocked;	/* refused in the kernel: sockets, not statements */
};

struct list {
	struct session *sessions;
	size_t count, room;
	struct accounts *accounts;
	bool failed;
};

/* Sessions stand in the order of their first entry; the one asked for is mostly late. */
static struct session *
find(struct list *list, struct span id)
{
	for (size_t i = list->count; i-- > 0;)
		if (span_is(id, list->sessions[i].id))
			return &list->sessions[i];
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 64;
		struct session *more = reallocarray(list->sessions, room,
		    sizeof(*more));

		if (!more) {
			list->failed = true;
			return NULL;
		}
		list->sessions = more;
		list->room = room;
	}
	list->sessions[list->count] = (struct session){ 0 };
	memcpy(list->sessions[list->count].id, id.p, id.n);
	return &list->sessions[list->count++];
}

static void
learn(char **place, struct span entry, enum entry_key key)
{
	struct span text;

	if (!*place && entry_get_text(entry, key, &text))
		*place = strndup((const char *)text.p, text.n);
}

static uint64_t
masked_in(struct span entry)
{
	struct cbor map, name, count;
	struct span value;
	uint64_t sum = 0;

	if (!cbor_find(entry, KEY_MASKED, &value) || !cbor_take(&value, &map) ||
	    map.major != CBOR_MAP)
		return 0;
	for (uint64_t i = 0; i < map.value; i++)
		if (cbor_take(&value, &name) && cbor_take(&value, &count) &&
		    count.major == CBOR_UINT)
			sum += count.value;
	return sum;
}

static bool
count(void *arg, uint64_t index, struct span entry)
{
	struct list *list = arg;
	struct session *session;
	uint64_t kind, wall = 0;
	struct span id;

	(void)index;
	if (!permit_entry(entry))
		return true;
	list->failed = !accounts_take(list->accounts, entry);
	if (list->failed)
		return false;
	if (!entry_get_text(entry, KEY_SESSION, &id) || id.n >= ID_TEXT_SIZE ||
	    !entry_get_uint(entry, KEY_KIND, &kind))
		return true;
	session = find(list, id);
	if (!session)
		return false;
	(void)entry_get_uint(entry, KEY_WALL, &wall);
	if (kind == ENTRY_ATTACH) {
		learn(&session->skill, entry, KEY_SKILL);
		learn(&session->starter, entry, KEY_STARTER);
		session->begin = wall;
	}
	if (kind == ENTRY_DETACH)
		session->end = wall;
	session->last = wall;
	session->flows += kind == ENTRY_FLOW;
	session->unseen += kind == ENTRY_FLOW &&
	    cli_ledger_has(entry, KEY_INSPECT, "none");
	session->asks += kind == ENTRY_ASK;
	session->held += kind == ENTRY_HOLD;
	session->blocked += kind == ENTRY_REFUSED;
	session->denied += kind != ENTRY_SKILL && cli_ledger_has(entry, KEY_VERDICT, "deny");
	session->masked += masked_in(entry);
	return true;
}

static void
put_people(struct out *out, const struct session *session,
    const struct account *account)
{
	out_printf(out, "%-19s  ", session->id);
	cli_put_text(out, span_text(session->skill ? session->skill : "-"), 0);
	out_printf(out, "  ");
	cli_put_text(out, span_text(session->starter ? session->starter : "-"), 0);
	out_printf(out, "  ");
	if (session->begin)
		cli_put_time(out, session->begin);
	else
		out_printf(out, "(no start)");
	out_printf(out, "  ");
	if (session->end)
		cli_put_time(out, session->end);
	else
		out_printf(out, "(no end)");
	out_printf(out, "  flows %llu asks %llu denied %llu held %llu masked %llu",
	    (unsigned long long)session->flows, (unsigned long long)session->asks,
	    (unsigned long long)session->denied, (unsigned long long)session->held,
	    (unsigned long long)session->masked);
	if (session->blocked)
		out_printf(out, " blocked %llu", (unsigned long long)session->blocked);
	if (session->unseen)
		out_printf(out, " uninspected %llu", (unsigned long long)session->unseen);
	if (account && account->state >= ACCOUNT_LOST) {
		out_printf(out, "  %s: ", account->state == ACCOUNT_LOST ?
		    "lost" : "WRONG");
		account_say(account, out);
	}
	out_u8(out, '\n');
}

static void
put_json_time(struct out *out, const char *name, uint64_t wall)
{
	if (!wall)
		return;
	out_printf(out, ",\"%s\":\"", name);
	json_time(out, wall);
	out_u8(out, '"');
}

static void
put_json(struct out *out, const struct session *session,
    const struct account *account)
{
	bool first = true;

	out_u8(out, '{');
	json_member_text(out, &first, "session", span_text(session->id));
	json_member_text(out, &first, "skill", span_text(session->skill));
	json_member_text(out, &first, "starter", span_text(session->starter));
	put_json_time(out, "begin", session->begin);
	put_json_time(out, "end", session->end);
	put_json_time(out, "last", session->last);
	json_member_uint(out, &first, "flows", session->flows);
	json_member_uint(out, &first, "uninspected", session->unseen);
	json_member_uint(out, &first, "asks", session->asks);
	json_member_uint(out, &first, "denied", session->denied);
	json_member_uint(out, &first, "blocked", session->blocked);
	json_member_uint(out, &first, "held", session->held);
	json_member_uint(out, &first, "masked", session->masked);
	if (account)
		json_member_text(out, &first, "account",
		    span_text(account_state_name(account->state)));
	out_printf(out, "}\n");
}

/* "2026-11-22", "2026-11-22T11:05:00Z" (UTC), or "90s", "10m", "2h", "3d" ago. */
static bool
read_time(const char *text, uint64_t *wall)
{
	static const char units[] = "smhd";
	static const uint64_t seconds[] = { 1, 60, 3600, 86400 };
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	unsigned long ago;
	const char *unit;
	char *rest;

	if (end) {
		if (*end == 'T')
			end = strptime(end, "T%H:%M:%S", &tm);
		if (!end || (*end && strcmp(end, "Z") != 0))
			return false;
		*wall = (uint64_t)timegm(&tm) * SECOND_NS;
		return true;
	}
	ago = strtoul(text, &rest, 10);
	unit = *rest ? strchr(units, *rest) : NULL;
	if (rest == text || text[0] == '-' || !unit || rest[1] || ago > 1000000)
		return false;
	*wall = clock_wall() - ago * seconds[unit - units] * SECOND_NS;
	return true;
}

static void
print(const struct list *list, const char *skill, uint64_t since, bool json)
{
	struct out out = out_new(LINE_LIMIT);

	for (size_t i = 0; i < list->count; i++) {
		const struct session *session = &list->sessions[i];
		const struct account *account = accounts_find(list->accounts,
		    session->id);

		if (session->last < since || (skill && (!session->skill ||
		    strcmp(session->skill, skill) != 0)))
			continue;
		if (json)
			put_json(&out, session, account);
		else
			put_people(&out, session, account);
		cli_flush(&out);
	}
	out_free(&out);
}

int
cli_sessions(const struct instance *instance, int argc, char **argv)
{
	static const struct option options[] = {
		{ "skill", required_argument, NULL, 'k' },
		{ "since", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	struct list list = { 0 };
	const char *skill = NULL;
	uint64_t since = 0;
	bool json = false;
	int option, code;

	optind = opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'k')
			skill = optarg;
		else if (option == 'j')
			json = true;
		else if (option != 's')
			return cli_ledger_usage("sessions");
		else if (!read_time(optarg, &since)) {
			fprintf(stderr, "interlock: a TIME is 2026-11-22, 2026-11-22T11:05:31Z, "
			    "or how long ago: 90s, 15m, 2h, 7d\n");
			return CLI_USAGE;
		}
	}
	if (optind < argc)
		return cli_ledger_usage("sessions");
	if (accounts_new(&list.accounts))
		return CLI_FAILED;
	code = cli_ledger_walk(instance, count, &list);
	accounts_judge(list.accounts);
	print(&list, skill, since, json);
	for (size_t i = 0; i < list.count; i++) {
		free(list.sessions[i].skill);
		free(list.sessions[i].starter);
	}
	free(list.sessions);
	accounts_free(&list.accounts);
	return list.failed ? CLI_FAILED : code;
}
