/*
 * What people approve and what runs are tied by one digest: it changes with
 * everything it covers. What the broker says is read whole or not at all, and
 * what it is told is what desk/hold.h reads.
 */
#include "approve/approve.h"

#include "verdict.h"

#include <jansson.h>

#include "../stand.h"

static int ends[2];

static const struct hold_value values[] = {
	{ SPAN("42"), 23, false, false }, { SPAN(""), 25, true, false },
};

static struct hold
sample(void)
{
	return (struct hold){
		.id = { ID_HOLD, 8, 1, 1000 }, .session = { ID_SESSION, 1, 2, 1001 },
		.flow = { ID_FLOW, 8, 3, 1002 }, .turn = { ID_TURN, 8, 4, 1003 },
		.skill = SPAN("reporter"), .starter = SPAN("stan"), .target = SPAN("shop"),
		.database = SPAN("shop"), .role = SPAN("writer"), .search_path = SPAN("public"),
		.starter_uid = 1004, .transaction = 'I', .phase = 2,
		.text = SPAN("delete from orders where id = $1"),
		.values = values, .value_count = COUNT(values), .row_limit = 10,
		.acts = SPAN("[]"), .rule = SPAN("policy.yaml:4"), .why = SPAN("held"),
		.approvers = 1, .need = 2, .expires_s = 300, .retry_s = 60, .epoch = 7,
	};
}

/* ---- the digest ---------------------------------------------------------- */

static void text(struct hold *h) { h->text = SPAN("delete from orders where id = $1 "); }
static void role(struct hold *h) { h->role = SPAN("admin"); }
static void database(struct hold *h) { h->database = SPAN("shop2"); }
static void path(struct hold *h) { h->search_path = SPAN("evil, public"); }
static void transaction(struct hold *h) { h->transaction = 'T'; }
static void limit(struct hold *h) { h->row_limit = 0; }
static void skill(struct hold *h) { h->skill = SPAN("other"); }
static void target(struct hold *h) { h->target = SPAN("other"); }
static void fewer(struct hold *h) { h->value_count = 1; }
static void shifted(struct hold *h) { h->role = SPAN("writ"); h->database = SPAN("ershop"); }

static const struct hold_value other_bytes[] = { { SPAN("43"), 23, false, false }, { SPAN(""), 25, true, false } };
static const struct hold_value other_type[] = { { SPAN("42"), 20, false, false }, { SPAN(""), 25, true, false } };
static const struct hold_value other_form[] = { { SPAN("42"), 23, false, true }, { SPAN(""), 25, true, false } };
static const struct hold_value not_null[] = { { SPAN("42"), 23, false, false }, { SPAN(""), 25, false, false } };
static void value_bytes(struct hold *h) { h->values = other_bytes; }
static void value_type(struct hold *h) { h->values = other_type; }
static void value_form(struct hold *h) { h->values = other_form; }
static void value_null(struct hold *h) { h->values = not_null; }

/* What an approval is not about: who decides, how long, which run asked. */
static void people(struct hold *h) { h->approvers = 3; h->need = 9; }
static void times(struct hold *h) { h->expires_s = 1; h->retry_s = 2; }
static void session(struct hold *h) { h->session.chance = 9; }
static void asked_again(struct hold *h) { h->answer = ANSWER_RETRY; }
static void ids(struct hold *h) { h->id.chance = 9; h->turn.chance = 9; h->flow.chance = 9; }
static void words(struct hold *h) { h->why = SPAN("x"); }

static const struct {
	const char *name;
	void (*change)(struct hold *);
	bool is_covered;
} rows[] = {
	{ "text", text, true }, { "role", role, true }, { "database", database, true },
	{ "search path", path, true }, { "transaction", transaction, true },
	{ "row limit", limit, true }, { "skill", skill, true }, { "target", target, true },
	{ "a value less", fewer, true }, { "value's bytes", value_bytes, true },
	{ "value's type", value_type, true }, { "value's form", value_form, true },
	{ "null", value_null, true }, { "bytes moved to the next part", shifted, true },
	{ "people", people, true }, { "session of one who waits", session, false }, { "how it is answered", asked_again, true }, { "times", times, false }, { "ids", ids, false },
	{ "words", words, false },
};

static const uint8_t key[APPROVE_KEY_SIZE] = { 1 }, other_key[APPROVE_KEY_SIZE] = { 2 };

static void
digests(void)
{
	struct hold base = sample(), large = sample(), elsewhere = sample();
	uint8_t none[32] = { 0 };
	uint8_t *much = calloc(1, 5u << 20);

	CHECK(approve_digest(&base, key) == 0);
	CHECK(memcmp(base.digest, none, sizeof(none)) != 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct hold hold = sample();

		rows[i].change(&hold);
		CHECK_ROW(rows[i].name, approve_digest(&hold, key) == 0);
		CHECK_ROW(rows[i].name,
		    (memcmp(hold.digest, base.digest, 32) != 0) == rows[i].is_covered);
	}
	CHECK(approve_digest(&elsewhere, other_key) == 0 && memcmp(elsewhere.digest, base.digest, 32) != 0);
	large.text = span_of(much, 5u << 20);
	CHECK(approve_digest(&large, key) == -EMSGSIZE);
	CHECK(memcmp(large.digest, none, sizeof(none)) == 0);
	free(much);
}

/* ---- what is told --------------------------------------------------------- */

static void
tells(void)
{
	struct hold hold = sample(), got;
	struct hold_value room[4];
	struct msg_head head;
	struct span body, digest, name;
	struct id id;
	uint32_t epoch;
	uint8_t uses;

	CHECK(approve_digest(&hold, key) == 0);
	CHECK(approve_open(post, &hold) == 0);
	CHECK(stand_read(ends[1], &head, &body) && head.type == MSG_HOLD);
	CHECK(hold_unpack(body, room, 4, &got) && id_equal(&got.id, &hold.id));
	CHECK(span_equal(got.text, hold.text) && got.value_count == 2);
	CHECK(memcmp(got.digest, hold.digest, 32) == 0);

	CHECK(approve_ask_earlier(post, 55, &hold, true) == 0);
	CHECK(stand_read(ends[1], &head, &body));
	CHECK(head.type == MSG_APPROVED_ASK && head.id == 55);
	CHECK(take_bytes(&body, 32, &digest) && memcmp(digest.p, hold.digest, 32) == 0);
	CHECK(take_block(&body, &name) && span_is(name, "reporter") && take_be32(&body, &epoch) && epoch == hold.epoch);
	CHECK(take_u8(&body, &uses) && uses == 1 && !body.n);

	approve_leave(post, &hold.id);
	CHECK(stand_read(ends[1], &head, &body) && head.type == MSG_HOLD_LEFT);
	CHECK(msg_take_id(&body, &id) && !body.n && id_equal(&id, &hold.id));
	CHECK(!stand_read(ends[1], &head, &body));

	/* more than a message holds is refused, not cut */
	{
		uint8_t *much = calloc(1, 9u << 20);

		hold.text = span_of(much, 9u << 20);
		CHECK(approve_open(post, &hold) == -EMSGSIZE);
		CHECK(!stand_read(ends[1], &head, &body));
		free(much);
	}
}

static void
acts(void)
{
	static const struct span columns[] = { SPAN("a\"b"), SPAN("c\n") };
	static const struct act list[] = {
		{ .effect = EFFECT_DELETE, .reach = REACH_ALL, .object = SPAN("public.orders") },
		{ .effect = EFFECT_READ, .reach = REACH_WHERE, .object = SPAN("public.\"x\""),
		  .columns = columns, .column_count = 2, .note = SPAN("a \xff note") },
	};
	const struct action action = { .acts = list, .act_count = 2 };
	const struct action none = { 0 };
	const struct http_facts facts = { .method = SPAN("DELETE"), .operation = SPAN("cancel") };
	const struct act request = { .effect = EFFECT_DELETE, .object = SPAN("/orders/7"), .http = &facts };
	const struct action asked = { .acts = &request, .act_count = 1 };
	struct out out = out_new(4096);
	json_t *json;

	approve_acts(&asked, &out);
	CHECK(span_is(out_view(&out), "[{\"effect\":\"delete\",\"object\":\"/orders/7\",\"method\":\"DELETE\","
	    "\"operation\":\"cancel\",\"columns\":[]}]"));
	out_clear(&out);
	approve_acts(&action, &out);
	json = json_loadb((char *)out.p, out.n, JSON_REJECT_DUPLICATES, NULL);
	if (CHECK(json && json_array_size(json) == 2)) {
		const json_t *first = json_array_get(json, 0), *second = json_array_get(json, 1);

		CHECK(!strcmp(json_string_value(json_object_get(first, "effect")), "delete"));
		CHECK(!strcmp(json_string_value(json_object_get(first, "reach")), "all"));
		CHECK(!json_object_get(first, "note"));
		CHECK(json_array_size(json_object_get(first, "columns")) == 0);
		CHECK(!strcmp(json_string_value(json_object_get(second, "reach")), "where"));
		CHECK(!strcmp(json_string_value(json_array_get(
		    json_object_get(second, "columns"), 0)), "a\"b"));
		CHECK(json_is_string(json_object_get(second, "note")));
	}
	json_decref(json);
	out_clear(&out);
	approve_acts(&none, &out);
	CHECK(span_is(out_view(&out), "[]"));
	out_free(&out);
}

/* ---- what is heard --------------------------------------------------------- */

static void
hears_decisions(void)
{
	static const struct id hold = { ID_HOLD, 8, 1, 1000 };
	struct out body = out_new(4096);
	struct approve_answer answer = { 0 };
	struct span whole;

	for (uint8_t approved = 0; approved < 3; approved++) {
		out_clear(&body);
		msg_put_id(&body, &hold);
		for (uint8_t i = 0; i < 32; i++)
			out_u8(&body, i);
		out_u8(&body, approved);
		out_block(&body, SPAN("because"));
		out_block(&body, SPAN("ann, bob"));
		whole = on_cliff(out_view(&body));
		CHECK(approve_hear(whole, &answer) == (approved < 2));
		if (approved == 2)
			break;
		CHECK(id_equal(&answer.hold, &hold) && answer.is_approved == approved);
		CHECK(answer.digest[31] == 31 && span_is(answer.reason, "because"));
		CHECK(span_is(answer.people, "ann, bob"));
		for (size_t n = 0; n < whole.n; n++)
			CHECK(!approve_hear(on_cliff(span_head(whole, n)), &answer));
		out_u8(&body, 0);
		CHECK(!approve_hear(out_view(&body), &answer));
	}
	CHECK(answer.is_approved && span_is(answer.people, "ann, bob"));	/* untouched */
	out_free(&body);
}

static void
hears_earlier(void)
{
	static const struct id hold = { ID_HOLD, 8, 1, 1000 };
	struct out body = out_new(4096);
	struct approve_answer answer = { 0 };
	struct span whole;

	out_be32(&body, 0);
	msg_put_id(&body, &hold);
	out_u8(&body, STANDING_APPROVED);
	out_block(&body, SPAN("ann"));
	whole = on_cliff(out_view(&body));
	CHECK(approve_hear_earlier(whole, &answer) && answer.is_approved);
	CHECK(id_equal(&answer.hold, &hold) && span_is(answer.people, "ann"));
	for (size_t n = 0; n < whole.n; n++)
		CHECK(!approve_hear_earlier(on_cliff(span_head(whole, n)), &answer));
	out_u8(&body, 0);
	CHECK(!approve_hear_earlier(out_view(&body), &answer));
	out_clear(&body);
	out_be32(&body, ENOENT);
	CHECK(approve_hear_earlier(on_cliff(out_view(&body)), &answer));
	CHECK(!answer.is_approved && !id_is_set(&answer.hold) && answer.standing == STANDING_NONE);
	for (uint8_t standing = 0; standing <= STANDINGS; standing++) {
		out_clear(&body);
		out_be32(&body, 0);
		msg_put_id(&body, &hold);
		out_u8(&body, standing);
		out_block(&body, SPAN(""));
		CHECK(approve_hear_earlier(on_cliff(out_view(&body)), &answer) == (standing < STANDINGS));
		CHECK(standing == STANDINGS || (answer.standing == standing &&
		    answer.is_approved == (standing == STANDING_APPROVED)));
	}
	out_free(&body);
}

static void
hears_stands(void)
{
	static const struct id hold = { ID_HOLD, 8, 1, 1000 };
	struct out body = out_new(100);
	struct id got = { 0 };
	struct span whole;

	msg_put_id(&body, &hold);
	whole = on_cliff(out_view(&body));
	for (size_t n = 0; n < whole.n; n++)
		CHECK(!approve_hear_stands(on_cliff(span_head(whole, n)), &got) && !id_is_set(&got));
	CHECK(approve_hear_stands(whole, &got) && id_equal(&got, &hold));
	out_u8(&body, 0);
	CHECK(!approve_hear_stands(out_view(&body), &got));
	out_free(&body);
}

int
main(void)
{
	stand_channel(ends);
	stand_as(SLOT_WORKER, SLOT_BROKER, ends[0], stand_deaf);
	digests();
	tells();
	acts();
	hears_decisions();
	hears_earlier();
	hears_stands();
	post_free(&post);
	loop_free(&loop);
	return check_end();
}
