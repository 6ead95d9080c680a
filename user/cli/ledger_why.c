/*
 * ledger_why.c: `interlock why`: what was decided about an ask, by which rule, and
 * the smallest change that would decide otherwise. Only what is in the entry is
 * used, so that the answer is about the policy that judged, not today's; the
 * rule's lines are shown from the file as it is now, and that is said.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/must.h"
#include "cli/ledger.h"
#include "cli/ledger_rule.h"
#include "id.h"
#include "ledger/permit.h"

#define ANSWER_LIMIT (2u << 20)

static const enum entry_key keys[] = { KEY_REFUSAL, KEY_HOLD, KEY_TURN, KEY_FLOW, 0 };

struct why {
	char id[ID_TEXT_SIZE];
	uint8_t entry[ENTRY_LIMIT];	/* the one that decided */
	size_t n;
	uint64_t index;
	uint8_t decision[ENTRY_LIMIT];	/* on the hold that was opened for it */
	size_t decision_n;
};

/* What people, time or the client said of the hold that the entry opened. */
static bool
pick_decision(struct why *why, struct span entry)
{
	struct span hold, other;
	uint64_t kind = 0;

	(void)entry_get_uint(entry, KEY_KIND, &kind);
	if (kind != ENTRY_DECISION || !entry_get_text(span_of(why->entry, why->n), KEY_HOLD, &hold))
		return true;
	if (entry_get_text(entry, KEY_HOLD, &other) && span_equal(hold, other)) {
		memcpy(why->decision, entry.p, entry.n);
		why->decision_n = entry.n;	/* of several approvals the last */
	}
	return true;
}

/* The entry that decided: of several, the first that has a verdict; a refusal's own. */
static bool
pick(void *arg, uint64_t index, struct span entry)
{
	struct why *why = arg;
	struct span verdict;
	bool is_it = false;

	if (!permit_entry(entry))
		return true;
	if (why->n && entry_get_text(span_of(why->entry, why->n), KEY_VERDICT, &verdict))
		return pick_decision(why, entry);
	for (const enum entry_key *key = keys; *key; key++)
		is_it |= cli_ledger_has(entry, *key, why->id);
	if (!is_it)
		return true;
	if (why->n && !entry_get_text(entry, KEY_VERDICT, &verdict))
		return true;
	memcpy(why->entry, entry.p, entry.n);
	why->n = entry.n;
	why->index = index;
	return !entry_get_text(entry, KEY_VERDICT, &verdict) ||
	    cli_ledger_has(entry, KEY_VERDICT, "hold");
}

/* No target has the address: the policy must know it first. */
static void
put_target(struct out *out, struct span entry)
{
	struct span destination;

	if (!entry_get_text(entry, KEY_DESTINATION, &destination))
		return;
	out_printf(out, "\nThe smallest change: if this is a backend the skill may "
	    "use, register it in the policy as a target with this address,\n  ");
	json_text(out, destination);
	out_printf(out, "\nand give the skill a duty or a profile on it.\n");
}

/* Who decided the hold, and why; or how to. */
static void
put_hold(struct out *out, struct span entry, struct span decision)
{
	struct span hold = { 0 }, what = { 0 }, who = { 0 }, reason = { 0 };

	(void)entry_get_text(entry, KEY_HOLD, &hold);
	if (!decision.n) {
		out_printf(out, "\nIt waits for people. To let it through this once:\n"
		    "  interlock approve %.*s\n", (int)hold.n, (const char *)hold.p);
		return;
	}
	(void)entry_get_text(decision, KEY_DECISION, &what);
	out_printf(out, "\nIt was held, and decided: %.*s", (int)what.n, (const char *)what.p);
	if (entry_get_text(decision, KEY_PERSON, &who) && who.n) {
		out_printf(out, " by ");
		json_text(out, who);
	}
	if (entry_get_text(decision, KEY_REASON, &reason) && reason.n) {
		out_printf(out, ", because ");
		json_text(out, reason);
	}
	out_printf(out, ".\n");
}

static void
put_change(struct out *out, const struct instance *instance, struct span entry,
    struct span decision)
{
	bool has_rule = rule_put_source(out, instance, entry);
	uint64_t kind = 0;

	(void)entry_get_uint(entry, KEY_KIND, &kind);
	if (cli_ledger_has(entry, KEY_VERDICT, "allow")) {
		out_printf(out, "\nIt was allowed: nothing need change.\n");
	} else if (cli_ledger_has(entry, KEY_VERDICT, "hold")) {
		put_hold(out, entry, decision);
		out_printf(out, "The smallest change that would allow it without: "
		    "take these effects and objects out of that rule, and add\n");
		rule_put_allow(out, entry);
	} else if (!cli_ledger_has(entry, KEY_VERDICT, "deny")) {
		if (kind == ENTRY_REFUSED)
			put_target(out, entry);
		else
			out_printf(out, "\nNo rule decided this.\n");
	} else if (has_rule) {
		out_printf(out, "\nThat rule denies it, and deny beats hold and "
		    "allow. The smallest change: take these effects and objects "
		    "out of that rule, and have a rule that allows exactly them:\n");
		rule_put_allow(out, entry);
	} else if (kind == ENTRY_ASK || kind == ENTRY_RELEASE) {
		out_printf(out, "\nNo rule speaks of it, and where no rule speaks it "
		    "is denied. The smallest change:\n");
		rule_put_allow(out, entry);
	} else {
		out_printf(out, "\nThis was not refused by a rule on statements; the "
		    "reason above says what must be otherwise.\n");
	}
}

int
cli_why(const struct instance *instance, int argc, char **argv)
{
	static const struct option options[] = { { 0 } };
	struct out out = out_new(ANSWER_LIMIT);
	struct why *why;
	int code;

	optind = opterr = 0;
	if (getopt_long(argc, argv, "", options, NULL) != -1 || argc - optind != 1)
		return cli_ledger_usage("why");
	why = calloc(1, sizeof(*why));
	if (!why)
		return CLI_FAILED;
	code = cli_ledger_find(instance, argv[optind], keys, why->id);
	if (code == CLI_OK)
		code = cli_ledger_walk(instance, pick, why);
	if (code == CLI_OK && why->n) {
		struct span entry = span_of(why->entry, why->n);

		out_printf(&out, "%s is entry %llu of the ledger:\n\n", why->id,
		    (unsigned long long)why->index);
		cli_put_entry(&out, entry);
		put_change(&out, instance, entry, span_of(why->decision, why->decision_n));
		cli_flush(&out);
	} else if (code == CLI_OK) {
		fprintf(stderr, "interlock: no entry about %s is by a process that may "
		    "enter it\n", why->id);
		code = CLI_NO;
	}
	out_free(&out);
	free(why);
	return code;
}
