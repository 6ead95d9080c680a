/*
 * Rules of HTTP beside requests: each key, each test of a value, and every kind of
 * doubt. A rule is tried three times, as allow, hold and deny: what fits is allowed,
 * held, denied; what does not is not touched by any; what may fit is let through by
 * none, and caught by the two others.
 */
#include "decide/decide.h"

#include "base/arena.h"
#include "check.h"
#include "facts/http/http.h"
#include "../facts/http/request.h"
#include "../proto.h"
#include "base/grpc.h"

static struct view_operation operations[] = {
	{ "getOrder", "GET", "/orders/{id}", EFFECT_READ }, { "deleteOrder", "DELETE", "/orders/{id}", EFFECT_DELETE },
};
static struct view_target target = {
	.name = "shop", .protocol = PROTOCOL_HTTP, .port = 80, .hosts = (const char *[]){ "shop", "api.shop" }, .host_count = 2,
	.operations = operations, .operation_count = COUNT(operations), .role = "",
};

#define LIST(what, ...) .what##s = (const char *[]){ __VA_ARGS__ }, \
	.what##_count = sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)
#define WHEN(subject_, name_, test_, ...) .conditions = &(struct view_condition){ .subject = SUBJECT_##subject_, \
	.name = name_, .test = TEST_##test_, .values = (const char *[]){ __VA_ARGS__ }, \
	.value_count = sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *) }, .condition_count = 1
#define WHEN_ABSENT(subject_, name_) .conditions = &(struct view_condition){ .subject = SUBJECT_##subject_, \
	.name = name_, .test = TEST_ABSENT }, .condition_count = 1
#define WHEN_PRESENT(subject_, name_) .conditions = &(struct view_condition){ .subject = SUBJECT_##subject_, \
	.name = name_, .test = TEST_PRESENT }, .condition_count = 1
#define JSON "\nContent-Type: application/json\n\n"
#define FORM "\nContent-Type: application/x-www-form-urlencoded\n\n"

enum fits { NO, MAYBE, YES };
static const struct {
	const char *name, *request;
	enum fits fits;
	struct view_rule rule;
} rows[] = {
	{ "any", "GET /a", YES, { .where = "w" } },
	{ "path", "GET /orders/7", YES, { LIST(path, "/orders/{id}") } },
	{ "path, another", "GET /orders/7/items", NO, { LIST(path, "/orders/{id}") } },
	{ "path, any of two", "GET /b", YES, { LIST(path, "/a", "/b") } },
	{ "path, rest", "GET /a/b/c", YES, { LIST(path, "/a/**") } },
	{ "path as spelled otherwise", "GET /%61dmin/", YES, { LIST(path, "/admin") } },
	{ "path in doubt", "GET /a%2fb", MAYBE, { LIST(path, "/a/*") } },
	{ "object", "GET /orders/7", YES, { LIST(object, "/orders/*") } },
	{ "object of a database", "GET /orders/7", NO, { LIST(object, "public.orders") } },
	{ "object in doubt", "GET //", MAYBE, { LIST(object, "/x") } },
	{ "method", "DELETE /a", YES, { LIST(method, "PUT", "DELETE") } },
	{ "method, another", "GET /a", NO, { LIST(method, "PUT", "DELETE") } },
	{ "any method", "GET /a", YES, { LIST(method, "*") } },
	{ "operation", "GET /orders/7", YES, { LIST(operation, "get*") } },
	{ "operation, another", "DELETE /orders/7", NO, { LIST(operation, "get*") } },
	{ "operation, none", "GET /a", NO, { LIST(operation, "**"), LIST(path, "/b") } },
	{ "operation of an unknown method", "PURGE /a", MAYBE, { LIST(operation, "get*") } },
	{ "operation in doubt", "GET /a%00", MAYBE, { LIST(operation, "get*") } },
	{ "host", "GET /\nHost: API.shop:80", YES, { LIST(host, "api.shop") } },
	{ "host, another", "GET /\nHost: shop", NO, { LIST(host, "api.*") } },

	{ "query is", "GET /?a=1", YES, { WHEN(QUERY, "a", IS, "1") } },
	{ "query is any of", "GET /?a=2", YES, { WHEN(QUERY, "a", IS, "1", "2") } },
	{ "query is not", "GET /?a=3", NO, { WHEN(QUERY, "a", IS, "1", "2") } },
	{ "query is not there", "GET /", NO, { WHEN(QUERY, "a", IS, "1") } },
	{ "query twice, the same", "GET /?a=1&a=1", YES, { WHEN(QUERY, "a", IS, "1") } },
	{ "query twice, another", "GET /?a=1&a=2", MAYBE, { WHEN(QUERY, "a", IS, "1") } },
	{ "query, name in another case", "GET /?A=1", MAYBE, { WHEN(QUERY, "a", IS, "1") } },
	{ "query, value in another case", "GET /?a=ADMIN", MAYBE, { WHEN(QUERY, "a", IS, "admin") } },
	{ "query, blanks around", "GET /?a=+1", MAYBE, { WHEN(QUERY, "a", IS, "1") } },
	{ "query, number otherwise", "GET /?a=1.0", MAYBE, { WHEN(QUERY, "a", IS, "1") } },
	{ "query in doubt", "GET /?a=1;b=2", MAYBE, { WHEN(QUERY, "b", IS, "2") } },
	{ "query in doubt, another there", "GET /?a=1&b=%ff", MAYBE, { WHEN(QUERY, "a", IS, "1") } },
	{ "empty value", "GET /?a=", YES, { WHEN(QUERY, "a", IS, "") } },
	{ "like", "GET /?a=report-7", YES, { WHEN(QUERY, "a", LIKE, "report-*") } },
	{ "like, not", "GET /?a=x", NO, { WHEN(QUERY, "a", LIKE, "report-*") } },
	{ "at most", "GET /?a=100", YES, { WHEN(QUERY, "a", AT_MOST, "100") } },
	{ "more", "GET /?a=101", NO, { WHEN(QUERY, "a", AT_MOST, "100") } },
	{ "a little more", "GET /?a=100.0000000001", NO, { WHEN(QUERY, "a", AT_MOST, "100") } },
	{ "no number", "GET /?a=0x10", MAYBE, { WHEN(QUERY, "a", AT_MOST, "100") } },
	{ "at least", "GET /?a=5", YES, { WHEN(QUERY, "a", AT_LEAST, "-1") } },
	{ "less", "GET /?a=-2", NO, { WHEN(QUERY, "a", AT_LEAST, "-1") } },
	{ "absent", "GET /?b=1", YES, { WHEN_ABSENT(QUERY, "a") } },
	{ "absent, but there", "GET /?a=1", NO, { WHEN_ABSENT(QUERY, "a") } },
	{ "absent, but in another case", "GET /?A=1", MAYBE, { WHEN_ABSENT(QUERY, "a") } },
	{ "absent, in doubt", "GET /?b=%ff", MAYBE, { WHEN_ABSENT(QUERY, "a") } },
	{ "there, others in doubt", "GET /?a=1&b=%ff", NO, { WHEN_ABSENT(QUERY, "a") } },
	{ "present", "GET /?a", YES, { WHEN_PRESENT(QUERY, "a") } },
	{ "present, not", "GET /?b", NO, { WHEN_PRESENT(QUERY, "a") } },
	{ "present, others in doubt", "GET /?a&b=%ff", YES, { WHEN_PRESENT(QUERY, "a") } },
	{ "header", "GET /\nX-Tenant: 7", YES, { WHEN(HEADER, "x-tenant", IS, "7") } },
	{ "header, another", "GET /\nX-Tenant: 8", NO, { WHEN(HEADER, "X-Tenant", IS, "7") } },
	{ "form", "POST /" FORM "a=1", YES, { WHEN(FORM, "a", IS, "1") } },
	{ "form, but JSON", "POST /" JSON "{\"b\":1}", MAYBE, { WHEN(FORM, "a", IS, "1") } },
	{ "form, no body", "POST /", NO, { WHEN(FORM, "a", IS, "1") } },
	{ "field", "POST /" JSON "{\"a\":{\"b\":1}}", YES, { WHEN(FIELD, "a.b", IS, "1") } },
	{ "field of a form", "POST /" FORM "a=1", YES, { WHEN(FIELD, "a", IS, "1") } },
	{ "field, number otherwise", "POST /" JSON "{\"a\":10e-1}", YES, { WHEN(FIELD, "a", IS, "1") } },
	{ "field, a text as a number", "POST /" JSON "{\"a\":\"1.0\"}", MAYBE, { WHEN(FIELD, "a", IS, "1") } },
	{ "field, true", "POST /" JSON "{\"a\":true}", YES, { WHEN(FIELD, "a", IS, "true") } },
	{ "field, an object", "POST /" JSON "{\"a\":{}}", MAYBE, { WHEN(FIELD, "a", IS, "1") } },
	{ "fields of a list", "POST /" JSON "{\"a\":[{\"n\":1},{\"n\":2}]}", YES, { WHEN(FIELD, "a[].n", AT_MOST, "2") } },
	{ "one of a list", "POST /" JSON "{\"a\":[{\"n\":1},{\"n\":3}]}", MAYBE, { WHEN(FIELD, "a[].n", AT_MOST, "2") } },
	{ "none of a list", "POST /" JSON "{\"a\":[{\"n\":3},{\"n\":4}]}", NO, { WHEN(FIELD, "a[].n", AT_MOST, "2") } },
	{ "a key twice", "POST /" JSON "{\"a\":1,\"a\":200}", MAYBE, { WHEN(FIELD, "a", AT_MOST, "100") } },
	{ "a key twice, in another case", "POST /" JSON "{\"a\":1,\"A\":200}", MAYBE, { WHEN(FIELD, "a", AT_MOST, "100") } },
	{ "JSON cut", "POST /" JSON "{\"a\":1", MAYBE, { WHEN(FIELD, "a", IS, "1") } },
	{ "no JSON", "POST /\nContent-Type: text/plain\n\n{\"a\":1}", MAYBE, { WHEN(FIELD, "a", IS, "1") } },
	{ "field absent", "POST /" JSON "{\"b\":1}", YES, { WHEN_ABSENT(FIELD, "a") } },
	{ "size", "POST /\n\n12345", YES, { WHEN(SIZE, "", AT_MOST, "5") } },
	{ "larger", "POST /\n\n123456", NO, { WHEN(SIZE, "", AT_MOST, "5") } },
	{ "type", "POST /\nContent-Type: Text/CSV; charset=x\n\na", YES, { WHEN(CONTENT_TYPE, "", IS, "text/csv") } },
	{ "type, another", "POST /\nContent-Type: text/html\n\na", NO, { WHEN(CONTENT_TYPE, "", LIKE, "image/*") } },
	{ "two types", "POST /\nContent-Type: text/csv\nContent-Type: text/html\n\na", MAYBE, { WHEN(CONTENT_TYPE, "", IS, "text/csv") } },
	{ "no type", "POST /\n\na", NO, { WHEN(CONTENT_TYPE, "", IS, "text/csv") } },

	{ "columns", "PATCH /" JSON "{\"name\":1,\"mail\":2}", YES, { LIST(column, "name", "mail") } },
	{ "columns, another too", "PATCH /" JSON "{\"name\":1,\"card\":2}", MAYBE, { LIST(column, "name", "mail") } },
	{ "columns, others", "PATCH /" JSON "{\"card\":2}", NO, { LIST(column, "name", "mail") } },
	{ "columns in depth", "PATCH /" JSON "{\"a\":{\"b\":[1]}}", YES, { LIST(column, "a.**") } },
	{ "columns of what cannot be read", "PATCH /" JSON "{", MAYBE, { LIST(column, "name") } },
	{ "all columns of what cannot be read", "PATCH /" JSON "{", YES, { LIST(column, "**") } },
	{ "path and condition", "GET /a?b=1", YES, { LIST(path, "/a"), WHEN(QUERY, "b", IS, "1") } },
	{ "path and another condition", "GET /a?b=2", NO, { LIST(path, "/a"), WHEN(QUERY, "b", IS, "1") } },
};

static struct verdict
judge(const struct action *action, struct view_rule *rules, size_t count, char *room)
{
	struct view_duty duty = { "d", 0, rules, count };
	uint32_t one[] = { 0 };
	struct view_skill_duties skill = { "s", one, 1, false };
	struct view_worker view = {
		.targets = &target, .target_count = 1, .duties = &duty, .duty_count = 1, .skills = &skill, .skill_count = 1,
	};
	struct verdict verdict;

	decide_judge(&view, SPAN("s"), 0, action, room, &verdict);
	return verdict;
}

/* Beside a rule that allows all. */
static enum verdict_kind
judge_against(const struct action *action, const struct view_rule *rule, enum verdict_kind kind)
{
	struct view_rule rules[2] = { *rule, { .effects = (1u << EFFECTS) - 1, .verdict = VERDICT_ALLOW, .where = "all" } };
	char room[DECIDE_WHY];

	rules[0].effects = (1u << EFFECTS) - 1;
	rules[0].verdict = kind;
	rules[0].need = 1;
	rules[0].where = "rule";
	return judge(action, rules, kind == VERDICT_ALLOW ? 1 : 2, room).kind;
}

static struct action
explain(struct span text, struct arena *arena)
{
	struct wire_request request = request_of(&target, text);
	struct action action;

	if (http_explain(&target, &request, arena, &action) < 0)
		abort();
	return action;
}

static void
check_rows(struct arena *arena)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct action action = explain(span_text(rows[i].request), arena);
		const struct view_rule *rule = &rows[i].rule;
		enum fits fits = rows[i].fits;

		CHECK_ROW(rows[i].name, judge_against(&action, rule, VERDICT_ALLOW) == (fits == YES ? VERDICT_ALLOW : VERDICT_DENY));
		CHECK_ROW(rows[i].name, judge_against(&action, rule, VERDICT_HOLD) == (fits == NO ? VERDICT_ALLOW : VERDICT_HOLD));
		CHECK_ROW(rows[i].name, judge_against(&action, rule, VERDICT_DENY) == (fits == NO ? VERDICT_ALLOW : VERDICT_DENY));
	}
}

/* Messages of gRPC: what is not there is as good as zero, but absent; each of a stream counts. */
static const struct {
	const char *name, *messages;
	enum fits fits;
	struct view_rule rule;
} calls[] = {
	{ "a field", "2:7", YES, { WHEN(FIELD, "n", AT_MOST, "7") } },
	{ "another value", "2:8", NO, { WHEN(FIELD, "n", AT_MOST, "7") } },
	{ "zero that is not there", "", YES, { WHEN(FIELD, "n", IS, "0") } },
	{ "which is absent", "", YES, { WHEN_ABSENT(FIELD, "n") } },
	{ "and not present", "", NO, { WHEN_PRESENT(FIELD, "n") } },
	{ "zero that is there", "2:0", NO, { WHEN_ABSENT(FIELD, "n") } },
	{ "columns without zeros", "1:'x'", YES, { LIST(column, "card") } },
	{ "columns, and one that the set does not have", "1:'x' 9:1", MAYBE, { LIST(column, "card") } },
	{ "operation", "", YES, { LIST(operation, "t.S/*") } },
};

static void
check_calls(struct arena *arena)
{
	static struct wire_pair type[] = { { SPAN("content-type"), SPAN("application/grpc") } };
	struct view_target rpc = target;

	rpc.api = API_GRPC;
	rpc.schema = proto_schema;
	for (size_t i = 0; i < COUNT(calls); i++) {
		struct out body = out_new(1 << 16);
		struct wire_request request = { .method = SPAN("POST"), .host = SPAN("shop"), .path = SPAN("/t.S/Inner"), .headers = type,
			.header_count = 1 };
		struct action action;

		grpc_put(&body, 0, proto_of(calls[i].messages));
		request.body = out_view(&body);
		CHECK_ROW(calls[i].name, http_explain(&rpc, &request, arena, &action) == 0);
		CHECK_ROW(calls[i].name, judge_against(&action, &calls[i].rule, VERDICT_ALLOW) ==
		    (calls[i].fits == YES ? VERDICT_ALLOW : VERDICT_DENY));
		CHECK_ROW(calls[i].name, judge_against(&action, &calls[i].rule, VERDICT_DENY) ==
		    (calls[i].fits == NO ? VERDICT_ALLOW : VERDICT_DENY));
		out_free(&body);
	}
}

/* A body without fields: an allow of some fields speaks for it, and nothing of them is denied. */
static void
check_no_fields(struct arena *arena)
{
	struct action action = explain(SPAN("DELETE /orders/7"), arena);
	struct view_rule rule = { LIST(column, "card") };

	CHECK(judge_against(&action, &rule, VERDICT_ALLOW) == VERDICT_ALLOW);
	CHECK(judge_against(&action, &rule, VERDICT_DENY) == VERDICT_ALLOW);
}

/* What a rule of HTTP says of SQL, and the other way round: nothing. */
static void
check_protocols(struct arena *arena)
{
	const struct act sql = { .effect = EFFECT_READ, .object = SPAN("public.orders"), .reach = REACH_ALL };
	struct action action = { .acts = &sql, .act_count = 1 };
	struct view_rule methods = { LIST(method, "*") }, paths = { LIST(path, "**") };
	struct view_rule where = { .reaches = 1u << REACH_ALL };

	CHECK(judge_against(&action, &methods, VERDICT_ALLOW) == VERDICT_DENY);
	CHECK(judge_against(&action, &methods, VERDICT_DENY) == VERDICT_ALLOW);
	CHECK(judge_against(&action, &paths, VERDICT_DENY) == VERDICT_ALLOW);
	CHECK(judge_against(&action, &where, VERDICT_DENY) == VERDICT_DENY);
	action = explain(SPAN("GET /"), arena);
	CHECK(judge_against(&action, &where, VERDICT_DENY) == VERDICT_ALLOW);
}

static const struct {
	const char *request, *why;
} sentences[] = {
	{ "DELETE /orders/7", "no rule of duty d names effect delete on DELETE /orders/7 (deleteOrder)" },
	{ "PUT /a%2fb", "no rule of duty d names effect unknown on PUT a path in doubt: its path has an encoded slash" },
	{ "GET /a?x=2", "p:1 allows read on GET /a, but not with what it says" },
	{ "PATCH /p" JSON "{\"card\":1}", "p:2 allows update on PATCH /p, but not all the fields it sends" },
	{ "GET /a?x=1", "p:1 allows read on GET /a" },
	{ "DELETE /a\\b", "p:3 allows unknown on DELETE a path in doubt, but not while it is in doubt what that is: its path has a backslash" },
	{ "GET /a?x=1\nHost: evil", "GET /a is refused: the host it is for is none of the target's names" },
};

static void
check_sentences(struct arena *arena)
{
	struct view_rule rules[] = {
		{ .effects = 1u << EFFECT_READ, LIST(path, "/a"), WHEN(QUERY, "x", IS, "1"), .verdict = VERDICT_ALLOW, .where = "p:1" },
		{ .effects = 1u << EFFECT_UPDATE, LIST(path, "/p"), LIST(column, "name"), .verdict = VERDICT_ALLOW, .where = "p:2" },
		{ .effects = 1u << EFFECT_UNKNOWN, LIST(path, "/a"), LIST(method, "DELETE"), .verdict = VERDICT_ALLOW, .where = "p:3" },
	};

	for (size_t i = 0; i < COUNT(sentences); i++) {
		struct action action = explain(span_text(sentences[i].request), arena);
		char room[DECIDE_WHY];
		struct verdict verdict = judge(&action, rules, COUNT(rules), room);

		if (!CHECK_ROW(sentences[i].request, span_is(verdict.why, sentences[i].why)))
			fprintf(stderr, "  why: %.*s\n", (int)verdict.why.n, verdict.why.p);
	}
}

/* Refused for what is not in the request: no rule can let it through. */
static void
check_refusal(struct arena *arena)
{
	struct view_rule all = { .where = "w" };
	struct action action = explain(SPAN("GET /"), arena);
	char room[DECIDE_WHY];

	CHECK(judge_against(&action, &all, VERDICT_ALLOW) == VERDICT_ALLOW);
	CHECK(http_refuse(&action, arena, "it came under another name") == 0 && action.act_count == 1);
	CHECK(judge_against(&action, &all, VERDICT_ALLOW) == VERDICT_DENY);
	all.effects = 1;
	CHECK(span_is(judge(&action, &all, 1, room).why, "GET / is refused: it came under another name"));
}

/* Nobody logs in: to have a duty there is enough to begin. */
static void
check_login(void)
{
	struct view_rule rule = { .effects = 1u << EFFECT_READ, .verdict = VERDICT_ALLOW, .where = "w" };
	struct view_duty duty = { "d", 0, &rule, 1 };
	uint32_t one[] = { 0 };
	struct view_skill_duties skills[] = { { "s", one, 1, false }, { "t", NULL, 0, false } };
	struct view_worker view = {
		.targets = &target, .target_count = 1, .duties = &duty, .duty_count = 1, .skills = skills, .skill_count = 2,
	};
	struct verdict verdict;
	char room[DECIDE_WHY];

	decide_login(&view, SPAN("s"), 0, SPAN(""), SPAN(""), NULL, 0, room, &verdict);
	CHECK(verdict.kind == VERDICT_ALLOW);
	decide_login(&view, SPAN("t"), 0, SPAN(""), SPAN(""), NULL, 0, room, &verdict);
	CHECK(verdict.kind == VERDICT_DENY);
}

/* A body that goes on: sizes and fields. */
static void
check_longer(struct arena *arena)
{
	struct wire_request request = request_of(&target, SPAN("PUT /x\n\n12345"));
	struct view_rule small = { WHEN(SIZE, "", AT_MOST, "100") }, large = { WHEN(SIZE, "", AT_LEAST, "3") };
	struct action action;

	request.is_open = true;
	request.body_length = UINT64_MAX;
	CHECK(http_explain(&target, &request, arena, &action) == 0);
	CHECK(judge_against(&action, &small, VERDICT_ALLOW) == VERDICT_DENY);
	CHECK(judge_against(&action, &small, VERDICT_DENY) == VERDICT_DENY);
	CHECK(judge_against(&action, &large, VERDICT_ALLOW) == VERDICT_ALLOW);
	request.body_length = 100;
	CHECK(http_explain(&target, &request, arena, &action) == 0);
	CHECK(judge_against(&action, &small, VERDICT_ALLOW) == VERDICT_ALLOW);
}

int
main(void)
{
	struct arena *arena = arena_new(64 << 20);

	check_rows(arena);
	check_calls(arena);
	check_no_fields(arena);
	check_protocols(arena);
	check_sentences(arena);
	check_refusal(arena);
	check_login();
	check_longer(arena);
	arena_free(&arena);
	return check_end();
}
