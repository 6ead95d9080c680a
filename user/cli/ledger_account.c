/* ledger_account.c: what `interlock verify` says of connections; account.h has the sums. */
#include "cli/ledger_account.h"

#include "base/json.h"
#include "base/must.h"
#include "cli/account.h"
#include "cli/ledger.h"

#define SHOWN 20	/* sessions told one by one */

struct counter {
	struct accounts *accounts;
	bool failed;
};

static bool
take_one(void *arg, uint64_t index, struct span entry)
{
	struct counter *counter = arg;

	(void)index;
	counter->failed = !accounts_take(counter->accounts, entry);
	return !counter->failed;
}

static void
tell_people(struct out *out, const struct account *account)
{
	out_printf(out, "%s: %s (", account->state == ACCOUNT_LOST ? "lost" :
	    "wrong", account->id);
	cli_put_text(out, span_text(account->skill), 0);
	out_printf(out, "): ");
	account_say(account, out);
	out_u8(out, '\n');
}

static void
put_sum(struct out *out, const char *name, const struct account_sum *sum)
{
	bool first = true;

	out_printf(out, ",\"%s\":{", name);
	json_member_uint(out, &first, "flows", sum->flows);
	json_member_uint(out, &first, "in", sum->in);
	json_member_uint(out, &first, "out", sum->out);
	json_member_uint(out, &first, "refused", sum->refused);
	out_u8(out, '}');
}

static void
tell_json(struct out *out, const struct account *account)
{
	bool first = true;

	out_u8(out, '{');
	json_member_text(out, &first, "session", span_text(account->id));
	json_member_text(out, &first, "skill", span_text(account->skill));
	json_member_text(out, &first, "state",
	    span_text(account_state_name(account->state)));
	put_sum(out, "kernel", &account->kernel);
	put_sum(out, "entered", &account->entered);
	json_member_uint(out, &first, "lost", account->lost);
	json_member_uint(out, &first, "open", account->open);
	json_member_uint(out, &first, "differ", account->differ);
	out_u8(out, '}');
}

static void
conclude(struct out *out, const uint64_t n[ACCOUNT_STATES], bool json)
{
	bool first = true;

	if (json) {
		out_printf(out, ",\"sessions\":{");
		for (int i = 0; i < ACCOUNT_STATES; i++)
			json_member_uint(out, &first, account_state_name(i), n[i]);
		out_u8(out, '}');
		return;
	}
	if (n[ACCOUNT_LOST] + n[ACCOUNT_WRONG] > SHOWN)
		out_printf(out, "more sessions like these: %llu\n",
		    (unsigned long long)(n[ACCOUNT_LOST] + n[ACCOUNT_WRONG] - SHOWN));
	out_printf(out, "connections, by the kernel's count: all told of in %llu "
	    "sessions, some lost in %llu, WRONG in %llu; no count yet of %llu, "
	    "none of %llu\n", (unsigned long long)n[ACCOUNT_WHOLE],
	    (unsigned long long)n[ACCOUNT_LOST],
	    (unsigned long long)n[ACCOUNT_WRONG],
	    (unsigned long long)n[ACCOUNT_OPEN],
	    (unsigned long long)n[ACCOUNT_UNCOUNTED]);
}

static void
tell_all(const struct accounts *accounts, struct out *out, bool json,
    uint64_t n[ACCOUNT_STATES])
{
	const struct account *account = NULL;
	uint64_t told = 0;

	if (json)
		out_printf(out, ",\"unaccounted\":[");
	while ((account = accounts_next(accounts, account))) {
		n[account->state]++;
		if (account->state < ACCOUNT_LOST || told++ >= SHOWN)
			continue;
		if (!json) {
			tell_people(out, account);
			continue;
		}
		if (told > 1)
			out_u8(out, ',');
		tell_json(out, account);
	}
	if (json)
		out_u8(out, ']');
	conclude(out, n, json);
}

int
cli_account(int directory, struct out *out, bool json)
{
	struct counter counter = { 0 };
	uint64_t n[ACCOUNT_STATES] = { 0 };
	int code = accounts_new(&counter.accounts) ? CLI_FAILED :
	    cli_ledger_walk_at(directory, take_one, &counter);

	if (counter.failed)
		code = CLI_FAILED;
	if (code == CLI_OK) {
		accounts_judge(counter.accounts);
		tell_all(counter.accounts, out, json, n);
	}
	accounts_free(&counter.accounts);
	return code == CLI_OK && n[ACCOUNT_WRONG] ? CLI_NO : code;
}
