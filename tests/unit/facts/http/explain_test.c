/*
 * Requests as rows: effect, object, operation, note. Then what query and body say,
 * and that a doubt about either leaves its names open.
 */
#include "facts/http/http.h"

#include "action.h"
#include "base/arena.h"
#include "check.h"
#include "request.h"

static struct view_operation operations[] = {
	{ "listOrders", "GET", "/orders", EFFECT_READ },
	{ "getOrder", "GET", "/orders/{id}", EFFECT_READ },
	{ "searchOrders", "POST", "/orders/search", EFFECT_READ },
	{ "anyPost", "POST", "/orders/{id}", EFFECT_UPDATE },
	{ "cancel", "DELETE", "/orders/{id}", EFFECT_CALL },
	{ "left", "GET", "/tie/a*", EFFECT_READ },
	{ "right", "GET", "/tie/*a", EFFECT_READ },
};
static struct view_address address = { .ip = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 }, .port = 443 };
static struct view_target open_target = {
	.name = "shop", .protocol = PROTOCOL_HTTP, .port = 443, .hosts = (const char *[]){ "api.shop.example", "shop" },
	.host_count = 2, .addresses = &address, .address_count = 1, .operations = operations, .operation_count = COUNT(operations),
};
static struct view_target closed_target;

static const struct {
	const char *name, *request;
	enum effect effect;
	const char *object, *operation, *note;
} rows[] = {
	{ "get", "GET /orders/7", EFFECT_READ, "/orders/7", "getOrder", "" },
	{ "head is get", "HEAD /orders/7", EFFECT_READ, "/orders/7", "getOrder", "" },
	{ "plain text before a place", "POST /orders/search", EFFECT_READ, "/orders/search", "searchOrders", "" },
	{ "a place", "POST /orders/7", EFFECT_UPDATE, "/orders/7", "anyPost", "" },
	{ "an effect of its own", "DELETE /orders/7", EFFECT_CALL, "/orders/7", "cancel", "" },
	{ "none of the API's", "DELETE /customers/7", EFFECT_DELETE, "/customers/7", "", "" },
	{ "put", "PUT /x", EFFECT_UPDATE, "/x", "", "" },
	{ "patch", "PATCH /x", EFFECT_UPDATE, "/x", "", "" },
	{ "post", "POST /x", EFFECT_INSERT, "/x", "", "" },
	{ "options of all", "OPTIONS *", EFFECT_READ, "*", "", "" },
	{ "unknown method", "PROPFIND /x", EFFECT_UNKNOWN, "/x", "", "its method is not known" },
	{ "a method in small", "get /x", EFFECT_UNKNOWN, "/x", "", "its method is not known" },
	{ "two fit", "GET /tie/aa", EFFECT_UNKNOWN, "/tie/aa", "", "two operations" },
	{ "one of two fits", "GET /tie/ab", EFFECT_READ, "/tie/ab", "left", "" },

	{ "root", "GET /", EFFECT_READ, "/", "", "" },
	{ "a slash at the end", "GET /orders/7/", EFFECT_READ, "/orders/7", "getOrder", "" },
	{ "encoded letters", "GET /%6frders/%37", EFFECT_READ, "/orders/7", "getOrder", "" },
	{ "encoded others", "GET /a%20b%2Cc%C3%A9", EFFECT_READ, "/a b,c\xc3\xa9", "", "" },
	{ "an encoded percent sign", "GET /100%25", EFFECT_READ, "/100%25", "", "" },
	{ "dots", "GET /a/./b/../c", EFFECT_READ, "/a/c", "", "" },
	{ "encoded dots", "GET /a/%2e%2E/orders/7", EFFECT_READ, "/orders/7", "getOrder", "" },
	{ "dots at the end", "GET /a/b/..", EFFECT_READ, "/a", "", "" },
	{ "dots of a name", "GET /a/...", EFFECT_READ, "/a/...", "", "" },
	{ "above the root", "GET /../a", EFFECT_UNKNOWN, "", "", "above its root" },
	{ "an encoded slash", "GET /a%2fb", EFFECT_UNKNOWN, "", "", "encoded slash" },
	{ "an encoded backslash", "GET /a%5cb", EFFECT_UNKNOWN, "", "", "encoded slash" },
	{ "a backslash", "GET /a\\b", EFFECT_UNKNOWN, "", "", "backslash" },
	{ "an encoded NUL", "GET /a%00", EFFECT_UNKNOWN, "", "", "control" },
	{ "an encoded line's end", "GET /a%0d%0a", EFFECT_UNKNOWN, "", "", "control" },
	{ "encoded twice", "GET /%252e%252e/a", EFFECT_UNKNOWN, "", "", "encoded twice" },
	{ "a slash encoded twice", "GET /a%252fb", EFFECT_UNKNOWN, "", "", "encoded twice" },
	{ "encoded twice, the digits too", "GET /a%25%32%66b", EFFECT_UNKNOWN, "", "", "encoded twice" },
	{ "encoded twice, one digit too", "GET /a%25%325/b", EFFECT_UNKNOWN, "", "", "encoded twice" },
	{ "a parameter", "GET /a;b=c", EFFECT_UNKNOWN, "", "", "parameters" },
	{ "an encoded parameter", "GET /a%3bb", EFFECT_UNKNOWN, "", "", "parameters" },
	{ "dots with a parameter", "GET /a/..;/b", EFFECT_UNKNOWN, "", "", "parameters" },
	{ "a bad percent sign", "GET /a%zz", EFFECT_UNKNOWN, "", "", "encodes nothing" },
	{ "a percent sign cut", "GET /a%4", EFFECT_UNKNOWN, "", "", "encodes nothing" },
	{ "an empty segment", "GET /a//b", EFFECT_UNKNOWN, "", "", "empty segment" },
	{ "two slashes first", "GET //a", EFFECT_UNKNOWN, "", "", "empty segment" },
	{ "overlong UTF-8", "GET /a%c0%afb", EFFECT_UNKNOWN, "", "", "not UTF-8" },
	{ "bytes as they are", "GET /\xc3\xa9", EFFECT_UNKNOWN, "", "", "must be encoded" },
	{ "no path", "GET x", EFFECT_UNKNOWN, "", "", "no path" },

	{ "a field that overrides", "POST /orders/7\nX-HTTP-Method-Override: DELETE", EFFECT_UNKNOWN, "/orders/7", NULL, "another method" },
	{ "another path", "GET /a\nX-Original-URL: /admin", EFFECT_UNKNOWN, "/a", "", "another path" },
	{ "a query that overrides", "POST /orders/7?_method=DELETE", EFFECT_UNKNOWN, "/orders/7", NULL, "_method" },
	{ "as PHP reads it", "POST /orders/7?+.METHOD=DELETE", EFFECT_UNKNOWN, "/orders/7", NULL, "_method" },
	{ "a form that overrides", "POST /orders/7\nContent-Type: application/x-www-form-urlencoded\n\na=1&%5Fmethod=PUT",
	  EFFECT_UNKNOWN, "/orders/7", NULL, "_method" },
	{ "JSON that overrides", "POST /x\nContent-Type: application/json\n\n{\"_method\":\"DELETE\"}", EFFECT_UNKNOWN, "/x", "", "_method" },
	{ "another name", "POST /x?_methods=a", EFFECT_INSERT, "/x", "", "" },
	{ "a body of GET", "GET /x\n\nabc", EFFECT_READ, "/x", "", "no use for" },
	{ "JSON that is none", "POST /x\nContent-Type: application/json\n\n{", EFFECT_INSERT, "/x", "", "but it is not JSON" },
};

static bool
contains(struct span text, const char *part)
{
	return *part ? memmem(text.p, text.n, part, strlen(part)) != NULL : text.n == 0;
}

static const struct act *
explain(const struct view_target *target, struct span text, struct arena *arena)
{
	struct wire_request request = request_of(target, text);
	static struct action action;

	action = (struct action){ 0 };
	if (!CHECK(http_explain(target, &request, arena, &action) == 0) || !CHECK(action.act_count == 1))
		abort();
	CHECK(action.http == action.acts[0].http);
	return &action.acts[0];
}

static void
check_rows(struct arena *arena)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct act *act = explain(&open_target, on_cliff(span_text(rows[i].request)), arena);

		CHECK_ROW(rows[i].name, act->effect == rows[i].effect);
		CHECK_ROW(rows[i].name, span_is(act->object, rows[i].object));
		CHECK_ROW(rows[i].name, !rows[i].operation || span_is(act->http->operation, rows[i].operation));
		if (!CHECK_ROW(rows[i].name, contains(act->note, rows[i].note)))
			fprintf(stderr, "  note: %.*s\n", (int)act->note.n, act->note.p);
	}
}

/* With all operations known, another one is unknown. */
static void
check_closed(struct arena *arena)
{
	const struct act *act;

	closed_target = open_target;
	closed_target.is_closed = true;
	act = explain(&closed_target, SPAN("GET /orders/7"), arena);
	CHECK(act->effect == EFFECT_READ && span_is(act->http->operation, "getOrder"));
	act = explain(&closed_target, SPAN("GET /orders/7/items"), arena);
	CHECK(act->effect == EFFECT_UNKNOWN && contains(act->note, "none of the API's operations"));
}

static void
check_upstream(struct arena *arena)
{
	const struct act *act = explain(&open_target, SPAN("GET /a/./%62/../c/?x=/../"), arena);

	CHECK(span_is(act->http->upstream, "/a/c/?x=/../"));
	act = explain(&open_target, SPAN("GET /a/%62/.."), arena);
	CHECK(span_is(act->http->upstream, "/a/"));
	act = explain(&open_target, SPAN("GET /a/.."), arena);
	CHECK(span_is(act->http->upstream, "/"));
	act = explain(&open_target, SPAN("GET /%61"), arena);
	CHECK(act->http->upstream.n == 0);
}

static const struct {
	const char *name, *host, *server_name;
	bool fits;
} hosts[] = {
	{ "first", "api.shop.example", "", true }, { "second", "shop", "", true }, { "case", "API.Shop.Example", "", true },
	{ "port", "shop:443", "", true }, { "another port", "shop:8443", "", false }, { "no port", "shop:", "", false },
	{ "a long port", "shop:0000443", "", false }, { "another host", "evil.example", "", false },
	{ "beginning of one", "sho", "", false }, { "a dot behind", "shop.", "", false }, { "nothing", "", "", false },
	{ "the address", "10.0.0.1", "", true }, { "the address and port", "10.0.0.1:443", "", true },
	{ "another address", "10.0.0.2", "", false }, { "mapped", "[::ffff:10.0.0.1]:443", "", true },
	{ "a bracket", "[::1", "", false }, { "userinfo", "shop@evil", "", false }, { "TLS for it", "shop", "SHOP", true },
	{ "TLS for another", "shop", "api.shop.example", false },
};

static void
check_hosts(struct arena *arena)
{
	const struct act *act;

	for (size_t i = 0; i < COUNT(hosts); i++)
		CHECK_ROW(hosts[i].name, http_host_fits(&open_target, on_cliff(span_text(hosts[i].host)),
		    span_text(hosts[i].server_name)) == hosts[i].fits);
	act = explain(&open_target, SPAN("GET /\nHost: Shop:443"), arena);
	CHECK(span_is(act->http->host, "shop") && act->http->refusal.n == 0);
	act = explain(&open_target, SPAN("GET /\nHost: evil.example"), arena);
	CHECK(act->http->host.n == 0 && contains(act->http->refusal, "none of the target's names"));
}

/* "name=value name=value", with ! for what is open. */
static const char *
said(const struct http_list *list)
{
	static char text[1024];
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s=%.*s%s", i ? " " : "", (int)list->pairs[i].name.n,
		    list->pairs[i].name.p, (int)list->pairs[i].value.n, list->pairs[i].value.p,
		    list->pairs[i].form == HTTP_OPAQUE ? "#" : list->pairs[i].form == HTTP_OTHER ? "~" : "");
	snprintf(text + n, sizeof(text) - n, "%s", list->is_open ? "!" : "");
	return text;
}

#define FORM "\nContent-Type: application/x-www-form-urlencoded\n\n"
#define JSON "\nContent-Type: application/json; charset=UTF-8\n\n"
#define PARTS "\nContent-Type: multipart/form-data; boundary=\"b\"\n\n"
static const struct {
	const char *name, *request;
	enum http_place place;
	const char *said;
} lists[] = {
	{ "query", "GET /?a=1&b=x%20y+z&a=2&c", HTTP_QUERY, "a=1 b=x y z a=2 c=" },
	{ "no query", "GET /", HTTP_QUERY, "" },
	{ "an empty one", "GET /?", HTTP_QUERY, "" },
	{ "semicolons", "GET /?a=1;b=2", HTTP_QUERY, "a=1;b=2!" },
	{ "an encoded one", "GET /?a=1%3Bb=2", HTTP_QUERY, "a=1;b=2" },
	{ "bad percent signs", "GET /?a=%&b=2", HTTP_QUERY, "b=2!" },
	{ "a NUL", "GET /?a=%00&b=2", HTTP_QUERY, "b=2!" },
	{ "no UTF-8", "GET /?a=%ff&b=2", HTTP_QUERY, "b=2!" },
	{ "empty parts", "GET /?&&a=&=b", HTTP_QUERY, "a= =b" },
	{ "headers", "GET /\nX-A: b \nX-a: c", HTTP_HEADER, "X-A=b X-a=c" },
	{ "form", "POST /" FORM "a=1&b=%26", HTTP_FORM, "a=1 b=&" },
	{ "a form's fields", "POST /" FORM "a=1&b=%26", HTTP_FIELD, "a=1 b=&" },
	{ "JSON", "POST /" JSON "{\"a\":{\"b\":1.50},\"c\":[\"x\",{\"d\":null}],\"e\":\"\\u0041\"}", HTTP_FIELD,
	  "a=# a.b=1.50~ c=# c[]=x c[]=# c[].d=null~ e=A" },
	{ "JSON may be a form to some", "POST /" JSON "{}", HTTP_FORM, "!" },
	{ "a list", "POST /" JSON "[{\"a\":1},{\"a\":2}]", HTTP_FIELD, "[]=# [].a=1~ []=# [].a=2~" },
	{ "a key twice", "POST /" JSON "{\"a\":1,\"A\":2}", HTTP_FIELD, "!" },
	{ "another charset", "POST /\nContent-Type: application/json; charset=utf-16\n\n{}", HTTP_FIELD, "!" },
	{ "parameters nobody reads", "POST /\nContent-Type: application/json; x; charset=utf-7\n\n{}", HTTP_FIELD, "!" },
	{ "a type ending in JSON", "POST /\nContent-Type: application/vnd.x+json\n\n{\"a\":1}", HTTP_FIELD, "a=1~" },
	{ "two types", "POST /\nContent-Type: application/json\nContent-Type: text/plain\n\n{}", HTTP_FIELD, "!" },
	{ "no type", "POST /\n\n{}", HTTP_FIELD, "!" },
	{ "another type", "POST /\nContent-Type: text/plain\n\n{}", HTTP_FIELD, "!" },
	{ "compressed", "POST /\nContent-Type: application/json\nContent-Encoding: gzip\n\n{}", HTTP_FIELD, "!" },
	{ "no body", "POST /\nContent-Type: application/json", HTTP_FIELD, "" },
	{ "parts", "POST /" PARTS "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
	  "--b\r\ncontent-disposition: form-data; name=f; filename=\"x.png\"\r\nContent-Type: image/png\r\n\r\n\x89P\r\n--b--\r\n",
	  HTTP_FORM, "a=1 f=#" },
	{ "a part without an end", "POST /" PARTS "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b", HTTP_FIELD, "a=1!" },
	{ "a preamble", "POST /" PARTS "x\r\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--", HTTP_FIELD, "!" },
	{ "an epilogue", "POST /" PARTS "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\nx", HTTP_FIELD, "a=1!" },
	{ "a part with two names", "POST /" PARTS "--b\r\nContent-Disposition: form-data; name=\"a\"; name=b\r\n\r\n1\r\n--b--", HTTP_FIELD, "!" },
	{ "line ends of Unix", "POST /" PARTS "--b\nContent-Disposition: form-data; name=\"a\"\n\n1\n--b--", HTTP_FIELD, "!" },
	{ "a coded part", "POST /" PARTS "--b\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\nMQ==\r\n--b--", HTTP_FIELD, "!" },
};

static void
check_lists(struct arena *arena)
{
	for (size_t i = 0; i < COUNT(lists); i++) {
		const struct act *act = explain(&open_target, on_cliff(span_text(lists[i].request)), arena);
		const char *found = said(&act->http->places[lists[i].place]);

		if (!CHECK_ROW(lists[i].name, strcmp(found, lists[i].said) == 0))
			fprintf(stderr, "  found: %s\n", found);
	}
}

static void
check_columns(struct arena *arena)
{
	const struct act *act = explain(&open_target, SPAN("POST /" JSON
	    "{\"b\":{\"c\":1,\"d\":{}},\"a\":[{\"x\":1},{\"x\":2},{\"y\":[]}]}"), arena);

	CHECK(act->column_count == 4);
	CHECK(span_is(act->columns[0], "a[].x") && span_is(act->columns[1], "a[].y"));
	CHECK(span_is(act->columns[2], "b.c") && span_is(act->columns[3], "b.d"));
}

/* More names than an act can tell: those that are left out could be any. */
static void
check_many_columns(struct arena *arena)
{
	static char text[20000] = "POST /" FORM;
	size_t n = strlen(text);
	const struct act *act;

	for (int i = 0; i < HTTP_COLUMNS_MOST + 1; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "a%03d=1&", i);
	act = explain(&open_target, span_of(text, n), arena);
	CHECK(act->column_count == HTTP_COLUMNS_MOST && act->http->places[HTTP_FIELD].is_open);
	act = explain(&open_target, span_of(text, n - 7), arena);
	CHECK(act->column_count == HTTP_COLUMNS_MOST && !act->http->places[HTTP_FIELD].is_open);
	memset(text + n, 'b', sizeof(text) - n);
	act = explain(&open_target, span_of(text, sizeof(text)), arena);
	CHECK(act->column_count == HTTP_COLUMNS_MOST);
}

/* More of a body is to come than is held. */
static void
check_open(struct arena *arena)
{
	struct wire_request request = request_of(&open_target, SPAN("PUT /x" JSON "{\"a\":1"));
	struct action action;

	request.is_open = true;
	request.body_length = 9000000;
	CHECK(http_explain(&open_target, &request, arena, &action) == 0 && action.acts[0].effect == EFFECT_UPDATE);
	CHECK(action.http->places[HTTP_FIELD].is_open && !action.http->places[HTTP_HEADER].is_open);
	CHECK(action.http->length == 9000000 && !action.http->is_longer);
	request.body_length = UINT64_MAX;
	CHECK(http_explain(&open_target, &request, arena, &action) == 0 && action.http->places[HTTP_HEADER].is_open);
	CHECK(action.http->length == 6 && action.http->is_longer);
	request.method = SPAN("POST");
	CHECK(http_explain(&open_target, &request, arena, &action) == 0 && action.acts[0].effect == EFFECT_UNKNOWN);
	CHECK(contains(action.acts[0].note, "too long"));
}

static void
check_memory(void)
{
	static const char text[] = "POST /a/./b?c=%41&d=e" JSON "{\"a\":[{\"b\":\"\\u0041\"},{\"b\":2}]}";
	bool was_enough = false;

	for (size_t room = 0; room < 60000; room += 101) {
		struct wire_request request = request_of(&open_target, span_text(text));
		struct arena *arena = arena_new(room);
		struct action action;
		int status = http_explain(&open_target, &request, arena, &action);

		CHECK(status == 0 || (status < 0 && !was_enough));
		was_enough |= status == 0;
		arena_free(&arena);
	}
	CHECK(was_enough);
}

int
main(void)
{
	struct arena *arena = arena_new(256 << 20);

	check_rows(arena);
	check_closed(arena);
	check_upstream(arena);
	check_hosts(arena);
	check_lists(arena);
	check_columns(arena);
	check_many_columns(arena);
	check_open(arena);
	check_memory();
	arena_free(&arena);
	return check_end();
}
