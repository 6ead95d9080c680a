/*
 * Every entry a worker makes is a valid one and says what its reader looks for:
 * who, where, what, and what came of it. Read from the recorder's end.
 */
#include "record/record.h"

#include <openssl/evp.h>

#include "../stand.h"
#include "view.h"
#include "who.h"

static int ends[2];
static struct scribe *scribe;
static struct who who;
static const struct id flow_id = { ID_FLOW, 8, 3, 1002 }, turn_id = { ID_TURN, 8, 4, 1003 };
static const struct id refusal_id = { ID_REFUSAL, 8, 5, 1004 }, hold_id = { ID_HOLD, 8, 6, 1005 };
static const struct id unset;
static struct record_flow flow = {
	.who = &who, .flow = &flow_id, .target = "shop", .role = "reader", .database = "shopdb",
	.destination = "10.0.0.5:5432",
};
static const struct verdict allowed = {
	.kind = VERDICT_ALLOW, .where = SPAN("policy.yaml:41"), .why = SPAN("reads are allowed"),
};
static const struct verdict denied = {
	.kind = VERDICT_DENY, .where = SPAN("policy.yaml:9"), .why = SPAN("no rule"),
};

static struct span bodies[ENTRY_BLOBS];	/* that came with the entry */
static size_t body_count;

/* The entry that was sent last, taken from the channel. */
static struct span
sent(uint8_t level)
{
	struct msg_head head;
	struct span body, cbor = SPAN("");
	uint64_t run, sequence;
	uint8_t got;

	CHECK(stand_read(ends[1], &head, &body) && head.type == MSG_ENTRY);
	CHECK(take_u8(&body, &got) && got == level);
	CHECK(take_be64(&body, &run) && take_be64(&body, &sequence));
	CHECK(take_block(&body, &cbor) && entry_is_valid(on_cliff(cbor)));
	for (body_count = 0; body_count < COUNT(bodies) && body.n; body_count++)
		CHECK(take_block(&body, &bodies[body_count]));
	CHECK(!body.n);
	return cbor;
}

static bool
has_text(struct span cbor, enum entry_key key, const char *right)
{
	struct span text;

	return entry_get_text(cbor, key, &text) && span_is(text, right);
}

static bool
has_uint(struct span cbor, enum entry_key key, uint64_t right)
{
	uint64_t n;

	return entry_get_uint(cbor, key, &n) && n == right;
}

static bool
has_id(struct span cbor, enum entry_key key, const struct id *right)
{
	char text[ID_TEXT_SIZE];

	return has_text(cbor, key, id_format(right, text));
}

static bool
has_bytes(struct span cbor, enum entry_key key, const uint8_t right[32])
{
	struct span bytes;

	return entry_get_bytes(cbor, key, &bytes) && span_equal(bytes, span_of(right, 32));
}

static bool
lacks(struct span cbor, enum entry_key key)
{
	struct span s;
	uint64_t n;

	return !entry_get_uint(cbor, key, &n) && !entry_get_text(cbor, key, &s) &&
	    !entry_get_bytes(cbor, key, &s);
}

/* What is in all of them. */
static void
check_common(const char *name, struct span cbor, enum entry_kind kind)
{
	CHECK_ROW(name, has_uint(cbor, KEY_VERSION, ENTRY_VERSION));
	CHECK_ROW(name, has_uint(cbor, KEY_KIND, kind));
	CHECK_ROW(name, has_text(cbor, KEY_PROCESS, "worker/0"));
	CHECK_ROW(name, has_uint(cbor, KEY_EPOCH, 7));
	CHECK_ROW(name, !lacks(cbor, KEY_POLICY) && !lacks(cbor, KEY_WALL) &&
	    !lacks(cbor, KEY_BOOT_TIME) && !lacks(cbor, KEY_BOOT));
	CHECK_ROW(name, has_text(cbor, KEY_SKILL, "reporter"));
	CHECK_ROW(name, has_id(cbor, KEY_SESSION, &who.session));
	CHECK_ROW(name, has_id(cbor, KEY_FLOW, &flow_id));
	CHECK_ROW(name, has_text(cbor, KEY_STARTER, "stan"));
	CHECK_ROW(name, has_uint(cbor, KEY_CGROUP, 11) && has_uint(cbor, KEY_PID, 12));
	CHECK_ROW(name, has_uint(cbor, KEY_PID_START, 13) && has_uint(cbor, KEY_UID, 14));
	CHECK_ROW(name, has_text(cbor, KEY_COMM, "0123456789abcdef"));
	CHECK_ROW(name, has_uint(cbor, KEY_NETNS, 15));
	CHECK_ROW(name, has_bytes(cbor, KEY_SKILL_DIGEST, who.digest));
	CHECK_ROW(name, has_text(cbor, KEY_TARGET, "shop"));
	CHECK_ROW(name, has_text(cbor, KEY_DESTINATION, "10.0.0.5:5432"));
	CHECK_ROW(name, has_text(cbor, KEY_ROLE, "reader"));
	CHECK_ROW(name, has_text(cbor, KEY_DATABASE, "shopdb"));
}

/* ---- one test for each function ------------------------------------------- */

static void
flows(void)
{
	static const struct record_call call = { .level = LEVEL_WRITTEN };
	static const struct abi_tally kernel = { 7, 8 };
	struct record_end end = {
		.reason = "the skill said good-bye", .server_name = "db.org",
		.asked = 1, .sent = 2, .received = 3, .answered = 4,
		.duration_ns = 5, .turns = 6,
	};
	struct span cbor;

	CHECK(record_flow_begin(&flow, false, &call) == 0);
	cbor = sent(LEVEL_WRITTEN);
	check_common("begin", cbor, ENTRY_FLOW);
	CHECK(lacks(cbor, KEY_INSPECT) && lacks(cbor, KEY_TURN));
	CHECK(record_flow_begin(&flow, true, NULL) == 0);
	cbor = sent(LEVEL_HANDED);
	check_common("unseen", cbor, ENTRY_FLOW);
	CHECK(has_text(cbor, KEY_INSPECT, "none"));

	CHECK(record_flow_refused(&flow, "changed skill", &refusal_id) == 0);
	cbor = sent(LEVEL_HANDED);
	check_common("refused", cbor, ENTRY_FLOW);
	CHECK(has_text(cbor, KEY_VERDICT, "deny") && has_text(cbor, KEY_REASON, "changed skill"));
	CHECK(has_id(cbor, KEY_REFUSAL, &refusal_id));

	CHECK(record_flow_end(&flow, &end) == 0);
	cbor = sent(LEVEL_HANDED);
	check_common("end", cbor, ENTRY_FLOW_END);
	CHECK(has_text(cbor, KEY_REASON, end.reason) && has_text(cbor, KEY_SERVER_NAME, "db.org"));
	CHECK(has_uint(cbor, KEY_BYTES_ASKED, 1) && has_uint(cbor, KEY_BYTES_SENT, 2));
	CHECK(has_uint(cbor, KEY_BYTES_IN, 3) && has_uint(cbor, KEY_BYTES_OUT, 4));
	CHECK(has_uint(cbor, KEY_DURATION, 5) && has_uint(cbor, KEY_COUNT, 6));
	CHECK(lacks(cbor, KEY_KERNEL_IN) && lacks(cbor, KEY_KERNEL_OUT));
	end.kernel = &kernel;
	CHECK(record_flow_end(&flow, &end) == 0);
	cbor = sent(LEVEL_HANDED);
	CHECK(has_uint(cbor, KEY_KERNEL_IN, 7) && has_uint(cbor, KEY_KERNEL_OUT, 8));
}

static void
logins(void)
{
	static const struct act act = { .effect = EFFECT_GRANT, .object = SPAN("set role") };
	static const struct action settings = { .acts = &act, .act_count = 1 };
	struct span cbor;

	CHECK(record_login(&flow, SPAN("app"), &settings, &denied, &refusal_id, "", NULL) == 0);
	cbor = sent(LEVEL_HANDED);
	check_common("login refused", cbor, ENTRY_LOGIN);
	CHECK(has_text(cbor, KEY_ASKED_ROLE, "app") && has_text(cbor, KEY_VERDICT, "deny"));
	CHECK(has_text(cbor, KEY_RULE, "policy.yaml:9") && has_text(cbor, KEY_WHY, "no rule"));
	CHECK(has_id(cbor, KEY_REFUSAL, &refusal_id) && lacks(cbor, KEY_REASON));
	CHECK(memmem(cbor.p, cbor.n, "set role", 8));
	CHECK(record_login(&flow, SPAN("a\xff\npp"), NULL, &allowed, NULL, "no route", NULL) == 0);
	cbor = sent(LEVEL_HANDED);
	check_common("login failed", cbor, ENTRY_LOGIN);
	CHECK(has_text(cbor, KEY_VERDICT, "allow") && has_text(cbor, KEY_REASON, "no route"));
	CHECK(lacks(cbor, KEY_REFUSAL) && has_text(cbor, KEY_ASKED_ROLE, "a\\xff\npp"));
}

static void
asks(void)
{
	static const struct span columns[] = { SPAN("id"), SPAN("pan") };
	static const struct act acts[] = {
		{ .effect = EFFECT_READ, .reach = REACH_WHERE, .object = SPAN("public.cards"),
		  .columns = columns, .column_count = 2 },
		{ .effect = EFFECT_SESSION, .object = SPAN("begin") },
	};
	static const struct http_facts http = { .operation = SPAN("cancelOrder") };
	static const struct action action = { .acts = acts, .act_count = 2, .http = &http };
	static const struct record_value values[] = { { SPAN("4"), false }, { SPAN(""), true } };
	static const uint8_t digest[32] = { 9, 8, 7 };
	struct record_ask ask = {
		.turn = &turn_id, .phase = "execute", .text = SPAN("select pan from cards"),
		.text_digest = digest, .name = SPAN("s1"), .values = values, .value_count = 2,
		.action = &action, .verdict = &allowed, .refusal = &unset, .hold = &hold_id,
	};
	static const struct record_call call = { .level = LEVEL_SYNCED };
	struct span cbor;

	CHECK(record_ask(&flow, &ask, &call) == 0);
	cbor = sent(LEVEL_SYNCED);
	check_common("ask", cbor, ENTRY_ASK);
	CHECK(has_id(cbor, KEY_TURN, &turn_id) && has_text(cbor, KEY_PHASE, "execute") &&
	    has_text(cbor, KEY_OPERATION, "cancelOrder"));
	CHECK(has_text(cbor, KEY_TEXT, "select pan from cards"));
	CHECK(has_bytes(cbor, KEY_TEXT_DIGEST, digest) && has_text(cbor, KEY_STATEMENT, "s1"));
	CHECK(has_text(cbor, KEY_VERDICT, "allow") && has_text(cbor, KEY_RULE, "policy.yaml:41"));
	CHECK(lacks(cbor, KEY_REFUSAL) && has_id(cbor, KEY_HOLD, &hold_id));

	/* the least: a login's cancel has no text, no action, nothing */
	ask = (struct record_ask){
		.turn = &turn_id, .phase = "cancel", .verdict = &denied,
		.refusal = &refusal_id, .hold = &unset,
	};
	CHECK(record_ask(&flow, &ask, NULL) == 0);
	cbor = sent(LEVEL_HANDED);
	check_common("bare ask", cbor, ENTRY_ASK);
	CHECK(lacks(cbor, KEY_TEXT) && lacks(cbor, KEY_TEXT_DIGEST) && lacks(cbor, KEY_HOLD));
	CHECK(has_id(cbor, KEY_REFUSAL, &refusal_id) && has_text(cbor, KEY_VERDICT, "deny"));
}

static bool
names_body(struct span cbor, enum entry_key key, struct span body)
{
	uint8_t digest[32];

	CHECK(EVP_Digest(body.p, body.n, digest, NULL, EVP_sha256(), NULL) == 1);
	return has_bytes(cbor, key, digest);
}

/* A statement beyond the limit of a text is cut, and goes along whole. */
static void
long_asks(void)
{
	static uint8_t much[30000];
	struct record_ask ask = {
		.turn = &turn_id, .phase = "query", .text = span_of(much, sizeof(much)),
		.verdict = &denied, .refusal = &refusal_id, .hold = &unset,
	};
	struct span cbor, text;

	memset(much, 'x', sizeof(much));
	much[20000] = 0xff;	/* as it is: no \xNN */
	CHECK(record_ask(&flow, &ask, NULL) == 0);
	cbor = sent(LEVEL_HANDED);
	CHECK(entry_get_text(cbor, KEY_TEXT, &text));
	CHECK(text.n > ENTRY_TEXT_LIMIT / 2 && text.n < ENTRY_TEXT_LIMIT + 64);
	CHECK(body_count == 1 && span_equal(bodies[0], ask.text));
	CHECK(names_body(cbor, KEY_TEXT_BLOB, ask.text) && lacks(cbor, KEY_VALUES_BLOB));

	ask.text = span_of(much, ENTRY_TEXT_LIMIT);
	CHECK(record_ask(&flow, &ask, NULL) == 0);
	cbor = sent(LEVEL_HANDED);
	CHECK(lacks(cbor, KEY_TEXT_BLOB) && body_count == 0);
}

/* Values go in the entry as long as they are short together, else along with it. */
static void
long_values(void)
{
	static uint8_t much[ENTRY_TEXT_LIMIT];
	struct record_value values[] = { { SPAN("a"), false }, { SPAN(""), true },
		{ SPAN("\xff"), false }, { span_of(much, sizeof(much)), false } };
	struct record_ask ask = {
		.turn = &turn_id, .phase = "execute", .text = SPAN("select $1"), .values = values,
		.value_count = 3, .verdict = &allowed, .refusal = &unset, .hold = &unset,
	};
	struct out right = out_new(20000);
	struct span cbor;

	memset(much, 'v', sizeof(much));
	CHECK(record_ask(&flow, &ask, NULL) == 0);
	cbor = sent(LEVEL_HANDED);
	CHECK(body_count == 0 && lacks(cbor, KEY_VALUES_BLOB));
	CHECK(memmem(cbor.p, cbor.n, "\x18\x24\x83\x61" "a\xf6\x64\\xff", 11));
	ask.value_count = 4;
	CHECK(record_ask(&flow, &ask, NULL) == 0);
	cbor = sent(LEVEL_HANDED);
	out_bytes(&right, "\x84\x61" "a\xf6\x41\xff\x79\x40\0", 9);
	out_bytes(&right, much, sizeof(much));
	CHECK(body_count == 1 && span_equal(bodies[0], out_view(&right)));
	CHECK(names_body(cbor, KEY_VALUES_BLOB, out_view(&right)) && lacks(cbor, KEY_TEXT_BLOB));
	CHECK(!memmem(cbor.p, cbor.n, "vvvv", 4));
	out_free(&right);
}

/* What no body can be is not recorded, and so not done. */
static void
too_long(void)
{
	static uint8_t much[ENTRY_BLOB_LIMIT + 1];
	struct record_value values[] = { { span_of(much, sizeof(much) / 2), false },
		{ span_of(much, sizeof(much) / 2), false } };
	struct record_ask ask = {
		.turn = &turn_id, .phase = "query", .text = span_of(much, sizeof(much)),
		.verdict = &allowed, .refusal = &unset, .hold = &unset,
	};
	struct msg_head head;
	struct span body;

	memset(much, 'x', sizeof(much));
	CHECK(record_ask(&flow, &ask, NULL) == -EMSGSIZE);
	ask.text = SPAN("select $1 || $2");
	ask.values = values;
	ask.value_count = 2;
	CHECK(record_ask(&flow, &ask, NULL) == -EMSGSIZE);
	CHECK(!stand_read(ends[1], &head, &body));
}

static void
answers(void)
{
	static const struct view_mask masks[] = { { .name = "cards" }, { .name = "mail" } };
	static const struct mask_tally tally = { .hits = { 0, 3 } }, none;
	static const uint8_t digest[32] = { 5 };
	struct record_answer answer = {
		.turn = &turn_id, .rows = 1, .bytes_in = 2, .bytes_out = 3, .duration_ns = 4,
		.tag = SPAN("SELECT 1"), .digest = digest, .tally = &tally,
		.masks = masks, .mask_count = 2,
	};
	struct span cbor;

	CHECK(record_answer(&flow, &answer) == 0);
	cbor = sent(LEVEL_HANDED);
	check_common("answer", cbor, ENTRY_ANSWER);
	CHECK(has_id(cbor, KEY_TURN, &turn_id) && has_uint(cbor, KEY_ROWS, 1));
	CHECK(has_uint(cbor, KEY_BYTES_IN, 2) && has_uint(cbor, KEY_BYTES_OUT, 3));
	CHECK(has_uint(cbor, KEY_DURATION, 4) && has_text(cbor, KEY_TAG, "SELECT 1"));
	CHECK(lacks(cbor, KEY_ERROR) && has_bytes(cbor, KEY_ANSWER_DIGEST, digest));
	CHECK(memmem(cbor.p, cbor.n, "mail", 4) && !memmem(cbor.p, cbor.n, "cards", 5));
	answer.tally = &none;
	answer.tag = SPAN("");
	answer.error = SPAN("42P01 relation does not exist");
	CHECK(record_answer(&flow, &answer) == 0);
	cbor = sent(LEVEL_HANDED);
	CHECK(has_text(cbor, KEY_ERROR, "42P01 relation does not exist"));
	CHECK(!memmem(cbor.p, cbor.n, "mail", 4));
}

static void
releases(void)
{
	static const uint8_t digest[32] = { 6 };
	struct span cbor;

	CHECK(record_release(&flow, &turn_id, &hold_id, digest, &allowed, SPAN("ann, bob"),
	    NULL) == 0);
	cbor = sent(LEVEL_HANDED);
	check_common("release", cbor, ENTRY_RELEASE);
	CHECK(has_id(cbor, KEY_TURN, &turn_id) && has_id(cbor, KEY_HOLD, &hold_id));
	CHECK(has_bytes(cbor, KEY_DIGEST, digest) && has_text(cbor, KEY_PERSON, "ann, bob"));
	CHECK(has_text(cbor, KEY_VERDICT, "allow"));
}

/* What is not known is left out; IPv6 is written as one writes it. */
static void
little_is_known(void)
{
	static const struct who nobody = { 0 };
	static const struct record_flow bare = { .target = "", .role = "", .database = "", .destination = "" };
	char destination[RECORD_DESTINATION];
	struct record_flow unknown = bare;
	struct who six = who;
	struct span cbor;

	unknown.scribe = scribe;
	unknown.who = &nobody;
	unknown.flow = &flow_id;
	CHECK(record_flow_refused(&unknown, "no origin", &refusal_id) == 0);
	cbor = sent(LEVEL_HANDED);
	CHECK(lacks(cbor, KEY_SKILL) && lacks(cbor, KEY_SESSION) && lacks(cbor, KEY_TARGET));
	CHECK(lacks(cbor, KEY_DESTINATION) && lacks(cbor, KEY_SKILL_DIGEST));
	memset(six.origin.ip, 0, sizeof(six.origin.ip));
	six.origin.ip[0] = 0x20, six.origin.ip[1] = 0x01, six.origin.ip[15] = 1;
	unknown.who = &six;
	record_destination(&six.origin, destination);
	unknown.destination = destination;
	CHECK(record_flow_begin(&unknown, false, NULL) == 0);
	CHECK(has_text(sent(LEVEL_HANDED), KEY_DESTINATION, "[2001::1]:5432"));
}

static void
not_recorded(void)
{
	close(ends[1]);
	for (unsigned int i = 0; i < 3; i++)
		CHECK(record_flow_begin(&flow, false, NULL) != 0);
}

int
main(void)
{
	static const uint8_t policy[32] = { 1 };

	stand_channel(ends);
	stand_as(SLOT_WORKER, SLOT_RECORDER, ends[0], stand_deaf);
	close(ends[0]);
	CHECK(scribe_new(&scribe, post, "worker/0") == 0);
	scribe_policy(scribe, 7, policy);
	flow.scribe = scribe;
	who = (struct who){
		.origin = {
			.ip = { [10] = 0xff, 0xff, 10, 0, 0, 5 }, .port = 5432, .cgroup = 11,
			.pid = 12, .start = 13, .uid = 14, .netns = 15,
		},
		.session = { ID_SESSION, 1, 2, 1001 }, .skill = "reporter", .starter = "stan",
		.is_measured = true, .digest = { 3 },
	};
	memcpy(who.origin.comm, "0123456789abcdef", ABI_COMM_SIZE);	/* no NUL */
	flows();
	logins();
	asks();
	long_asks();
	long_values();
	too_long();
	answers();
	releases();
	little_is_known();
	not_recorded();
	scribe_free(&scribe);
	post_free(&post);
	loop_free(&loop);
	return check_end();
}
