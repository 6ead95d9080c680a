/* A key makes tickets for an hour and opens them for another; then nothing opens them. */
#include "vault/ticket_keys.h"

#include "check.h"

static uint8_t first[TICKET_KEY], second[TICKET_KEY];

static bool
is(struct span keys, size_t at, const uint8_t key[TICKET_KEY])
{
	return keys.n >= (at + 1) * TICKET_KEY && !memcmp(keys.p + at * TICKET_KEY, key, TICKET_KEY);
}

int
main(void)
{
	struct ticket_keys *all = NULL;
	struct span keys = { 0 };
	uint32_t left = 0;

	CHECK(ticket_keys_new(&all) == 0);
	CHECK(ticket_keys_now(all, 5, &keys, &left) == 0 && keys.n == TICKET_KEY && left == TICKET_TURN_S);
	memcpy(first, keys.p, sizeof(first));
	CHECK(ticket_keys_now(all, 5 + TICKET_TURN_S - 1, &keys, &left) == 0 && left == 1);
	CHECK(keys.n == TICKET_KEY && is(keys, 0, first));
	CHECK(ticket_keys_now(all, 5 + TICKET_TURN_S, &keys, &left) == 0 && left == TICKET_TURN_S);
	CHECK(keys.n == 2 * TICKET_KEY && is(keys, 1, first) && !is(keys, 0, first));
	memcpy(second, keys.p, sizeof(second));
	CHECK(ticket_keys_now(all, 5 + 2 * TICKET_TURN_S + 7, &keys, &left) == 0 && left == TICKET_TURN_S);
	CHECK(keys.n == 2 * TICKET_KEY && is(keys, 1, second) && !is(keys, 0, first));
	/* nobody has asked for long: what the last one made is over */
	CHECK(ticket_keys_now(all, 5 + 2 * TICKET_TURN_S + 7 + 2 * TICKET_TURN_S, &keys, &left) == 0);
	CHECK(keys.n == TICKET_KEY && !is(keys, 0, first) && !is(keys, 0, second));
	ticket_keys_free(&all);
	CHECK(!all);
	ticket_keys_free(&all);
	return check_end();
}
