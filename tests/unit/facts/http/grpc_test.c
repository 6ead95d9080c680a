/*
 * Calls of gRPC as rows: the acts that each is, as "effect operation on object", with the
 * fields of their messages; what is no such call, or no such message, is unknown.
 */
#include "../../proto.h"
#include "action.h"
#include "base/arena.h"
#include "base/grpc.h"
#include "check.h"
#include "facts/http/http.h"
#include "view/schema.h"
#include "wire.h"

static struct view_operation named[] = { { "t.S/Ma*", "", "", EFFECT_UPDATE } };
static struct view_target target = {
	.name = "t", .protocol = PROTOCOL_HTTP, .port = 443, .hosts = (const char *[]){ "a.example" }, .host_count = 1,
	.api = API_GRPC, .operations = named, .operation_count = COUNT(named), .is_closed = true,
};

#define GRPC "application/grpc+proto"
static const struct {
	const char *name, *method, *path;
	const char *type;	/* and behind a | its Content-Encoding */
	const char *messages;	/* with a | between */
	bool is_open;
	const char *acts;	/* '!' behind an act: there may be other fields; {name=value …} where it has some */
} rows[] = {
	{ "a call", "POST", "/t.S/Get", GRPC, "1:'Ann' 3:{1:'x'}", false, "read t.S/Get{name=Ann inner inner.card=x inner.n~0}" },
	{ "of an effect that nobody knows", "POST", "/t.S/Inner", GRPC, "2:7", false, "unknown t.S/Inner{n=7}" },
	{ "compressed as a whole", "POST", "/t.S/Get", GRPC "|deflate", "1:'Ann'", false, "unknown {}!" },
	{ "not compressed as a whole", "POST", "/t.S/Get", GRPC "|identity", "1:'Ann'", false, "read t.S/Get{name=Ann}" },
	{ "nothing in it", "POST", "/t.S/Inner", GRPC, "", false, "unknown t.S/Inner{n~0}" },
	{ "lists", "POST", "/t.S/Get", GRPC, "4:{1:'x' 2:1} 4:{2:2} 9:1 9:2 16:'t'", false, "read t.S/Get{items items[] items[].card=x items[].n=1 "
	  "items[] items[].n=2 numbers numbers[]=1 numbers[]=2 tags tags[]=t}" },
	{ "packed", "POST", "/t.S/Get", GRPC, "9:'\x01\x02'", false, "read t.S/Get{numbers numbers[]=1 numbers[]=2}" },
	{ "a map", "POST", "/t.S/Get", GRPC, "5:{1:'k' 2:'v'} 5:{2:'w'}", false, "read t.S/Get{notes notes.k=v notes.=w}" },
	{ "an enum, and others", "POST", "/t.S/Get", GRPC, "8:1 15:1 14:%2.5 7:18446744073709551615 6:'b'", false, "read t.S/Get{kind=ADMIN flag=true amount=2.5 account=-1 raw=b}" },
	{ "a truth that is neither", "POST", "/t.S/Get", GRPC, "15:4294967296", false, "unknown t.S/Get{flag=4294967296}!" },
	{ "an enum without a name", "POST", "/t.S/Get", GRPC, "8:7", false, "read t.S/Get{kind=7}" },
	{ "a group", "POST", "/t.S/Get", GRPC, "13:(1:'x')", false, "read t.S/Get{group group.card=x group.n~0}" },
	{ "an Any", "POST", "/t.S/Get", GRPC, "10:{1:'x/t.Inner' 2:{1:'c'}}", false, "read t.S/Get{any any.@type=t.Inner any.card=c any.n~0}" },
	{ "an Any in an Any", "POST", "/t.S/Get", GRPC, "10:{1:'x/google.protobuf.Any' 2:{1:'x/t.Inner' 2:{1:'c'}}}", false,
	  "read t.S/Get{any any.@type=google.protobuf.Any any.@type=t.Inner any.card=c any.n~0}" },
	{ "an Any is all of it", "POST", "/t.S/Any", GRPC, "1:'x/t.Inner' 2:{1:'c'}", false, "unknown t.S/Any{@type=t.Inner card=c n~0}" },
	{ "an Any of another type is all of it", "POST", "/t.S/Any", GRPC, "1:'x/t.No' 2:{1:'c'}", false, "unknown t.S/Any{}!" },
	{ "an Any of another type", "POST", "/t.S/Get", GRPC, "10:{1:'x/t.No' 2:{1:'c'}} 1:'Ann'", false, "read t.S/Get{any name=Ann}!" },
	{ "what the set does not have", "POST", "/t.S/Get", GRPC, "99:'x' 98:1", false, "read t.S/Get{#99 #98}" },
	{ "one of two", "POST", "/t.S/Get", GRPC, "12:'x'", false, "read t.S/Get{b=x}" },
	{ "two of two", "POST", "/t.S/Get", GRPC, "11:'x' 12:'y'", false, "unknown t.S/Get{a=x}!" },
	{ "a field twice", "POST", "/t.S/Get", GRPC, "1:'x' 1:'y'", false, "unknown t.S/Get{name=x}!" },
	{ "a message twice", "POST", "/t.S/Get", GRPC, "3:{} 3:{}", false, "unknown t.S/Get{inner inner.n~0}!" },
	{ "of another type", "POST", "/t.S/Get", GRPC, "1:7", false, "unknown t.S/Get{}!" },
	{ "no UTF-8", "POST", "/t.S/Get", GRPC, "1:'\xff'", false, "unknown t.S/Get{}!" },
	{ "an entry that is none", "POST", "/t.S/Get", GRPC, "5:{3:'x'}", false, "unknown t.S/Get{notes}!" },
	{ "two messages", "POST", "/t.S/Get", GRPC, "1:'x'|1:'y'", false, "unknown t.S/Get{}!" },
	{ "no message", "POST", "/t.S/Get", GRPC, NULL, false, "unknown t.S/Get{}!" },
	{ "a stream", "POST", "/t.S/Many", GRPC, "1:'x'|1:'y'", false, "update t.S/Many{name=x}; update t.S/Many{name=y}" },
	{ "a stream of none", "POST", "/t.S/Many", GRPC, NULL, false, "update t.S/Many{}" },
	{ "one bad of a stream", "POST", "/t.S/Many", GRPC, "1:'x'|1:7", false, "unknown t.S/Many{name=x}; unknown t.S/Many{}!" },
	{ "a stream that goes on", "POST", "/t.S/Many", GRPC, "1:'x'", true, "update t.S/Many{}!" },
	{ "a call that goes on", "POST", "/t.S/Get", GRPC, "1:'x'", true, "read t.S/Get{}!" },
	{ "gRPC-Web", "POST", "/t.S/Get", "application/grpc-web", "1:'x'", false, "read t.S/Get{name=x}" },
	{ "JSON", "POST", "/t.S/Get", "application/grpc+json", "1:'x'", false, "unknown {}!" },
	{ "another type", "POST", "/t.S/Get", "application/json", "1:'x'", false, "unknown {}!" },
	{ "by PUT", "PUT", "/t.S/Get", GRPC, "1:'x'", false, "unknown {}!" },
	{ "another method", "POST", "/t.S/Other", GRPC, "1:'x'", false, "unknown {}!" },
	{ "in small", "POST", "/t.s/Get", GRPC, "1:'x'", false, "unknown {}!" },
	{ "no method", "POST", "/", GRPC, "1:'x'", false, "unknown {}!" },
	{ "another path that servers could take for it", "POST", "/x/%2e%2e/t.S/Get", GRPC, "1:'x'", false, "read t.S/Get{name=x}" },
};

static void
put_messages(const char *messages, struct out *out)
{
	char text[512];

	for (const char *p = messages; p; p = *p ? p + 1 : NULL) {
		size_t n = strcspn(p, "|");

		snprintf(text, sizeof(text), "%.*s", (int)n, p);
		grpc_put(out, 0, proto_of(text));
		p += n;
		if (!*p)
			break;
	}
}

static struct wire_request
request_of(const char *method, const char *path, const char *type, struct span body, bool is_open)
{
	static struct wire_pair headers[2] = { { { 0 }, { 0 } }, { SPAN("Content-Encoding"), { 0 } } };
	const char *coding = strchr(type, '|');

	headers[0] = (struct wire_pair){ SPAN("Content-Type"), span_head(span_text(type), strcspn(type, "|")) };
	headers[1].value = span_text(coding ? coding + 1 : "");
	return (struct wire_request){ .method = span_text(method), .host = SPAN("a.example"), .path = span_text(path),
		.headers = headers, .header_count = coding ? 2 : 1, .body = body, .is_open = is_open, .body_length = UINT64_MAX };
}

static const char *
told(const struct action *action)
{
	static char text[8192];
	size_t n = 0, size = sizeof(text);

	for (size_t i = 0; i < action->act_count; i++) {
		const struct act *act = &action->acts[i];
		const struct http_list *fields = &act->http->places[HTTP_FIELD];

		n += (size_t)snprintf(text + n, size - n, "%s%s %.*s{", i ? "; " : "", effect_name(act->effect),
		    (int)act->http->operation.n, act->http->operation.p);
		for (size_t f = 0; f < fields->count; f++) {
			const struct http_pair *pair = &fields->pairs[f];

			n += (size_t)snprintf(text + n, size - n, "%s%.*s%s%.*s", f ? " " : "", (int)pair->name.n, pair->name.p,
			    pair->form == HTTP_OPAQUE ? "" : pair->is_default ? "~" : "=", (int)pair->value.n, pair->value.p);
		}
		n += (size_t)snprintf(text + n, size - n, "}%s", fields->is_open ? "!" : "");
	}
	return text;
}

static void
each(struct arena *arena)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct out body = out_new(1 << 16);
		struct wire_request request;
		struct action action;
		const char *found;

		put_messages(rows[i].messages, &body);
		request = request_of(rows[i].method, rows[i].path, rows[i].type, on_cliff(out_view(&body)), rows[i].is_open);
		out_free(&body);
		if (!CHECK_ROW(rows[i].name, http_explain(&target, &request, arena, &action) == 0))
			continue;
		found = told(&action);
		if (!CHECK_ROW(rows[i].name, strcmp(found, rows[i].acts) == 0))
			fprintf(stderr, "  found: %s\n", found);
		arena_clear(arena);
	}
}

/* A beginning of a call is not that call. */
static void
prefixes(struct arena *arena)
{
	struct out body = out_new(1 << 16);

	grpc_put(&body, 0, proto_of("1:'Ann' 3:{1:'x' 3:{2:7}} 5:{1:'k' 2:'v'} 13:(1:'x') 9:'\x01\x02'"));
	for (size_t n = 0; n <= body.n; n++) {
		struct wire_request request = request_of("POST", "/t.S/Get", GRPC, on_cliff(span_of(body.p, n)), false);
		struct action action;

		CHECK(http_explain(&target, &request, arena, &action) == 0);
		CHECK((action.acts[0].effect == EFFECT_READ) == (n == body.n));
		arena_clear(arena);
	}
	/* with a length that is right, each prefix is either a message of its own or none */
	for (size_t n = 0; n + GRPC_PREFIX < body.n; n++) {
		struct out cut = out_new(1 << 16);
		struct wire_request request;
		struct action action;

		grpc_put(&cut, 0, span_of(body.p + GRPC_PREFIX, n));
		request = request_of("POST", "/t.S/Get", GRPC, on_cliff(out_view(&cut)), false);
		CHECK(http_explain(&target, &request, arena, &action) == 0 && action.act_count == 1);
		arena_clear(arena);
		out_free(&cut);
	}
	out_free(&body);
}

/* More messages than there are acts, more fields than are looked at, deeper than is read, and folded. */
static void
limits(struct arena *arena)
{
	struct out many = out_new(1 << 20), wide = out_new(1 << 20), body = out_new(1 << 20), deep = out_new(1 << 20);
	struct wire_request request;
	struct action action;

	for (int i = 0; i <= HTTP_ACTS_MOST; i++)
		grpc_put(&many, 0, SPAN(""));
	request = request_of("POST", "/t.S/Many", GRPC, out_view(&many), false);
	CHECK(http_explain(&target, &request, arena, &action) == 0 && strcmp(told(&action), "update t.S/Many{}!") == 0);
	for (int i = 0; i < 200000; i++)
		protobuf_put_bytes(&wide, 16, SPAN(""));
	grpc_put(&body, 0, out_view(&wide));
	request = request_of("POST", "/t.S/Get", GRPC, out_view(&body), false);
	CHECK(http_explain(&target, &request, arena, &action) == 0 && action.acts[0].http->places[HTTP_FIELD].is_open);
	CHECK(action.acts[0].http->places[HTTP_FIELD].count == HTTP_PAIRS_MOST && action.acts[0].effect == EFFECT_READ);
	for (int i = 0; i < 1000; i++) {
		out_clear(&wide);
		protobuf_put_bytes(&wide, 3, out_view(&deep));
		out_clear(&deep);
		out_span(&deep, out_view(&wide));
	}
	out_clear(&body);
	grpc_put(&body, 0, out_view(&deep));
	request = request_of("POST", "/t.S/Get", GRPC, out_view(&body), false);
	CHECK(http_explain(&target, &request, arena, &action) == 0 && action.acts[0].effect == EFFECT_UNKNOWN);
	request = request_of("POST", "/t.S/Get", GRPC, SPAN("\1\0\0\0\0"), false);
	CHECK(http_explain(&target, &request, arena, &action) == 0 && action.acts[0].effect == EFFECT_UNKNOWN);
	out_free(&many);
	out_free(&wide);
	out_free(&body);
	out_free(&deep);
}

static const struct {
	const char *message, *text;
	bool is_record;
} texts[] = {
	{ "", "{}\n", false },
	{ "1:'A\"n' 7:42 8:1 8:7 15:0 14:%0.1", "{\"name\":\"A\\\"n\",\"account\":42,\"kind\":\"ADMIN\",\"kind\":\"7\",\"flag\":false,\"amount\":0.1}\n", false },
	{ "4:{2:1} 4:{1:'x'} 16:'t' 9:'\x01\x02' 9:3", "{\"items\":[{\"n\":1},{\"card\":\"x\"}],\"tags\":[\"t\"],\"numbers\":[1,2,3]}\n", false },
	{ "5:{1:'k' 2:'v'} 5:{1:'l'} 1:'x'", "{\"notes\":{\"k\":\"v\",\"l\":null},\"name\":\"x\"}\n", false },
	{ "6:'\xff' 13:(2:1) 99:'x' 98:5", "{\"raw\":\"base64:/w==\",\"group\":{\"n\":1},\"#99\":\"x\",\"#98\":5}\n", false },
	{ "10:{1:'x/t.Inner' 2:{1:'c'}} 10:{} 10:{1:'x/y' 2:'z'}", "{\"any\":{\"@type\":\"t.Inner\",\"card\":\"c\"},\"any\":{},"
	  "\"any\":{\"type_url\":\"x/y\",\"value\":\"z\"}}\n", false },
	{ "15:1 15:4294967296", "{\"flag\":true,\"flag\":4294967296}\n", false },
	{ "10:{1:'x/google.protobuf.Any' 2:{1:'x/t.Inner' 2:{1:'c'}}}",
	  "{\"any\":{\"@type\":\"google.protobuf.Any\",\"@type\":\"t.Inner\",\"card\":\"c\"}}\n", false },
	{ "6:'\xff' 6:'x' 13:(2:1) 99:'x' 97:(1:'x') 98:5", "{\"raw\":\"[1 bytes]\",\"raw\":\"x\",\"group\":{\"n\":1},\"#99\":\"[1 bytes]\","
	  "\"#97\":\"[3 bytes]\",\"#98\":5}\n", true },
	{ "10:{1:'x/t.Inner' 2:{1:'c'}}", "{\"any\":{\"@type\":\"t.Inner\",\"card\":\"c\"}}\n", true },
	{ "10:{1:'x/y' 2:'z'}", NULL, true },
	{ "1:7", NULL, false },
	{ "5:{1:'k' 2:'v' 3:'w'}", NULL, false },
	{ "5:{1:'k' 2:'v' 2:'w'}", NULL, false },
	{ "5:{1:'k' 1:'l' 2:'v'}", NULL, false },
	{ "5:{1:7 2:'v'}", NULL, false },
};

static void
written(void)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct out body = out_new(1 << 16), text = out_new(1 << 16);

		grpc_put(&body, 0, proto_of(texts[i].message));
		CHECK_ROW(texts[i].message, http_write_messages(&target, SPAN("/t.S/Get"), on_cliff(out_view(&body)), texts[i].is_record,
		    &text) == !!texts[i].text);
		if (texts[i].text && !CHECK_ROW(texts[i].message, span_is(out_view(&text), texts[i].text)))
			fprintf(stderr, "  found: %.*s\n", (int)text.n, text.p);
		CHECK(!http_write_messages(&target, SPAN("/t.S/None"), out_view(&body), false, &text));
		out_free(&body);
		out_free(&text);
	}
}

int
main(void)
{
	struct arena *arena = arena_new(16 << 20);

	target.schema = proto_schema;
	CHECK(schema_is_right(&proto_schema));
	each(arena);
	prefixes(arena);
	limits(arena);
	written();
	arena_free(&arena);
	return check_end();
}
