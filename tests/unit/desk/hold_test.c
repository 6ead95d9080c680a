/* A hold is read as it was written, whole or not at all, and its digest covers what it must. */
#include "desk/hold.h"

#include "check.h"
#include "verdict.h"

static const struct hold_value values[] = {
	{ SPAN("42"), 23, false, false },
	{ SPAN("\0\1"), 20, false, true },
	{ SPAN(""), 25, true, false },
	{ SPAN(""), 25, false, false },
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
		.acts = SPAN("[]"), .rule = SPAN("policy.yaml:4"), .why = SPAN("changes are held"),
		.approvers = 1, .need = 2, .expires_s = 300, .retry_s = 60, .epoch = 7,
		.salt = { 4, 5 }, .digest = { 1, 2, 3 },
	};
}

static void
there_and_back(void)
{
	struct hold hold = sample(), got = { 0 };
	struct hold_value room[8];
	struct out a = out_new(10000), b = out_new(10000);
	struct span packed;

	hold_pack(&hold, &a);
	CHECK(!a.failed);
	packed = on_cliff(out_view(&a));
	CHECK(hold_unpack(packed, room, 8, &got));
	CHECK(got.value_count == 4 && room[2].is_null && !room[3].is_null && room[1].is_binary);
	hold_pack(&got, &b);
	CHECK(span_equal(out_view(&a), out_view(&b)));
	CHECK(!hold_unpack(packed, room, 3, &got));	/* more values than room */
	for (size_t n = 0; n < packed.n; n++)
		CHECK(!hold_unpack(on_cliff(span_head(packed, n)), room, 8, &got));
	out_u8(&a, 0);
	CHECK(!hold_unpack(out_view(&a), room, 8, &got));	/* a byte left over */
	hold.answer = HOLD_ANSWERS;
	out_clear(&a);
	hold_pack(&hold, &a);
	CHECK(!hold_unpack(out_view(&a), room, 8, &got));	/* an answer that is none */
	srandom(3);
	for (int i = 0; i < 20000; i++) {	/* one byte wrong: no crash */
		uint8_t was = b.p[(size_t)i % b.n];

		b.p[(size_t)i % b.n] = (uint8_t)random();
		hold_unpack(out_view(&b), room, 8, &got);
		b.p[(size_t)i % b.n] = was;
	}
	out_free(&a);
	out_free(&b);
}

static bool
covers_differ(const struct hold *x)
{
	struct hold base = sample();
	struct out a = out_new(10000), b = out_new(10000);
	bool differ;

	hold_cover(&base, &a);
	hold_cover(x, &b);
	differ = !span_equal(out_view(&a), out_view(&b));
	out_free(&a);
	out_free(&b);
	return differ;
}

#define DIFFERS(change) do { \
	struct hold hold = sample(); \
	change; \
	CHECK_ROW(#change, covers_differ(&hold)); \
} while (0)
#define SAME(change) do { \
	struct hold hold = sample(); \
	change; \
	CHECK_ROW(#change, !covers_differ(&hold)); \
} while (0)

static void
covered(void)
{
	struct hold_value other[COUNT(values)];

	memcpy(other, values, sizeof(values));
	DIFFERS(hold.text = SPAN("delete from orders where id = $2"));
	DIFFERS(hold.row_limit = 11);
	DIFFERS(hold.salt[31] = 1);
	DIFFERS(hold.role = SPAN("admin"));
	DIFFERS(hold.database = SPAN("other"));
	DIFFERS(hold.search_path = SPAN("evil,public"));
	DIFFERS(hold.transaction = 'T');
	DIFFERS(hold.skill = SPAN("other"));
	DIFFERS(hold.target = SPAN("other"));
	DIFFERS(hold.value_count = 3);
	DIFFERS(other[0].bytes = SPAN("43"); hold.values = other);
	memcpy(other, values, sizeof(values));
	DIFFERS(other[0].type = 20; hold.values = other);
	memcpy(other, values, sizeof(values));
	DIFFERS(other[0].is_binary = true; hold.values = other);
	memcpy(other, values, sizeof(values));
	DIFFERS(other[2].is_null = false; hold.values = other);
	/* bytes do not move from one part to the next */
	DIFFERS(hold.role = SPAN("writ"); hold.database = SPAN("ershop"));
	SAME(hold.why = SPAN("other"));
	DIFFERS(hold.need = 9);
	DIFFERS(hold.acts = SPAN("another object"));
	DIFFERS(hold.approvers = 77);
	DIFFERS(hold.rule = SPAN("another rule"));
	SAME(hold.id.chance = 99);
	/* who is to ask again is bound to its session, who waits is not: its flow is there */
	SAME(hold.session.chance = 99);
	DIFFERS(hold.answer = ANSWER_RETRY);
	{
		struct hold mine = sample(), theirs = sample();
		struct out a = out_new(10000), b = out_new(10000);

		mine.answer = theirs.answer = ANSWER_RETRY;
		theirs.session.chance = 99;
		hold_cover(&mine, &a);
		hold_cover(&theirs, &b);
		CHECK(!span_equal(out_view(&a), out_view(&b)));
		out_free(&a);
		out_free(&b);
	}
}

int
main(void)
{
	there_and_back();
	covered();
	return check_end();
}
