/*
 * Policies for HTTP: what is wrong with each, at which line and column; right ones, in
 * the view; OpenAPI documents, in both writings; and what the profiles make of requests.
 */
#include "rules/rules.h"

#include <errno.h>

#include "base/arena.h"
#include "check.h"
#include "decide/decide.h"
#include "facts/http/http.h"
#include "../facts/http/request.h"

static char directory[] = "/tmp/interlock-http-XXXXXX";
static struct faults faults;

static void
put(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
}

static struct rules *
load(const char *text, int *status)
{
	struct rules_options options = { .uid_base = 60800, .is_offline = true };
	struct rules *rules = NULL;

	put("policy.yaml", text);
	memset(&faults, 0, sizeof(faults));
	*status = rules_load(&rules, directory, &options, &faults);
	return rules;
}

static void
show_faults(void)
{
	for (size_t i = 0; i < faults.count; i++)
		fprintf(stderr, "  %s:%u:%u: %s\n", faults.v[i].file, faults.v[i].line, faults.v[i].column, faults.v[i].text);
}

#define HEAD "version: 1\ntargets:\n"
#define WEB "  web: {protocol: http, names: [a.example], addresses: [10.0.0.1]"
#define SHOP "  shop: {addresses: [10.0.0.2], tls: {backend: disable}}\n"
#define DUTY(targets) "duties:\n  d:\n    targets: " targets "\n    rules:\n"
#define LEADS "people: {bob: {uid: 2}}\napprovers: {leads: {people: [bob]}}\n"
#define HOLDS HEAD WEB "}\n" SHOP LEADS DUTY("[web]")
#define RULES HEAD WEB "}\n" SHOP DUTY("[web]")
static const struct {
	const char *name, *text;
	unsigned int line, column;
	const char *fault;	/* NULL: right */
} rows[] = {
	{ "least", HEAD WEB "}\n", 0, 0, NULL },
	{ "unseen", HEAD WEB ", inspect: none}\n", 0, 0, NULL },
	{ "no name to verify", HEAD "  web: {protocol: http, addresses: [10.0.0.1]}\n", 3, 3, "name is missing" },
	{ "login", HEAD WEB ", login: {role: x}}\n", 3, 68, "found login with http" },
	{ "api of a database", HEAD "  x: {addresses: [10.0.0.1], tls: {backend: disable}, api: rest}\n", 3, 55, "found api with postgresql" },
	{ "operations unseen", HEAD WEB ", inspect: none, operations: []}\n", 3, 83, "found operations with inspect none" },
	{ "unknown api", HEAD WEB ", api: soap}\n", 3, 73, "rest, json-rpc, graphql, mcp, s3 or grpc" },
	{ "operation", HEAD WEB ", operations: [{name: a, method: GET, path: '/a/{b}', effect: call}]}\n", 0, 0, NULL },
	{ "operation without a name", HEAD WEB ", operations: [{method: GET, path: /a}]}\n", 3, 81, "\"name\" is missing" },
	{ "operation without a path", HEAD WEB ", operations: [{name: a, method: GET}]}\n", 3, 81, "no method or no path" },
	{ "operation in small", HEAD WEB ", operations: [{name: a, method: get, path: /a}]}\n", 3, 99, "in capitals" },
	{ "operation of no template", HEAD WEB ", operations: [{name: a, method: GET, path: a}]}\n", 3, 110, "one like /orders/{id}" },
	{ "operation with a slash behind", HEAD WEB ", operations: [{name: a, method: GET, path: /a/}]}\n", 3, 110, "without a /" },
	{ "two of one shape", HEAD WEB ", operations: [{name: a, method: GET, path: '/a/{x}'}, {name: b, method: GET, path: '/a/{y}'}]}\n", 3, 80,
	  "two operations for GET /a/{}" },
	{ "operation of JSON-RPC", HEAD WEB ", api: json-rpc, operations: [{name: 'get*', effect: read}]}\n", 0, 0, NULL },
	{ "operation of JSON-RPC with a path", HEAD WEB ", api: json-rpc, operations: [{name: a, path: /a, effect: read}]}\n", 3, 96, "name and effect only" },
	{ "openapi of MCP", HEAD WEB ", api: mcp, openapi: x}\n", 3, 78, "found openapi with api mcp" },
	{ "openapi that is not there", HEAD WEB ", openapi: none.json}\n", 3, 77, "No such file" },
	{ "unparsable", HEAD WEB ", unparsable: redact}\n", 0, 0, NULL },

	{ "rule", RULES "      - {effects: [read], paths: ['/a/{b}', '**'], methods: [GET], hosts: ['*.example'], operations: ['get*'], columns: ['a.**'], verdict: allow}\n", 0, 0, NULL },
	{ "rule of no template", RULES "      - {effects: [read], paths: [a], verdict: allow}\n", 9, 35, "paths: found \"a\"" },
	{ "rule of a method in small", RULES "      - {effects: [read], methods: [get], verdict: allow}\n", 9, 37, "in capitals" },
	{ "rule of a host in capitals", RULES "      - {effects: [read], hosts: [A.example], verdict: allow}\n", 9, 35, "in lower case" },
	{ "rule with where", RULES "      - {effects: [delete], where: present, verdict: allow}\n", 9, 29, "found where for target web, which is http" },
	{ "rule with rows", RULES "      - {effects: [read], rows: 7, verdict: allow}\n", 9, 27, "found rows for target web" },
	{ "object that is a path", RULES "      - {effects: [read], objects: ['/a/*'], verdict: allow}\n", 0, 0, NULL },
	{ "object that is none", RULES "      - {effects: [read], objects: [public.a], verdict: allow}\n", 9, 37, "which no path matches" },
	{ "paths of a database", HEAD SHOP DUTY("[shop]") "      - {effects: [read], paths: [/a], verdict: allow}\n", 8, 27, "found paths for target shop, which is postgresql" },
	{ "answer", HOLDS "      - {effects: [read], verdict: hold, answer: retry}\n      - {effects: [call], verdict: hold, answer: retry-202, retry: 1s}\n      - {effects: [delete], verdict: hold, answer: wait}\n", 0, 0, NULL },
	{ "answer that is none", HOLDS "      - {effects: [read], verdict: hold, answer: 202}\n", 11, 50, "expected one of wait, events, retry or retry-202" },
	{ "answer without a hold", HOLDS "      - {effects: [read], verdict: allow, answer: retry}\n", 11, 43, "answer with verdict allow" },
	{ "answer without time", HOLDS "      - {effects: [read], verdict: hold, answer: retry, retry: 0s}\n", 11, 9, "answer retry with retry 0s" },
	{ "answer of a database", HEAD SHOP LEADS DUTY("[shop]") "      - {effects: [read], verdict: hold, answer: retry}\n", 10, 42, "found answer for target shop, which is postgresql" },
	{ "202 of mcp", HEAD WEB ", api: mcp}\n" LEADS DUTY("[web]") "      - {effects: [call], verdict: hold, answer: retry-202}\n", 10, 42, "where 202 says that no answer comes" },
	{ "events of another api", HOLDS "      - {effects: [read], verdict: hold, answer: events}\n", 11, 42, "found answer events for target web" },
	{ "events of mcp", HEAD WEB ", api: mcp}\n" LEADS DUTY("[web]") "      - {effects: [call], verdict: hold, answer: events}\n", 0, 0, NULL },
	{ "403 of mcp", HEAD WEB ", api: mcp}\n" LEADS DUTY("[web]") "      - {effects: [call], verdict: hold, answer: retry}\n", 0, 0, NULL },
	{ "paths of both", HEAD WEB "}\n" SHOP DUTY("[web, shop]") "      - {effects: [read], paths: [/a], verdict: allow}\n", 9, 27, "for target shop" },
	{ "where of both", HEAD WEB "}\n" SHOP DUTY("[web, shop]") "      - {effects: [read], where: any, verdict: allow}\n", 9, 27, "for target web" },
	{ "objects of both", HEAD WEB "}\n" SHOP DUTY("[web, shop]") "      - {effects: [read], objects: [public.*, '/a', '**'], verdict: allow}\n", 0, 0, NULL },

	{ "when", RULES "      - {effects: [read], verdict: allow, when: [{query: a, is: 1}, {query: a, like: ['x*', '']}, {methods: [GET]}, {field: a.b, at_most: 1.5}, {form: f, absent: true}, {size: body, at_most: 10}, {content-type: body, is: [a/b, c/d]}]}\n", 0, 0, NULL },
	{ "when of a database", HEAD SHOP DUTY("[shop]") "      - {effects: [read], verdict: allow, when: [{query: a, is: 1}]}\n", 8, 50, "a value of a request for target shop" },
	{ "when methods of a database", HEAD SHOP DUTY("[shop]") "      - {effects: [read], verdict: allow, when: [{methods: [GET]}]}\n", 8, 51, "found methods for target shop" },
	{ "when without a test", RULES "      - {effects: [read], verdict: allow, when: [{query: a}]}\n", 9, 50, "found 1 of query" },
	{ "when of two", RULES "      - {effects: [read], verdict: allow, when: [{query: a, header: b, is: 1}]}\n", 9, 50, "found 2 of query" },
	{ "when two tests", RULES "      - {effects: [read], verdict: allow, when: [{query: a, is: 1, absent: true}]}\n", 9, 50, "and 2 of is" },
	{ "when of nothing", RULES "      - {effects: [read], verdict: allow, when: [{is: 1}]}\n", 9, 50, "found 0 of query" },
	{ "when mixed", RULES "      - {effects: [read], verdict: allow, when: [{query: a, is: 1, methods: [GET]}]}\n", 9, 68, "unknown key \"methods\"" },
	{ "when no number", RULES "      - {effects: [read], verdict: allow, when: [{query: a, at_most: 1k}]}\n", 9, 70, "expected a number" },
	{ "when size of something", RULES "      - {effects: [read], verdict: allow, when: [{size: a, at_most: 1}]}\n", 9, 57, "expected body" },
	{ "when size is", RULES "      - {effects: [read], verdict: allow, when: [{size: body, is: 1}]}\n", 9, 57, "size without at_most" },
	{ "when is a mapping", RULES "      - {effects: [read], verdict: allow, when: [{query: a, is: {}}]}\n", 9, 65, "text or a list of texts" },
};

static void
check_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rules *rules;
		bool hit = false;
		int status;

		rules = load(rows[i].text, &status);
		CHECK_ROW(rows[i].name, status == (rows[i].fault ? -EINVAL : 0));
		for (size_t n = 0; rows[i].fault && n < faults.count; n++)
			hit |= faults.v[n].line == rows[i].line && faults.v[n].column == rows[i].column &&
			    !faults.v[n].is_warning && strstr(faults.v[n].text, rows[i].fault);
		if (!CHECK_ROW(rows[i].name, hit == !!rows[i].fault) || (!rows[i].fault && status))
			show_faults();
		rules_free(&rules);
	}
}

static void
check_view(void)
{
	int status;
	struct rules *rules = load(RULES
	    "      - effects: [read]\n"
	    "        paths: [/a]\n"
	    "        when: [{query: a, is: [1, '']}, {field: b, absent: false}, {size: body, at_least: 3}, {operations: [x]}]\n"
	    "        verdict: allow\n"
	    "skills: {s: {owner: ann, start: {by: [ann], as: '7'}, duties: [d]}}\npeople: {ann: {uid: 1}}\n", &status);
	const struct view_rule *rule;
	const struct view_target *web;
	struct view_worker *again = NULL;
	struct out packed = out_new(1 << 20);

	if (!CHECK(rules)) {
		show_faults();
		return;
	}
	web = &rules->worker.targets[0];
	CHECK(web->protocol == PROTOCOL_HTTP && web->port == 443 && web->tls == TLS_VERIFY_FULL);
	CHECK(strcmp(web->tls_name, "a.example") == 0 && !web->is_closed && web->api == API_REST);
	CHECK(faults.count == 0);	/* nobody logs in, so no rule must allow it */
	rule = &rules->worker.duties[0].rules[0];
	CHECK(rule->condition_count == 3 && rule->path_count == 1 && rule->operation_count == 1);
	CHECK(rule->conditions[0].test == TEST_IS && rule->conditions[0].value_count == 2);
	CHECK(strcmp(rule->conditions[0].values[1], "") == 0 && strcmp(rule->conditions[0].name, "a") == 0);
	CHECK(rule->conditions[1].test == TEST_PRESENT && rule->conditions[1].subject == SUBJECT_FIELD);
	CHECK(rule->conditions[2].test == TEST_AT_LEAST && strcmp(rule->conditions[2].name, "") == 0);
	view_worker_pack(&rules->worker, &packed);
	CHECK(view_worker_read(&again, out_view(&packed)) == 0);
	CHECK(again && again->duties[0].rules[0].condition_count == 3);
	view_free(again);
	out_free(&packed);
	rules_free(&rules);
	rules = load(HEAD "  web: {protocol: http, addresses: [10.0.0.1], tls: {backend: disable}}\n", &status);
	CHECK(rules && rules->worker.targets[0].port == 80 && rules->worker.targets[0].resumes);
	rules_free(&rules);
	rules = load(HEAD "  web: {protocol: http, addresses: [10.0.0.1], tls: {backend: disable, resume: false}}\n", &status);
	CHECK(rules && !rules->worker.targets[0].resumes);
	rules_free(&rules);
}

static const char json_document[] =
"{\"openapi\": \"3.1.0\", \"servers\": [{\"url\": \"https://a.example/v1/\"}, {\"url\": \"/{stage}\", \"variables\": {\"stage\": {\"default\": \"beta\"}}}],\n"
" \"paths\": {\"/orders/{id}\": {\"get\": {\"operationId\": \"getOrder\"}, \"delete\": {\"x-interlock-effect\": \"call\"}},\n"
"  \"/report\": {\"x-interlock-effect\": \"read\", \"servers\": [{\"url\": \"/\"}], \"post\": {\"operationId\": \"report\"}},\n"
"  \"/shared\": {\"$ref\": \"#/components/pathItems/a~1b\"}, \"/gone\": {\"$ref\": \"other.json\"}, \"x-note\": {}},\n"
" \"components\": {\"pathItems\": {\"a/b\": {\"put\": {\"operationId\": \"share\"}}}}}\n";
static const char yaml_document[] =
"openapi: 3.0.3\n"
"info: {title: x, version: &v '1'}\n"
"paths:\n"
"  /:\n"
"    get: {operationId: root, responses: {'200': {description: *v}}}\n"
"  /things/{id}/:\n"
"    patch: {summary: no name}\n"
"  /files/*:\n"
"    get: {operationId: star}\n";

static const struct view_operation *
find(const struct view_target *target, const char *name, const char *path)
{
	for (size_t i = 0; i < target->operation_count; i++) {
		if (strcmp(target->operations[i].name, name) == 0 && strcmp(target->operations[i].path, path) == 0)
			return &target->operations[i];
	}
	return NULL;
}

static void
check_openapi(void)
{
	static const char policy[] = HEAD WEB ", openapi: api.json}\n";
	const struct view_operation *found;
	const struct view_target *web;
	struct rules *rules, *other;
	int status;

	put("api.json", json_document);
	rules = load(policy, &status);
	if (!CHECK(rules)) {
		show_faults();
		return;
	}
	web = &rules->worker.targets[0];
	CHECK(web->is_closed && web->operation_count == 7);
	found = find(web, "getOrder", "/v1/orders/{id}");
	CHECK(found && found->effect == EFFECT_READ && strcmp(found->method, "GET") == 0);
	found = find(web, "DELETE /orders/{id}", "/beta/orders/{id}");
	CHECK(found && found->effect == EFFECT_CALL);
	found = find(web, "report", "/report");
	CHECK(found && found->effect == EFFECT_READ);
	CHECK(find(web, "share", "/v1/shared") && find(web, "share", "/beta/shared"));
	CHECK(faults.count == 1 && faults.v[0].is_warning && strstr(faults.v[0].text, "/gone is left out"));
	put("api.json", yaml_document);
	other = load(policy, &status);
	if (CHECK(other)) {
		web = &other->worker.targets[0];
		CHECK(web->operation_count == 2 && find(web, "root", "/") && find(web, "PATCH /things/{id}/", "/things/{id}"));
		CHECK(memcmp(rules->digest, other->digest, 32) != 0);
		CHECK(faults.count == 1 && strstr(faults.v[0].text, "/files/* is left out"));
	} else {
		show_faults();
	}
	rules_free(&rules);
	rules_free(&other);
}

static const struct {
	const char *name, *document, *fault;
} documents[] = {
	{ "version 2", "swagger: '2.0'\npaths: {}\n", "expected an OpenAPI document" },
	{ "no paths", "openapi: 3.0.0\n", "expected an OpenAPI document" },
	{ "a list", "- openapi\n", "expected an OpenAPI document" },
	{ "nothing", "", "not a document" },
	{ "bad JSON", "{\"openapi\": \"3.0.0\",\n", "line 2" },
	{ "a key twice in JSON", "{\"openapi\": \"3.0.0\", \"paths\": {}, \"paths\": {}}", "duplicate" },
	{ "a key twice in YAML", "openapi: 3.0.0\npaths: {}\npaths: {}\n", "twice" },
	{ "bad YAML", "openapi: [\n", "line" },
	{ "an unknown effect", "openapi: 3.0.0\npaths: {/a: {get: {x-interlock-effect: look}}}\n", "x-interlock-effect: found \"look\"" },
	{ "two of one shape", "openapi: 3.0.0\npaths: {'/a/{x}': {get: {}}, '/a/{y}': {get: {}}}\n", "two operations" },
};

static void
check_documents(void)
{
	for (size_t i = 0; i < COUNT(documents); i++) {
		struct rules *rules;
		int status;

		put("api.json", documents[i].document);
		rules = load(HEAD WEB ", openapi: api.json}\n", &status);
		CHECK_ROW(documents[i].name, !rules && status == -EINVAL);
		if (!CHECK_ROW(documents[i].name, faults.count && strstr(faults.v[0].text, documents[i].fault)))
			show_faults();
		rules_free(&rules);
	}
}

/* What profiles make of methods; D deny, H hold, A allow. */
static const struct {
	const char *profile, *request, *verdict;
} profiles[] = {
	{ "read-masked", "GET /a", "A" }, { "read-masked", "POST /a", "H" }, { "read-masked", "PUT /a", "H" },
	{ "read-masked", "DELETE /a", "H" }, { "read-masked", "PURGE /a", "D" }, { "read-masked", "GET /a%2f", "D" },
	{ "writer-held", "GET /a", "A" }, { "writer-held", "POST /a", "A" }, { "writer-held", "PATCH /a", "A" },
	{ "writer-held", "DELETE /a", "H" }, { "writer-held", "PURGE /a", "D" },
	{ "admin-held", "GET /a", "A" }, { "admin-held", "POST /a", "A" }, { "admin-held", "PATCH /a", "A" },
	{ "admin-held", "DELETE /a", "H" }, { "admin-held", "PURGE /a", "D" },
};

static void
check_profiles(void)
{
	struct arena *arena = arena_new(16 << 20);

	for (size_t i = 0; i < COUNT(profiles); i++) {
		const struct view_target *web;
		struct wire_request request;
		struct verdict verdict;
		struct action action;
		char text[512], room[DECIDE_WHY];
		struct rules *rules;
		int status;

		snprintf(text, sizeof(text), HEAD WEB "}\npeople: {ann: {uid: 1}, bob: {uid: 2}}\napprovers: {default: {people: [bob]}}\n"
		    "skills: {s: {owner: ann, start: {by: [ann], as: '7'}, targets: [web], profile: %s}}\n", profiles[i].profile);
		rules = load(text, &status);
		if (!CHECK_ROW(profiles[i].profile, rules))
			continue;
		web = &rules->worker.targets[0];
		request = request_of(web, span_text(profiles[i].request));
		CHECK(http_explain(web, &request, arena, &action) == 0);
		decide_judge(&rules->worker, SPAN("s"), 0, &action, room, &verdict);
		if (!CHECK_ROW(profiles[i].request, verdict.kind == (enum verdict_kind)(strchr("DHA", profiles[i].verdict[0]) - "DHA")))
			fprintf(stderr, "  %s\n", room);
		CHECK_ROW(profiles[i].request, verdict.kind == VERDICT_DENY || verdict.masks == 3);
		rules_free(&rules);
	}
	arena_free(&arena);
}

int
main(void)
{
	char command[64];

	if (!mkdtemp(directory))
		return 1;
	check_rows();
	check_view();
	check_openapi();
	check_documents();
	check_profiles();
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command) ? 1 : check_end();
}
