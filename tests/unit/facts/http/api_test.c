/*
 * Requests of the APIs on top of HTTP as rows: the acts that each is, as "effect
 * operation on object", with what is known of their fields.
 */
#include "action.h"
#include "base/arena.h"
#include "check.h"
#include "facts/http/graphql.h"
#include "facts/http/http.h"
#include "request.h"

static struct view_operation named[] = {
	{ "eth_get*", "", "", EFFECT_READ }, { "tools/call search", "", "", EFFECT_READ },
	{ "mutation delete*", "", "", EFFECT_DELETE }, { "DeleteBucket", "", "", EFFECT_UNKNOWN },
};
static struct view_target target = {
	.name = "t", .protocol = PROTOCOL_HTTP, .port = 443, .hosts = (const char *[]){ "s3.example", "box.s3.example",
	    "box.s3.eu-west-1.amazonaws.com" }, .host_count = 3, .operations = named, .operation_count = COUNT(named),
};

#define JSON "\nContent-Type: application/json\n\n"
static const struct {
	const char *name;
	enum view_api api;
	const char *request, *acts;
} rows[] = {
	{ "a call", API_JSON_RPC, "POST /rpc" JSON "{\"jsonrpc\":\"2.0\",\"method\":\"eth_getBalance\",\"params\":{\"a\":{\"b\":1}},\"id\":1}",
	  "read eth_getBalance on /rpc (a.b)" },
	{ "by place", API_JSON_RPC, "POST /" JSON "{\"method\":\"eth_getX\",\"params\":[\"x\"],\"id\":1}", "read eth_getX on / ([])" },
	{ "not said", API_JSON_RPC, "POST /" JSON "{\"method\":\"eth_send\",\"id\":1}", "unknown eth_send on /" },
	{ "a batch", API_JSON_RPC, "POST /" JSON "[{\"method\":\"eth_getX\"},{\"method\":\"send\",\"params\":{\"to\":1}}]",
	  "read eth_getX on /; unknown send on / (to)" },
	{ "an empty batch", API_JSON_RPC, "POST /" JSON "[]", "unknown  on /" },
	{ "one bad of a batch", API_JSON_RPC, "POST /" JSON "[{\"method\":\"eth_getX\"},7]", "unknown eth_getX on /" },
	{ "two methods", API_JSON_RPC, "POST /" JSON "{\"method\":\"eth_getX\",\"Method\":\"send\"}", "unknown  on /!" },
	{ "a method in capitals", API_JSON_RPC, "POST /" JSON "{\"METHOD\":\"send\"}", "unknown  on / (METHOD)" },
	{ "no text", API_JSON_RPC, "POST /" JSON "{\"method\":7}", "unknown  on / (method)" },
	{ "an answer", API_JSON_RPC, "POST /" JSON "{\"id\":1,\"result\":2}", "unknown  on /" },
	{ "by GET", API_JSON_RPC, "GET /?method=send", "unknown  on /" },
	{ "no JSON", API_JSON_RPC, "POST /\n\nmethod=a", "unknown  on /!" },

	{ "a tool", API_MCP, "POST /mcp" JSON "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"search\","
	  "\"arguments\":{\"q\":\"x\",\"n\":[1]}}}", "read tools/call search on /mcp (n[],q)" },
	{ "another tool", API_MCP, "POST /" JSON "{\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"drop\"}}", "unknown tools/call drop on /" },
	{ "a tool without a name", API_MCP, "POST /" JSON "{\"id\":1,\"method\":\"tools/call\",\"params\":{}}", "unknown tools/call on /" },
	{ "initialize", API_MCP, "POST /" JSON "{\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-06-18\"}}",
	  "session initialize on / (protocolVersion)" },
	{ "a notification", API_MCP, "POST /" JSON "{\"method\":\"notifications/initialized\"}", "session notifications/initialized on /" },
	{ "a list", API_MCP, "POST /" JSON "{\"id\":2,\"method\":\"tools/list\"}", "read tools/list on /" },
	{ "a resource", API_MCP, "POST /" JSON "{\"id\":2,\"method\":\"resources/read\",\"params\":{\"uri\":\"a\"}}", "read resources/read on / (uri)" },
	{ "an answer to the server", API_MCP, "POST /" JSON "{\"id\":2,\"result\":{}}", "session answer on /" },
	{ "listening", API_MCP, "GET /mcp", "session  on /mcp" },
	{ "the end", API_MCP, "DELETE /mcp", "session  on /mcp" },
	{ "another method", API_MCP, "PUT /mcp", "unknown  on /mcp" },
	{ "a new method", API_MCP, "POST /" JSON "{\"id\":2,\"method\":\"tasks/run\"}", "unknown tasks/run on /" },

	{ "a query", API_GRAPHQL, "POST /graphql" JSON "{\"query\":\"query Q($id: ID!) { order(id: $id) { id lines(first: 3) { n } } me: customer { name } }\","
	  "\"variables\":{\"id\":7}}", "read query order on /graphql (id); read query customer on /graphql (id)" },
	{ "a short query", API_GRAPHQL, "POST /" JSON "{\"query\":\"{ a, b # c\\n }\"}", "read query a on /; read query b on /" },
	{ "a mutation", API_GRAPHQL, "POST /" JSON "{\"query\":\"mutation { deleteOrder(id: 7) { ok } addOrder(o: {x: [1, \\\"}\\\"]}) }\"}",
	  "delete mutation deleteOrder on /!; update mutation addOrder on /!" },
	{ "a default", API_GRAPHQL, "POST /" JSON "{\"query\":\"query($n: Int = 5) { a(n: $n) }\"}", "read query a on /!" },
	{ "a subscription", API_GRAPHQL, "POST /" JSON "{\"query\":\"subscription { orders { id } }\"}", "read subscription orders on /" },
	{ "two operations", API_GRAPHQL, "POST /" JSON "{\"query\":\"query A { a } mutation B { b }\",\"operationName\":\"A\"}", "unknown  on / (operationName,query)" },
	{ "fragments", API_GRAPHQL, "POST /" JSON "{\"query\":\"mutation { ...F ... on M @x(y: 1) { b } } fragment F on M { z: deleteAll ...G } fragment G on M { c }\"}",
	  "delete mutation deleteAll on /; update mutation c on /; update mutation b on /" },
	{ "a fragment of itself", API_GRAPHQL, "POST /" JSON "{\"query\":\"{ ...F } fragment F on Q { ...F }\"}", "unknown  on / (query)" },
	{ "no such fragment", API_GRAPHQL, "POST /" JSON "{\"query\":\"{ ...F }\"}", "unknown  on / (query)" },
	{ "a document cut", API_GRAPHQL, "POST /" JSON "{\"query\":\"{ a \"}", "unknown  on / (query)" },
	{ "by its digest", API_GRAPHQL, "POST /" JSON "{\"extensions\":{\"persistedQuery\":{}}}", "unknown  on / (extensions.persistedQuery)" },
	{ "a list of them", API_GRAPHQL, "POST /" JSON "[{\"query\":\"{ a }\"},{\"query\":\"mutation { b }\"}]", "read query a on /; update mutation b on /" },
	{ "block text", API_GRAPHQL, "POST /\nContent-Type: application/graphql\n\n{ a(t: \"\"\"} \\\"\"\" { \"\"\") }", "read query a on /!" },
	{ "by GET", API_GRAPHQL, "GET /?query=%7Ba%7D", "read query a on /!" },
	{ "a mutation by GET", API_GRAPHQL, "GET /?query=mutation%7Bb%7D", "unknown mutation b on /!" },
	{ "twice by GET", API_GRAPHQL, "GET /?query=%7Ba%7D&query=%7Bb%7D", "unknown  on /" },
	{ "in query and body", API_GRAPHQL, "POST /?query=%7Ba%7D" JSON "{\"query\":\"mutation { b }\"}", "unknown  on / (query)" },

	{ "buckets", API_S3, "GET /", "read ListBuckets on /" },
	{ "a list of keys", API_S3, "GET /b?list-type=2&prefix=x%2Fy", "read ListObjectsV2 on /b" },
	{ "a list, with a slash", API_S3, "GET /b/?prefix=x", "read ListObjects on /b" },
	{ "get", API_S3, "GET /b/k/e/y?versionId=1&response-content-type=a", "read GetObject on /b/k/e/y" },
	{ "presigned", API_S3, "GET /b/k?X-Amz-Signature=1&X-Amz-Expires=60", "read GetObject on /b/k" },
	{ "head", API_S3, "HEAD /b/k", "read HeadObject on /b/k" },
	{ "put", API_S3, "PUT /b/k", "update PutObject on /b/k" },
	{ "put for all", API_S3, "PUT /b/k\nx-amz-acl: public-read", "update PutObject on /b/k; grant acl on /b/k" },
	{ "put for nobody", API_S3, "PUT /b/k\nx-amz-acl: private", "update PutObject on /b/k" },
	{ "put for one", API_S3, "PUT /b/k\nX-Amz-Grant-Read: id=1", "update PutObject on /b/k; grant acl on /b/k" },
	{ "delete in spite of a lock", API_S3, "DELETE /b/k\nx-amz-bypass-governance-retention: true", "delete DeleteObject on /b/k; grant acl on /b/k" },
	{ "delete", API_S3, "DELETE /b/k", "delete DeleteObject on /b/k" },
	{ "delete many", API_S3, "POST /b?delete\n\n<Delete/>", "delete DeleteObjects on !" },
	{ "copy", API_S3, "PUT /b/k\nx-amz-copy-source: /other/a%20b?versionId=1", "update PutObject on /b/k; read CopySource on /other/a b" },
	{ "copy without a slash", API_S3, "PUT /b/k\nx-amz-copy-source: other/a", "update PutObject on /b/k; read CopySource on /other/a" },
	{ "copy in doubt", API_S3, "PUT /b/k\nx-amz-copy-source: other/..%2fa", "unknown PutObject on /b/k" },
	{ "copy by GET", API_S3, "GET /b/k\nx-amz-copy-source: other/a", "unknown GetObject on /b/k" },
	{ "parts begin", API_S3, "POST /b/k?uploads", "update CreateMultipartUpload on /b/k" },
	{ "a part", API_S3, "PUT /b/k?partNumber=1&uploadId=x", "update UploadPart on /b/k" },
	{ "parts end", API_S3, "POST /b/k?uploadId=x", "update CompleteMultipartUpload on /b/k" },
	{ "a policy", API_S3, "PUT /b?policy", "grant policy on /b" },
	{ "its policy", API_S3, "GET /b?policy", "read policy on /b" },
	{ "cors", API_S3, "DELETE /b?cors", "define cors on /b" },
	{ "an acl of a key", API_S3, "PUT /b/k?acl", "grant acl on /b/k" },
	{ "a bucket", API_S3, "PUT /b", "define CreateBucket on /b" },
	{ "an effect of the policy's", API_S3, "DELETE /b", "unknown DeleteBucket on /b" },
	{ "two parts", API_S3, "PUT /b?acl&policy", "unknown acl on /b" },
	{ "a name nobody knows", API_S3, "GET /b?secrets", "unknown ListObjects on /b" },
	{ "a bucket by its host", API_S3, "GET /k/e\nHost: box.s3.example", "read GetObject on /box/k/e" },
	{ "all of it", API_S3, "GET /?list-type=2\nHost: box.s3.example", "read ListObjectsV2 on /box" },
	{ "of Amazon's", API_S3, "DELETE /k\nHost: box.s3.eu-west-1.amazonaws.com", "delete DeleteObject on /box/k" },
	{ "an empty segment", API_S3, "GET /b//k", "unknown  on !" },
};

/* A name of columns, each once, as acts tell them. */
static size_t
put_columns(char *to, size_t size, const struct act *act)
{
	size_t n = 0;

	for (size_t i = 0; i < act->column_count; i++)
		n += (size_t)snprintf(to + n, size - n, "%s%.*s", i ? "," : " (", (int)act->columns[i].n, act->columns[i].p);
	return n + (size_t)snprintf(to + n, size - n, "%s", act->column_count ? ")" : "");
}

static const char *
told(const struct action *action)
{
	static char text[4096];
	size_t n = 0;

	for (size_t i = 0; i < action->act_count; i++) {
		const struct act *act = &action->acts[i];

		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %.*s on %.*s", i ? "; " : "", effect_name(act->effect),
		    (int)act->http->operation.n, act->http->operation.p, (int)act->object.n, act->object.p);
		n += put_columns(text + n, sizeof(text) - n, act);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", act->http->path.n == 0 ||
		    act->http->places[HTTP_FIELD].is_open ? "!" : "");
	}
	return text;
}

/* A name as long as a body: nobody's pattern is tried on it. */
static void
check_long_name(struct arena *arena)
{
	static char text[1024] = "POST /" JSON "{\"method\":\"eth_get";
	struct wire_request request;
	struct action action;
	size_t n = strlen(text);

	target.api = API_JSON_RPC;
	memset(text + n, 'x', HTTP_NAME_MOST);
	strcpy(text + n + HTTP_NAME_MOST, "\"}");
	request = request_of(&target, span_text(text));
	CHECK(http_explain(&target, &request, arena, &action) == 0);
	CHECK(action.acts[0].effect == EFFECT_UNKNOWN && action.http->operation.n == 0);
}

static void
check_graphql(void)
{
	static const struct span text = SPAN("query Q($a: [Int!]! = [1]) @x { f: order(id: \"a\\\"}\") { b } ...F } fragment F on Q { c }");
	struct graphql_document document;

	for (size_t cut = 0; cut < text.n; cut++)
		CHECK(graphql_read(on_cliff(span_head(text, cut)), &document));
	CHECK(!graphql_read(on_cliff(text), &document) && document.field_count == 2 && document.has_defaults);
	CHECK(span_is(document.name, "Q") && span_is(document.fields[0].name, "order") && document.fields[0].has_literals);
	CHECK(span_is(document.fields[1].name, "c") && !document.fields[1].has_literals);
}

int
main(void)
{
	struct arena *arena = arena_new(256 << 20);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct wire_request request = request_of(&target, on_cliff(span_text(rows[i].request)));
		struct action action;
		const char *found;

		target.api = rows[i].api;
		if (!CHECK_ROW(rows[i].name, http_explain(&target, &request, arena, &action) == 0))
			continue;
		found = told(&action);
		if (!CHECK_ROW(rows[i].name, strcmp(found, rows[i].acts) == 0))
			fprintf(stderr, "  found: %s\n", found);
	}
	check_long_name(arena);
	check_graphql();
	arena_free(&arena);
	return check_end();
}
