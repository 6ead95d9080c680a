/*
 * seeds_small.c: writes the first inputs of sql.c, tls_peek.c, entry.c, view.c, http.c and message.c:
 * seeds_small FOLDER, which has a folder for each. Run by hand; its files are kept.
 */
#include <stdio.h>

#include "entry.h"
#include "grammar/grammar.h"
#include "out.h"
#include "proto.h"
#include "view.h"

#define TEXTS(...) (const char *[]){ __VA_ARGS__ }

static const char *folder;

static void
keep(const char *target, size_t number, int first, struct span bytes)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%02zu", folder, target, number);
	file = fopen(path, "w");
	if (!file) {
		perror(path);
		return;
	}
	if (first >= 0)
		fputc(first, file);
	fwrite(bytes.p, 1, bytes.n, file);
	fclose(file);
}

static const char *const statements[] = {
	"SELECT a, c.* FROM t c JOIN s.u USING (x) WHERE id = 1 AND n LIKE 'x%'",
	"select E'\\n' || U&'!61' uescape '!' || $a$b$a$, B'1', X'f', N'n', 'a'\n'b'",
	"INSERT INTO t VALUES (1, 'x', $1), (2.5e3, $$z$$, null) RETURNING \"A\"",
	"SELECT 1 WHERE a IN (1, 2) OR b BETWEEN 1 AND 2 OR c = 't'::regclass",
	"WITH x AS (DELETE FROM t RETURNING *) SELECT count(*) FROM x ORDER BY 1 LIMIT 5",
	"BEGIN; UPDATE s.t SET a = a@-1 WHERE b[1:2] <> ALL (ARRAY[1, 2]); COMMIT",
	"COPY t TO PROGRAM 'x' -- comment\n; /* a /* b */ c */ SET a = 'b'",
	"SELECT set_config('search_path', 'x', true), CAST('t' AS regclass)",
};

static void
sql(void)
{
	for (size_t i = 0; i < COUNT(statements); i++) {
		struct out packed = out_new(1 << 20);

		keep("sql", i, 0, span_text(statements[i]));
		if (grammar_analyse(span_text(statements[i]), &packed) == 0)
			keep("sql", 50 + i, 1, out_view(&packed));
		out_free(&packed);
	}
}

static void
tls_peek(void)
{
	static const struct span extensions[] = {
		SPAN("\0\0\0\013\0\011\0\0\006db.org"), SPAN("\0\027\0\0\0\0\0\013\0\011\0\0\006db.org"),
		SPAN(""), SPAN("\0\0\0\017\0\015\0\0\003abc\0\0\004abcd"),
	};

	for (size_t i = 0; i < COUNT(extensions); i++) {
		size_t body = 2 + 32 + 1 + 2 + 2 + 2 + 2 + extensions[i].n;
		struct out hello = out_new(4096);

		out_u8(&hello, 22);
		out_be16(&hello, 0x0301);
		out_be16(&hello, (uint16_t)(4 + body));
		out_be32(&hello, 1u << 24 | (uint32_t)body);
		out_be16(&hello, 0x0303);
		out_zero(&hello, 32 + 1);
		out_be16(&hello, 2);
		out_be16(&hello, 0x1301);
		out_be16(&hello, 0x0100);
		out_be16(&hello, (uint16_t)extensions[i].n);
		out_span(&hello, extensions[i]);
		keep("tls_peek", i, -1, out_view(&hello));
		out_free(&hello);
	}
}

static void
put_ask(struct entry *e)
{
	entry_text(e, KEY_PROCESS, SPAN("worker/0"));
	entry_uint(e, KEY_SEQUENCE, 300);
	entry_uint(e, KEY_INCARNATION, 0xfedcba9876543210ULL);
	entry_uint(e, KEY_WALL, 1795345528123456789ULL);
	entry_bytes(e, KEY_POLICY, SPAN("\x00\xff"));
	entry_text(e, KEY_TEXT, SPAN("SELECT '\"\n\0\xff'"));
	entry_array(e, KEY_VALUES, 2);
	entry_item_text(e, SPAN("4"));
	entry_item_null(e);
	entry_array(e, KEY_ACTS, 1);
	entry_item_array(e, 4);
	entry_item_text(e, SPAN("read"));
	entry_item_text(e, SPAN("public.c"));
	entry_item_uint(e, 1);
	entry_item_array(e, 1);
	entry_item_text(e, SPAN("pan"));
	entry_map(e, KEY_MASKED, 2);
	entry_item_text(e, SPAN("pan"));
	entry_item_uint(e, 3);
	entry_item_text(e, SPAN("b"));
	entry_item_uint(e, 70000);
	entry_uint(e, (enum entry_key)200, 7);
}

static void
entry(void)
{
	static uint8_t room[ENTRY_LIMIT];
	struct entry e;
	struct span cbor;

	entry_begin(&e, room, ENTRY_ASK);
	put_ask(&e);
	if (entry_end(&e, &cbor) == 0)
		keep("entry", 0, -1, cbor);
	entry_begin(&e, room, ENTRY_START);
	if (entry_end(&e, &cbor) == 0)
		keep("entry", 1, -1, cbor);
}

/* ---- views ------------------------------------------------------------------ */

static struct view_address addresses[] = { { { 1, 2, 3 }, 5432 }, { { 9 }, 1 } };
static struct view_target targets[] = {
	{ .name = "shop", .hosts = TEXTS("db", "db2"), .host_count = 2, .addresses = addresses,
	  .address_count = 2, .tls = TLS_VERIFY_FULL, .socket = "/s", .socket_uid = 26, .tls_name = "db", .tls_roots = "PEM", .role = "r",
	  .databases = TEXTS("a"), .database_count = 1, .has_secret = true, .needs_proof = true },
	{ .name = "raw", .protocol = PROTOCOL_RAW, .inspect = INSPECT_NONE, .from_skill = true,
	  .socket = "", .tls_name = "", .tls_roots = "", .role = "" },
	{ .name = "web", .protocol = PROTOCOL_HTTP, .socket = "", .tls_name = "", .tls_roots = "", .role = "",
	  .operations = (struct view_operation[]){ { "o", "GET", "/a/{b}", EFFECT_READ } }, .operation_count = 1, .is_closed = true },
};
static struct view_condition conditions[] = {
	{ SUBJECT_QUERY, "q", TEST_IS, TEXTS("1", ""), 2 }, { SUBJECT_SIZE, "", TEST_AT_MOST, TEXTS("9"), 1 },
	{ SUBJECT_FIELD, "a.b", TEST_ABSENT, NULL, 0 },
};
static struct view_rule view_rules[] = {
	{ .effects = 3, .reaches = 2, .objects = TEXTS("public.*"), .object_count = 1,
	  .columns = TEXTS("c", "d"), .column_count = 2, .verdict = VERDICT_HOLD, .masks = 1,
	  .need = 2, .expires_s = 600, .retry_s = 5, .answer = ANSWER_RETRY, .where = "p:1" },
	{ .effects = 1, .paths = TEXTS("/a/**"), .path_count = 1, .methods = TEXTS("*"), .method_count = 1,
	  .hosts = TEXTS("h"), .host_count = 1, .operations = TEXTS("get*"), .operation_count = 1,
	  .conditions = conditions, .condition_count = 3, .verdict = VERDICT_ALLOW, .where = "p:2" },
};
static struct view_duty duties[] = { { "d", 1, view_rules, 2 } };
static uint32_t indices[] = { 0 };
static struct view_skill_duties skill_duties[] = { { "s", indices, 1, true } };
static struct view_mask masks[] = { { "m", TEXTS("a.b.c"), 1, 5, "x+", WAY_PARTIAL, 4 } };
static struct view_digest digests[] = { { { 1 } } };
static struct view_skill skills[] = {
	{ .name = "s", .owner = "ann", .starters = TEXTS("ann", "*"), .starter_count = 2, .uid = 5,
	  .gid = 6, .user = "u", .folder = "/f", .excludes = TEXTS("*.log"), .exclude_count = 1,
	  .folder_digests = digests, .folder_digest_count = 1, .executable = "/e",
	  .executable_digests = digests, .executable_digest_count = 1 },
};
static struct view_person people[] = { { "ann", 1 }, { "bob", 2 } };
static struct view_secret secrets[] = {
	{ "shop", "r", SECRET_FILE, "/x", 3, TLS_VERIFY_CA, SECRET_FILE, "/y", { AS_HEADER, "", "X-Api-Key", "Key ", "", "", "" } },
	{ "raw", "", SECRET_NONE, "", 0, TLS_DISABLE, SECRET_NONE, "", { 0 } },
	{ "web", "", SECRET_NONE, "", 0, TLS_DISABLE, SECRET_NONE, "", { 0 } },
};
static struct view_verifier verifiers[] = { { "s", SECRET_FILE, "/z" } };
static struct view_approvers groups[] = { { "leads", TEXTS("ann", "bob"), 2, 1 } };

static const struct view_worker worker = {
	.head = { 7, { 1 } }, .targets = targets, .target_count = 3, .duties = duties,
	.duty_count = 1, .skills = skill_duties, .skill_count = 1, .masks = masks, .mask_count = 1,
};
static const struct view_loader loader = {
	.head = { 8, { 4 } }, .targets = targets, .target_count = 3, .skills = skills,
	.skill_count = 1, .people = people, .person_count = 2,
};
static const struct view_keeper keeper = {
	.head = { 9, { 5 } }, .secrets = secrets, .secret_count = 3,
	.verifiers = verifiers, .verifier_count = 1, .masks = TEXTS("m", "n"),
	.mask_count = 2, .targets = targets, .target_count = 3,
};
static const struct view_broker broker = {
	.head = { 10, { 6 } }, .people = people, .person_count = 2, .approvers = groups,
	.approver_count = 1, .skills = skills, .skill_count = 1, .admins = TEXTS("ann"),
	.admin_count = 1, .auditors = TEXTS("bob"), .auditor_count = 1,
};
static const struct view_recorder recorder = { { 11, { 7 } }, "/c", true, 1000 };

static void
view(void)
{
	struct out packed = out_new(1 << 16);

	view_worker_pack(&worker, &packed);
	keep("view", 0, 0, out_view(&packed));
	out_clear(&packed);
	view_loader_pack(&loader, &packed);
	keep("view", 1, 1, out_view(&packed));
	out_clear(&packed);
	view_keeper_pack(&keeper, &packed);
	keep("view", 2, 2, out_view(&packed));
	out_clear(&packed);
	view_broker_pack(&broker, &packed);
	keep("view", 3, 3, out_view(&packed));
	out_clear(&packed);
	view_recorder_pack(&recorder, &packed);
	keep("view", 4, 4, out_view(&packed));
	out_free(&packed);
}

/* ---- requests of HTTP ---------------------------------------------------------- */

#define JSON "\nContent-Type: application/json\n\n"
static const struct {
	enum view_api api;
	const char *text;
} requests[] = {
	{ API_REST, "GET /a/./%62/../c%25/?x=1&y=%41+b;z" },
	{ API_REST, "POST /a/b" JSON "{\"a\":{\"b\":[1.5e3,\"\\u00e9\\ud83d\\ude00\"]},\"c\":null,\"d\":[{\"e\":true},{}]}" },
	{ API_REST, "PUT /x\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\nX-A: b\n\na=1&_method=DELETE" },
	{ API_REST, "POST /\nContent-Type: multipart/form-data; boundary=\"b\"\n\n--b\r\nContent-Disposition: form-data; "
	  "name=\"a\"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name=f; filename=\"x\"\r\n\r\n2\r\n--b--\r\n" },
	{ API_JSON_RPC, "POST /" JSON "[{\"jsonrpc\":\"2.0\",\"method\":\"a.b\",\"params\":[1,{\"c\":2}],\"id\":1}]" },
	{ API_MCP, "POST /" JSON "{\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"x\",\"arguments\":{\"y\":1}}}" },
	{ API_GRAPHQL, "POST /" JSON "{\"query\":\"query Q($a: [Int!]! = [1]) @x { f: o(id: \\\"b\\\", n: $a) { c } ...F } # d\\n"
	  "fragment F on Q { g }\",\"variables\":{\"a\":[1]}}" },
	{ API_GRAPHQL, "GET /?query=mutation%7Ba%7D" },
	{ API_S3, "PUT /k/e?partNumber=1&uploadId=x\nHost: b.s3.example\nx-amz-copy-source: /c/d%20e\nx-amz-acl: private" },
};

static void
http(void)
{
	for (size_t i = 0; i < COUNT(requests); i++)
		keep("http", i, requests[i].api, span_text(requests[i].text));
}

/* ---- messages ------------------------------------------------------------------- */

static const char *const messages[] = {
	"1:'Ann' 2:'4111111111111111' 7:4111111111111111 8:1 15:1 14:%2.5 6:'\xff x' 99:'4111111111111111'",
	"3:{1:'a' 2:7 3:{3:{1:'b'}}} 4:{1:'c'} 4:{2:1} 16:'t' 16:'ann@shop.example' 9:'\x01\x96\x01' 9:7",
	"5:{1:'k' 2:'v'} 5:{2:'w'} 13:(1:'4111111111111111' 3:{}) 12:'b'",
	"10:{1:'x/t.Inner' 2:{1:'c' 2:5}} 1:'{\"card\":\"4111111111111111\"}'",
};

static void
message(void)
{
	for (size_t i = 0; i < COUNT(messages); i++)
		for (int active = 0; active < 16; active += 5)
			keep("message", i * 4 + (size_t)active / 5, active, proto_of(messages[i]));
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	folder = argv[1];
	sql();
	tls_peek();
	entry();
	view();
	http();
	message();
	return 0;
}
