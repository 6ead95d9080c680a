/* The loader's answer is read whole or not at all, and no name in it is trusted to fit. */
#include "identify/identify.h"

#include "check.h"
#include "msg/post.h"
#include "out.h"

static struct out
answer(struct span skill, uint32_t status)
{
	struct out out = out_new(1000);
	struct id session = id_make(ID_SESSION, 1, 1795000000000ULL, 5);

	out_be32(&out, status);
	msg_put_id(&out, &session);
	out_block(&out, skill);
	out_block(&out, SPAN("ann"));
	out_be32(&out, 1001);
	out_u8(&out, 1);
	out_zero(&out, 32);
	out_block(&out, SPAN("because"));
	return out;
}

int
main(void)
{
	struct out whole = answer(SPAN("support"), 0);
	struct out named = answer(SPAN("a-name-of-more-than-thirty-two-bytes"), 0);
	struct out nul = answer(SPAN("a\0b"), 0);
	struct who who = { .origin.pid = 7 };
	char reason[8];
	int status = -1;

	CHECK(identify_hear(on_cliff(out_view(&whole)), &who, &status, reason, sizeof(reason)));
	CHECK(status == 0 && strcmp(who.skill, "support") == 0 && strcmp(who.starter, "ann") == 0);
	CHECK(who.origin.pid == 7 && who.starter_uid == 1001 && who.is_measured);
	CHECK(strcmp(reason, "because") == 0);
	for (size_t n = 0; n < whole.n; n++)
		CHECK(!identify_hear(on_cliff(span_head(out_view(&whole), n)), &who, &status,
		    reason, sizeof(reason)));
	out_u8(&whole, 0);
	CHECK(!identify_hear(out_view(&whole), &who, &status, reason, sizeof(reason)));
	CHECK(!identify_hear(out_view(&named), &who, &status, reason, sizeof(reason)));
	CHECK(!identify_hear(out_view(&nul), &who, &status, reason, sizeof(reason)));
	out_free(&whole);
	out_free(&named);
	out_free(&nul);
	return check_end();
}
