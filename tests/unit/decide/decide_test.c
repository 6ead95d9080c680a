/* Verdicts: every row one question; then laws that hold for any rules in any order. */
#include "decide/decide.h"

#include "check.h"

#define E(x) (1u << EFFECT_##x)
#define ON(...) .objects = (const char *[]){ __VA_ARGS__ }, \
	.object_count = sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)
#define COLUMNS(...) .columns = (const char *[]){ __VA_ARGS__ }, \
	.column_count = sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)

static struct view_rule support_rules[] = {
	{ .effects = E(SESSION), .verdict = VERDICT_ALLOW, .where = "p:1 duty support rule 1" },
	{ .effects = E(READ), ON("public.*"), .verdict = VERDICT_ALLOW,
	  .masks = 1, .row_limit = 100, .where = "p:2 duty support rule 2" },
	{ .effects = E(READ), ON("public.payments"), .verdict = VERDICT_ALLOW,
	  .masks = 2, .row_limit = 50, .where = "p:3 duty support rule 3" },
	{ .effects = E(UPDATE) | E(DELETE), ON("public.orders"),
	  .reaches = 1u << REACH_WHERE, .verdict = VERDICT_HOLD, .approvers = 1,
	  .need = 1, .expires_s = 600, .retry_s = 60, .where = "p:4 duty support rule 4" },
	{ .effects = E(DEFINE), .verdict = VERDICT_DENY, .where = "p:5 duty support rule 5" },
	{ .effects = E(UPDATE), ON("public.notes"), COLUMNS("text", "tags"),
	  .verdict = VERDICT_ALLOW, .where = "p:6 duty support rule 6" },
	{ .effects = E(READ), ON("public.people"), COLUMNS("salary"),
	  .verdict = VERDICT_DENY, .where = "p:7 duty support rule 7" },
	{ .effects = E(UPDATE), ON("public.notes"), COLUMNS("owner"),
	  .verdict = VERDICT_HOLD, .approvers = 1, .need = 2, .expires_s = 60,
	  .where = "p:8 duty support rule 8" },
	{ .effects = E(INSERT), ON("public.audit"), .verdict = VERDICT_HOLD,
	  .approvers = 2, .need = 1, .expires_s = 60, .where = "p:9 duty support rule 9" },
	{ .effects = E(UNKNOWN), ON("do"), .verdict = VERDICT_ALLOW,
	  .where = "p:10 duty support rule 10" },
};
static struct view_rule other_rules[] = {
	{ .effects = (1u << EFFECTS) - 1, .verdict = VERDICT_ALLOW, .where = "p:20 duty all rule 1" },
};
static struct view_target targets[] = {
	{ .name = "shop", .role = "", .databases = (const char *[]){ "shop" }, .database_count = 1 },
	{ .name = "other", .role = "" },
	{ .name = "third", .role = "reader" },
};
static struct view_duty duties[] = {
	{ "support", 0, support_rules, COUNT(support_rules) },
	{ "all", 1, other_rules, COUNT(other_rules) },
};
static uint32_t given[] = { 0, 1 };
static uint32_t given_one[] = { 1 };
static struct view_skill_duties skills[] = {
	{ "helper", given, 2, false }, { "loader", given_one, 1, false }, { "idle", NULL, 0, false },
};
static struct view_worker view = {
	.targets = targets, .target_count = COUNT(targets),
	.duties = duties, .duty_count = COUNT(duties),
	.skills = skills, .skill_count = COUNT(skills),
};

#define LIT(text) { (const uint8_t *)(text), sizeof(text) - 1 }
static const struct span text_column[] = { LIT("text") };
static const struct span text_owner[] = { LIT("text"), LIT("owner") };
static const struct span name_salary[] = { LIT("name"), LIT("salary") };
static const struct span star[] = { LIT("*") };
static const struct act read_orders = { .effect = EFFECT_READ, .reach = REACH_ALL, .object = LIT("public.orders") };
static const struct act read_payments = { .effect = EFFECT_READ, .object = LIT("public.payments") };
static const struct act read_hidden = { .effect = EFFECT_READ, .object = LIT("secret.keys") };
static const struct act delete_some = { .effect = EFFECT_DELETE, .reach = REACH_WHERE, .object = LIT("public.orders") };
static const struct act delete_all = { .effect = EFFECT_DELETE, .reach = REACH_ALL, .object = LIT("public.orders") };
static const struct act drop = { .effect = EFFECT_DEFINE, .object = LIT("public.orders") };
static const struct act set = { .effect = EFFECT_SESSION, .object = LIT("set search_path") };
static const struct act unknown = { .effect = EFFECT_UNKNOWN, .object = LIT("public.f()"), .note = LIT("function is not known") };
static const struct act do_block = { .effect = EFFECT_UNKNOWN, .object = LIT("do") };
static const struct act note_text = { .effect = EFFECT_UPDATE, .reach = REACH_WHERE, .object = LIT("public.notes"),
	.columns = text_column, .column_count = 1 };
static const struct act note_both = { .effect = EFFECT_UPDATE, .reach = REACH_WHERE, .object = LIT("public.notes"),
	.columns = text_owner, .column_count = 2 };
static const struct act note_owner = { .effect = EFFECT_UPDATE, .reach = REACH_WHERE, .object = LIT("public.notes"),
	.columns = text_owner + 1, .column_count = 1 };
static const struct act note_untold = { .effect = EFFECT_UPDATE, .reach = REACH_WHERE, .object = LIT("public.notes") };
static const struct act salary = { .effect = EFFECT_READ, .object = LIT("public.people"),
	.columns = name_salary, .column_count = 2 };
static const struct act people_star = { .effect = EFFECT_READ, .object = LIT("public.people"),
	.columns = star, .column_count = 1 };
static const struct act people_untold = { .effect = EFFECT_READ, .object = LIT("public.people") };
static const struct act people_name = { .effect = EFFECT_READ, .object = LIT("public.people"),
	.columns = name_salary, .column_count = 1 };
static const struct act audit = { .effect = EFFECT_INSERT, .object = LIT("public.audit") };

static const struct {
	const char *name, *skill;
	uint32_t target;
	const struct act *acts[3];
	enum verdict_kind kind;
	uint32_t rule;
	uint64_t masks, rows;
	const char *why;
} rows[] = {
	{ "read", "helper", 0, { &read_orders }, VERDICT_ALLOW, 1, 1, 100, "p:2 duty support rule 2 allows read on public.orders" },
	{ "masks add, least rows", "helper", 0, { &read_payments }, VERDICT_ALLOW, 1, 3, 50, "allows" },
	{ "masks add over acts", "helper", 0, { &read_orders, &read_payments }, VERDICT_ALLOW, 1, 3, 50, "allows" },
	{ "no rule", "helper", 0, { &read_hidden }, VERDICT_DENY, UINT32_MAX, 0, 0, "no rule of duty support names effect read on secret.keys" },
	{ "all acts must be allowed", "helper", 0, { &read_orders, &read_hidden }, VERDICT_DENY, UINT32_MAX, 0, 0, "secret.keys" },
	{ "hold", "helper", 0, { &delete_some }, VERDICT_HOLD, 3, 0, 0, "p:4 duty support rule 4 holds delete on public.orders" },
	{ "hold beats allow", "helper", 0, { &read_orders, &delete_some }, VERDICT_HOLD, 3, 1, 100, "holds" },
	{ "hold beats allow, other order", "helper", 0, { &delete_some, &read_orders }, VERDICT_HOLD, 3, 1, 100, "holds" },
	{ "without WHERE", "helper", 0, { &delete_all }, VERDICT_DENY, UINT32_MAX, 0, 0, "p:4 duty support rule 4 allows delete on public.orders, but not without WHERE" },
	{ "deny", "helper", 0, { &drop }, VERDICT_DENY, 4, 0, 0, "p:5 duty support rule 5 denies define on public.orders" },
	{ "deny beats hold", "helper", 0, { &delete_some, &drop }, VERDICT_DENY, 4, 0, 0, "denies" },
	{ "session", "helper", 0, { &set }, VERDICT_ALLOW, 0, 0, 0, "allows session on set search_path" },
	{ "nothing is session", "helper", 0, { NULL }, VERDICT_ALLOW, 0, 0, 0, "session on nothing" },
	{ "unknown", "helper", 0, { &unknown }, VERDICT_DENY, UINT32_MAX, 0, 0, "unknown on public.f(): function is not known" },
	{ "unknown by name", "helper", 0, { &do_block }, VERDICT_ALLOW, 9, 0, 0, "allows" },
	{ "column allowed", "helper", 0, { &note_text }, VERDICT_ALLOW, 5, 0, 0, "allows" },
	{ "columns beyond the allow", "helper", 0, { &note_both }, VERDICT_DENY, UINT32_MAX, 0, 0, "all the columns" },
	{ "column held", "helper", 0, { &note_owner }, VERDICT_HOLD, 7, 0, 0, "holds" },
	{ "columns not told", "helper", 0, { &note_untold }, VERDICT_DENY, UINT32_MAX, 0, 0, "all the columns" },
	{ "one denied column", "helper", 0, { &salary }, VERDICT_DENY, 6, 0, 0, "p:7 duty support rule 7 denies" },
	{ "star could be it", "helper", 0, { &people_star }, VERDICT_DENY, 6, 0, 0, "denies" },
	{ "untold could be it", "helper", 0, { &people_untold }, VERDICT_DENY, 6, 0, 0, "denies" },
	{ "another column", "helper", 0, { &people_name }, VERDICT_ALLOW, 1, 1, 100, "allows" },
	{ "two groups", "helper", 0, { &delete_some, &audit }, VERDICT_DENY, UINT32_MAX, 0, 0, "different groups of approvers" },
	{ "other target", "helper", 1, { &drop }, VERDICT_ALLOW, 10, 0, 0, "p:20" },
	{ "second skill", "loader", 1, { &unknown }, VERDICT_ALLOW, 10, 0, 0, "p:20" },
	{ "no duty there", "loader", 0, { &set }, VERDICT_DENY, UINT32_MAX, 0, 0, "skill loader has no duty on target shop" },
	{ "no duty at all", "idle", 0, { &set }, VERDICT_DENY, UINT32_MAX, 0, 0, "no duty" },
	{ "no such skill", "ghost", 0, { &set }, VERDICT_DENY, UINT32_MAX, 0, 0, "skill ghost has no duty on target shop" },
	{ "no such target", "helper", 9, { &set }, VERDICT_DENY, UINT32_MAX, 0, 0, "not in policy" },
};

static bool
contains(struct span text, const char *part)
{
	return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static void
check_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct act acts[3];
		struct action action = { .acts = acts };
		struct verdict verdict;
		char room[DECIDE_WHY];

		for (size_t n = 0; n < 3 && rows[i].acts[n]; n++)
			acts[action.act_count++] = *rows[i].acts[n];
		decide_judge(&view, span_text(rows[i].skill), rows[i].target,
		    &action, room, &verdict);
		CHECK_ROW(rows[i].name, verdict.kind == rows[i].kind);
		CHECK_ROW(rows[i].name, verdict.rule == rows[i].rule);
		CHECK_ROW(rows[i].name, verdict.masks == rows[i].masks);
		CHECK_ROW(rows[i].name, verdict.row_limit == rows[i].rows);
		if (!CHECK_ROW(rows[i].name, contains(verdict.why, rows[i].why)))
			fprintf(stderr, "  why: %.*s\n", (int)verdict.why.n, verdict.why.p);
	}
}

/* Rows of another statement: every mask and limit of the target, whatever rule lets them through. */
static void
check_other_rows(void)
{
	struct action action = { .acts = &set, .act_count = 1, .has_other_rows = true };
	struct verdict verdict;
	char room[DECIDE_WHY];

	decide_judge(&view, SPAN("helper"), 0, &action, room, &verdict);
	CHECK(verdict.kind == VERDICT_ALLOW);
	CHECK(verdict.masks == decide_masks(&view, SPAN("helper"), 0));
	CHECK(verdict.masks != 0);
	CHECK(verdict.row_limit == 50);
}

static void
check_holds_add_up(void)
{
	struct act acts[] = { delete_some, note_owner };
	struct action action = { .acts = acts, .act_count = 2 };
	struct verdict verdict;
	char room[DECIDE_WHY];

	decide_judge(&view, SPAN("helper"), 0, &action, room, &verdict);
	CHECK(verdict.kind == VERDICT_HOLD);
	CHECK(verdict.approvers == 1);
	CHECK(verdict.need == 2);
	CHECK(verdict.expires_s == 60);
	CHECK(verdict.retry_s == 0 && verdict.answer == ANSWER_WAIT);
}

static const struct {
	const char *name, *skill, *role, *database;
	uint32_t target;
	enum verdict_kind kind;
	const char *why;
	struct act setting;
} logins[] = {
	{ "right", "helper", "x", "shop", 0, VERDICT_ALLOW, "login", { 0 } },
	{ "wrong database", "helper", "x", "postgres", 0, VERDICT_DENY, "database postgres is not among", { 0 } },
	{ "database as role", "helper", "shop", "", 0, VERDICT_ALLOW, "login", { 0 } },
	{ "no role", "helper", "", "", 1, VERDICT_DENY, "no role", { 0 } },
	{ "any database", "helper", "x", "y", 1, VERDICT_ALLOW, "login", { 0 } },
	{ "no duty", "loader", "x", "shop", 0, VERDICT_DENY, "no duty", { 0 } },
	{ "not given", "helper", "", "", 2, VERDICT_DENY, "no duty", { 0 } },
	{ "a setting", "helper", "x", "shop", 0, VERDICT_ALLOW, "session",
	    { .effect = EFFECT_SESSION, .object = SPAN("set a") } },
	{ "a role", "helper", "x", "shop", 0, VERDICT_DENY, "grant on set role",
	    { .effect = EFFECT_GRANT, .object = SPAN("set role") } },
};

static void
check_logins(void)
{
	for (size_t i = 0; i < COUNT(logins); i++) {
		struct verdict verdict;
		char room[DECIDE_WHY];

		decide_login(&view, span_text(logins[i].skill), logins[i].target,
		    span_text(logins[i].role), span_text(logins[i].database),
		    &logins[i].setting, logins[i].setting.object.n > 0, room, &verdict);
		CHECK_ROW(logins[i].name, verdict.kind == logins[i].kind);
		CHECK_ROW(logins[i].name, contains(verdict.why, logins[i].why));
	}
}

/* A small generator, so that a failure can be repeated. */
static uint32_t seed = 7;
static uint32_t
draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static const char *some_objects[] = { "public.*", "public.a", "**", "public.b", "x.*" };
static const char *some_columns[] = { "c", "d*", "**" };

static void
draw_rules(struct view_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t object = draw(COUNT(some_objects) + 1);
		uint32_t column = draw(COUNT(some_columns) * 3);

		rules[i] = (struct view_rule){
			.effects = draw((1u << EFFECTS) - 1) + 1,
			.reaches = (uint8_t)(draw(3) ? 0 : 1u << draw(3)),
			.objects = &some_objects[object], .object_count = object < COUNT(some_objects),
			.columns = &some_columns[column % 3], .column_count = column < COUNT(some_columns),
			.verdict = (enum verdict_kind)draw(3), .masks = draw(16),
			.row_limit = draw(4), .need = 1 + draw(3), .expires_s = 1 + draw(9),
			.retry_s = draw(9), .answer = (enum hold_answer)draw(HOLD_ANSWERS), .approvers = 1, .where = "w",
		};
	}
}

static struct verdict
judge_drawn(struct view_rule *rules, size_t count, const struct act *acts, size_t act_count)
{
	static char room[DECIDE_WHY];
	struct view_target target = { .name = "t", .role = "" };
	struct view_duty duty = { "d", 0, rules, count };
	uint32_t one[] = { 0 };
	struct view_skill_duties skill = { "s", one, 1, false };
	struct view_worker drawn = {
		.targets = &target, .target_count = 1, .duties = &duty, .duty_count = 1,
		.skills = &skill, .skill_count = 1,
	};
	struct action action = { .acts = acts, .act_count = act_count };
	struct verdict verdict;

	decide_judge(&drawn, SPAN("s"), 0, &action, room, &verdict);
	return verdict;
}

static void
draw_acts(struct act *acts, size_t count)
{
	static const struct span names[] = { LIT("public.a"), LIT("public.b"), LIT("x.y"), LIT("z") };
	static const struct span columns[] = { LIT("c"), LIT("d1"), LIT("*"), LIT("e") };

	for (size_t i = 0; i < count; i++)
		acts[i] = (struct act){
			.effect = (enum effect)draw(EFFECTS), .reach = (enum reach)draw(3),
			.object = names[draw(4)], .columns = &columns[draw(3)], .column_count = draw(3),
		};
}

static void
turn_round(struct view_rule *rules, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		struct view_rule rule = rules[i];

		rules[i] = rules[count - 1 - i];
		rules[count - 1 - i] = rule;
	}
}

static bool
same_effect(const struct verdict *a, const struct verdict *b)
{
	return a->kind == b->kind && a->masks == b->masks &&
	    a->row_limit == b->row_limit && a->need == b->need &&
	    a->expires_s == b->expires_s && a->retry_s == b->retry_s && a->answer == b->answer;
}

/* Order never counts; one rule more of a kind moves the verdict only its way. */
static void
check_laws(void)
{
	struct view_rule rules[8];
	struct act acts[3];
	unsigned int seen[3] = { 0 };

	for (int round = 0; round < 3000; round++) {
		size_t count = 1 + draw(6), act_count = 1 + draw(3);
		struct verdict was, then, both;

		draw_rules(rules, count);
		draw_acts(acts, act_count);
		was = judge_drawn(rules, count, acts, act_count);
		seen[was.kind]++;
		turn_round(rules, count);
		then = judge_drawn(rules, count, acts, act_count);
		CHECK(same_effect(&was, &then));
		/* an action is never freer than one act of it */
		both = judge_drawn(rules, count, acts, 1);
		CHECK(was.kind <= both.kind);
		/* a deny of everything denies */
		rules[count] = (struct view_rule){ .effects = (1u << EFFECTS) - 1,
			.verdict = VERDICT_DENY, .where = "w" };
		then = judge_drawn(rules, count + 1, acts, act_count);
		CHECK(then.kind == VERDICT_DENY);
		/* a hold of everything: what was allowed is held, what a rule denied stays so */
		rules[count].verdict = VERDICT_HOLD;
		rules[count].approvers = rules[count].need = 1;
		then = judge_drawn(rules, count + 1, acts, act_count);
		CHECK(then.kind == (was.kind == VERDICT_DENY && was.rule != UINT32_MAX ?
		    VERDICT_DENY : VERDICT_HOLD) || (then.kind == VERDICT_DENY && was.kind == VERDICT_DENY));
		/* an allow of everything never frees what was held or denied by a rule */
		rules[count].verdict = VERDICT_ALLOW;
		then = judge_drawn(rules, count + 1, acts, act_count);
		CHECK(was.rule == UINT32_MAX || then.kind <= was.kind);
		/* nothing speaks: deny */
		then = judge_drawn(rules, 0, acts, act_count);
		CHECK(then.kind == VERDICT_DENY && then.rule == UINT32_MAX);
	}
	CHECK(seen[VERDICT_DENY] > 100 && seen[VERDICT_HOLD] > 100 && seen[VERDICT_ALLOW] > 100);
}

static void
check_glob(void)
{
	CHECK(decide_glob("public.*", SPAN("public.orders")));
	CHECK(!decide_glob("public.*", SPAN("public.a.b")));
	CHECK(decide_glob("**", SPAN("public.a.b")));
	CHECK(!decide_glob("*", SPAN("public.a")));
	CHECK(decide_glob("public.o?ders", SPAN("public.orders")));
	CHECK(!decide_glob("", SPAN("x")) && decide_glob("", SPAN("")));
}

int
main(void)
{
	check_rows();
	check_other_rows();
	check_holds_add_up();
	check_logins();
	check_glob();
	check_laws();
	return check_end();
}
