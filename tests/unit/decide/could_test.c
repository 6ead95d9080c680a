/* What could be done with the right content: offered, though it is not asked yet. */
#include "check.h"
#include "decide/decide.h"

#define CALL(name) "tools/call " name
#define ALL ((1u << EFFECTS) - 1)

static const char *reads[] = { CALL("read_*") }, *pays[] = { CALL("pay") }, *drops[] = { CALL("drop") };
static const char *secrets[] = { CALL("read_secrets") }, *limit[] = { "100" }, *columns[] = { "amount" };
static struct view_condition small = { SUBJECT_FIELD, "amount", TEST_AT_MOST, limit, 1 };
static struct view_rule rules[] = {
	{ .effects = ALL, .operations = reads, .operation_count = 1, .verdict = VERDICT_ALLOW, .where = "1" },
	{ .effects = ALL, .operations = pays, .operation_count = 1, .conditions = &small, .condition_count = 1,
	    .verdict = VERDICT_ALLOW, .where = "2" },
	{ .effects = ALL, .operations = drops, .operation_count = 1, .verdict = VERDICT_HOLD, .need = 1, .where = "3" },
	{ .effects = ALL, .operations = secrets, .operation_count = 1, .verdict = VERDICT_DENY, .where = "4" },
	{ .effects = ALL, .operations = reads, .operation_count = 1, .columns = columns, .column_count = 1,
	    .verdict = VERDICT_DENY, .where = "5" },
};
static struct view_duty duties[] = { { "d", 0, rules, COUNT(rules) }, { "elsewhere", 1, rules, 1 } };
static uint32_t both[] = { 0, 1 };
static struct view_skill_duties skills[] = { { "s", both, 2, false }, { "other", NULL, 0, false } };
static struct view_target targets[] = { { .name = "t", .protocol = PROTOCOL_HTTP }, { .name = "u" } };
static const struct view_worker view = {
	.targets = targets, .target_count = 2, .duties = duties, .duty_count = 2, .skills = skills, .skill_count = 2,
};

static const struct row {
	const char *operation, *skill;
	bool could;
} rows[] = {
	{ CALL("read_orders"), "s", true },	/* a deny that speaks of a field is for when it is asked */
	{ CALL("read_secrets"), "s", false },	/* denied whatever it carries */
	{ CALL("pay"), "s", true },		/* a small amount */
	{ CALL("drop"), "s", true },		/* by people */
	{ CALL("format"), "s", false },		/* no rule */
	{ CALL("read_orders"), "other", false },
	{ CALL("read_orders"), "nobody", false },
};

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_facts facts = { .method = SPAN("POST"), .path = SPAN("/mcp"), .host = SPAN("h"),
			.operation = span_text(rows[i].operation) };
		struct act act = { .effect = EFFECT_UNKNOWN, .object = SPAN("/mcp"), .http = &facts };

		CHECK_ROW(rows[i].operation, decide_could(&view, span_text(rows[i].skill), 0, &act) == rows[i].could);
	}
	return check_end();
}
