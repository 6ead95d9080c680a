/*
 * Rows of small ledgers, an entry a letter, and what the sums say of each:
 *   A attach   d detach, counted as the row says   D detach without a count
 *   F flow     E its end, 10 bytes in and 20 out    e an end that the kernel saw otherwise
 *   f a flow refused before it was one (by cgroup)  z an end by cgroup alone, no bytes
 *   R a refusal, counted twice   S the worker ends   s another worker ends   W warden starts   - a minute goes by
 */
#include "cli/account.h"

#include "check.h"
#include "entry.h"

#define SESSION "ses-00f3k9zt2c8a4r7"

static const struct row {
	const char *name, *entries;
	uint64_t flows, in, out, open, refused;	/* by the kernel */
	enum account_state state;
	const char *says;
} rows[] = {
	{ "nothing done", "Ad", 0, 0, 0, 0, 0, ACCOUNT_WHOLE, "entries tell of 0" },
	{ "one flow", "AFEd", 1, 10, 20, 0, 0, ACCOUNT_WHOLE, "tell of 1, 10 and 20" },
	{ "two, the end first", "AFEdFE", 2, 20, 40, 0, 0, ACCOUNT_WHOLE, "" },
	{ "still runs", "AFE", 0, 0, 0, 0, 0, ACCOUNT_OPEN, "" },
	{ "not counted", "AFED", 0, 0, 0, 0, 0, ACCOUNT_UNCOUNTED, "" },
	{ "refused at once", "Afd", 1, 0, 0, 0, 0, ACCOUNT_WHOLE, "" },
	{ "gone before it was known", "Azd", 1, 0, 0, 0, 0, ACCOUNT_WHOLE, "" },
	{ "in the moment of the end", "Adf", 0, 0, 0, 0, 0, ACCOUNT_WHOLE, "" },
	{ "a flow is missing", "AFEd", 2, 20, 40, 0, 0, ACCOUNT_WRONG,
	  "the kernel counted 2 connections, 20 bytes in and 40 out; "
	  "entries tell of 1, 10 and 20" },
	{ "an end is missing", "AFd", 1, 10, 20, 0, 0, ACCOUNT_WRONG, "" },
	{ "an empty flow is missing", "Ad", 1, 0, 0, 0, 0, ACCOUNT_WRONG, "" },
	{ "a byte in is missing", "AFEd", 1, 11, 20, 0, 0, ACCOUNT_WRONG, "" },
	{ "a byte out is missing", "AFEd", 1, 10, 21, 0, 0, ACCOUNT_WRONG, "" },
	{ "a byte too many", "AFEd", 1, 9, 20, 0, 0, ACCOUNT_WRONG, "" },
	{ "one flow's counts differ", "AFed", 1, 10, 20, 0, 0, ACCOUNT_WRONG,
	  "whose own two counts differ: 1" },
	{ "still open at the end", "AFEd", 1, 10, 20, 1, 0, ACCOUNT_WRONG,
	  "still open at its end: 1" },
	{ "ended with its worker", "AFSd", 1, 99, 98, 0, 0, ACCOUNT_LOST,
	  "ended with their worker: 1" },
	{ "and with everything", "AFWd", 1, 99, 98, 0, 0, ACCOUNT_LOST, "" },
	{ "another worker's end", "AFsd", 1, 99, 98, 0, 0, ACCOUNT_WRONG, "" },
	{ "an end before it began", "ASFd", 1, 99, 98, 0, 0, ACCOUNT_WRONG, "" },
	{ "two, one with its worker", "AFEFSd", 2, 109, 118, 0, 0, ACCOUNT_LOST, "" },
	{ "one lost, and one that its worker did not know yet", "AFSd", 2, 99, 98, 0, 0, ACCOUNT_LOST,
	  "ended with their worker: 1; with it, if it had not yet known of them: 1" },
	{ "fewer than are told of", "AFEFSd", 1, 99, 98, 0, 0, ACCOUNT_WRONG, "" },
	{ "bytes only, and a worker's end", "AFESd", 1, 11, 20, 0, 0, ACCOUNT_WRONG, "" },
	{ "lost before its first entry", "ASd", 1, 0, 0, 0, 0, ACCOUNT_LOST, "" },
	{ "and had said something", "ASd", 1, 11, 0, 0, 0, ACCOUNT_LOST, "" },
	{ "its end was entered first", "AdS", 1, 11, 0, 0, 0, ACCOUNT_LOST, "" },
	{ "a worker's end long after", "Ad-S", 1, 11, 0, 0, 0, ACCOUNT_WRONG, "" },
	{ "and one before, too", "ASd-S", 1, 11, 0, 0, 0, ACCOUNT_LOST, "" },
	{ "beside one that had one", "AFSd", 2, 22, 0, 0, 0, ACCOUNT_LOST, "" },
	{ "but was answered", "ASd", 1, 11, 1, 0, 0, ACCOUNT_WRONG, "" },
	{ "said without a worker's end", "Ad", 1, 11, 0, 0, 0, ACCOUNT_WRONG, "" },
	{ "more said on a known flow", "AFESd", 1, 11, 20, 0, 0, ACCOUNT_WRONG, "" },
	{ "refusals", "ARd", 0, 0, 0, 0, 2, ACCOUNT_WHOLE, "" },
	{ "refusals after the end", "AdRR", 0, 0, 0, 0, 2, ACCOUNT_WHOLE, "" },
	{ "a refusal had no room", "ARd", 0, 0, 0, 0, 3, ACCOUNT_LOST,
	  "refusals without an entry: 1" },
};

static uint8_t room[ENTRY_LIMIT];
static uint64_t wall;

static void
put_who(struct entry *e, bool is_known)
{
	if (is_known) {
		entry_text(e, KEY_SKILL, SPAN("support"));
		entry_text(e, KEY_SESSION, SPAN(SESSION));
	}
}

static void
put_flow(struct entry *e, bool is_flow)
{
	if (is_flow)
		entry_text(e, KEY_FLOW, SPAN("flo-00f3k9zt2c8a4r7"));
	entry_uint(e, KEY_CGROUP, 77);
}

static void
put_end(struct entry *e, uint64_t in, uint64_t kernel_in, uint64_t out)
{
	entry_uint(e, KEY_BYTES_OUT, out);
	entry_uint(e, KEY_BYTES_ASKED, in);
	entry_uint(e, KEY_KERNEL_IN, kernel_in);
	entry_uint(e, KEY_KERNEL_OUT, out);
}

static void
put_counts(struct entry *e, const struct row *row)
{
	entry_uint(e, KEY_KERNEL_IN, row->in);
	entry_uint(e, KEY_KERNEL_OUT, row->out);
	entry_uint(e, KEY_KERNEL_DIVERTED, row->flows);
	entry_uint(e, KEY_KERNEL_FLOWS, row->flows);
	entry_uint(e, KEY_KERNEL_OPEN, row->open);
	entry_uint(e, KEY_KERNEL_REFUSED, row->refused);
}

static enum entry_kind
kind_of(char letter)
{
	static const enum entry_kind kinds[128] = {
		['A'] = ENTRY_ATTACH, ['d'] = ENTRY_DETACH, ['D'] = ENTRY_DETACH,
		['F'] = ENTRY_FLOW, ['f'] = ENTRY_FLOW, ['E'] = ENTRY_FLOW_END,
		['e'] = ENTRY_FLOW_END, ['z'] = ENTRY_FLOW_END,
		['R'] = ENTRY_REFUSED, ['S'] = ENTRY_STOP, ['s'] = ENTRY_STOP,
		['W'] = ENTRY_START,
	};

	return kinds[(unsigned char)letter];
}

static void
add(struct accounts *accounts, const struct row *row, char what)
{
	enum entry_kind kind = kind_of(what);
	struct span whole;
	struct entry e;

	entry_begin(&e, room, kind);
	entry_text(&e, KEY_PROCESS, SPAN("worker/0"));
	entry_uint(&e, KEY_WALL, ++wall);
	put_who(&e, !strchr("fzSsW", what));
	if (!strchr("SsW", what))
		put_flow(&e, strchr("FEez", what) != NULL);
	if (kind == ENTRY_FLOW_END && what != 'z')
		put_end(&e, 10, what == 'e' ? 11 : 10, 20);
	if (what == 'z')
		put_end(&e, 0, 0, 0);
	if (kind == ENTRY_STOP || kind == ENTRY_START)
		entry_text(&e, KEY_NAME, what == 'S' ? SPAN("worker/0") :
		    what == 's' ? SPAN("worker/1") : SPAN("warden"));
	if (kind == ENTRY_REFUSED)
		entry_uint(&e, KEY_COUNT, 2);
	if (what == 'd')
		put_counts(&e, row);
	CHECK_ROW(row->name, entry_end(&e, &whole) == 0);
	CHECK_ROW(row->name, entry_is_valid(whole) && accounts_take(accounts, whole));
}

static void
check_row(const struct row *row)
{
	struct accounts *accounts = NULL;
	struct out out = out_new(4096);
	const struct account *account;

	CHECK(accounts_new(&accounts) == 0);
	for (const char *p = row->entries; *p; p++)
		if (*p == '-')
			wall += 60 * 1000000000ULL;
		else
			add(accounts, row, *p);
	accounts_judge(accounts);
	account = accounts_find(accounts, SESSION);
	CHECK_ROW(row->name, account && account == accounts_next(accounts, NULL));
	CHECK_ROW(row->name, !accounts_next(accounts, account));
	CHECK_ROW(row->name, account->state == row->state);
	CHECK_ROW(row->name, strcmp(account->skill, "support") == 0);
	account_say(account, &out);
	out_u8(&out, '\0');
	CHECK_ROW(row->name, !out.failed && strstr((char *)out.p, row->says));
	out_free(&out);
	accounts_free(&accounts);
	CHECK(!accounts);
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(&rows[i]);
	return check_end();
}
