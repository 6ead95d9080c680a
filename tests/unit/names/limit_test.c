/* How fast may be asked, and what is too full to be a name. */
#include "names/limit.h"

#include "base/clock.h"
#include "check.h"

static const struct {
	const char *name;
	unsigned int least, most;
} rows[] = {
	{ "", 0, 0 },
	{ "localhost", 20, 30 },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0, 0 },
	{ "ab", 2, 2 },
	{ "db.shop.example", 20, 40 },
	/* as long as names of clouds and clusters get */
	{ "mydb-instance-1.c9akciq32xyz.us-east-1.rds.amazonaws.com", 100, 190 },
	{ "orders-primary.payments-production.svc.cluster.local", 100, 180 },
	{ "f81d4fae-7dec-11d0-a765-00a0c91e6bf6.internal", 100, 170 },
	/* sixty-three letters of base 32, and hexadecimal in three labels */
	{ "mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dzpiytembqge4dgnbvgy3tqojq.x", 201, 400 },
	{ "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff.0f1e2d3c4b5a69788796a5b4c3d2e1f0.t", 201, 500 },
};

static void
check_rate(void)
{
	struct limit limit = { 0 };
	uint64_t now = 1000 * SECOND_NS;
	unsigned int allowed = 0;

	while (limit_take(&limit, now, 1))
		allowed++;
	CHECK(allowed == LIMIT_BURST);
	for (int i = 0; i < 100; i++) {	/* asked without a rest, for ten seconds */
		now += SECOND_NS / 10;
		while (limit_take(&limit, now, 1))
			allowed++;
	}
	CHECK(allowed == LIMIT_BURST + 10 * LIMIT_RATE);
	now += 100 * SECOND_NS;	/* a long rest fills it, and no more */
	CHECK(limit_take(&limit, now, LIMIT_BURST));
	CHECK(!limit_take(&limit, now, 1));
	CHECK(!limit_take(&limit, now + SECOND_NS / LIMIT_RATE - 1, 1));
	CHECK(limit_take(&limit, now + SECOND_NS / LIMIT_RATE, 1));
	CHECK(!limit_take(&limit, now + 5 * SECOND_NS, LIMIT_BURST + 1));
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned int bits = limit_bits(rows[i].name);

		if (!CHECK_ROW(rows[i].name, bits >= rows[i].least && bits <= rows[i].most))
			fprintf(stderr, "  %u bits\n", bits);
	}
	check_rate();
	return check_end();
}
