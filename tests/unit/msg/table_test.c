/* The table says who may say what: nobody speaks to himself, every type has a rule, lengths are sane. */
#include "check.h"
#include "msg.h"

static const struct {
	uint16_t type;
	unsigned int from, to;
	bool allowed;
} rows[] = {
	{ MSG_PARSE, SLOT_WORKER, SLOT_GRAMMAR, true },
	{ MSG_PARSE, SLOT_WORKER + 15, SLOT_GRAMMAR, true },
	{ MSG_PARSE, SLOT_BROKER, SLOT_GRAMMAR, false },
	{ MSG_PARSE, SLOT_GRAMMAR, SLOT_WORKER, false },
	{ MSG_ANALYSIS, SLOT_GRAMMAR, SLOT_WORKER, true },
	{ MSG_PROOF, SLOT_BROKER, SLOT_KEEPER, false },
	{ MSG_ENTRY, SLOT_LOADER, SLOT_RECORDER, true },
	{ MSG_ENTRY, SLOT_RECORDER, SLOT_RECORDER, false },
	{ MSG_KEPT, SLOT_RECORDER, SLOT_WORKER + 3, true },
	{ MSG_KEPT, SLOT_WORKER, SLOT_RECORDER, false },
	{ MSG_BEAT, SLOT_KEEPER, SLOT_WARDEN, true },
	{ MSG_BEATS, SLOT_WARDEN, SLOT_LOADER, true },
	{ MSG_BEATS, SLOT_WARDEN, SLOT_WORKER, false },
	{ MSG_DO, SLOT_WORKER, SLOT_LOADER, false },
	{ MSG_DECIDED, SLOT_LOADER, SLOT_WORKER, false },
	{ MSG_DECIDED, SLOT_BROKER, SLOT_WORKER, true },
	{ MSG_HOLD_STANDS, SLOT_BROKER, SLOT_WORKER, true },
	{ MSG_HOLD_STANDS, SLOT_WORKER, SLOT_BROKER, false },
	{ MSG_EAR, SLOT_LOADER, SLOT_RESOLVER, true },
	{ MSG_EAR, SLOT_LOADER, SLOT_WORKER, false },
	{ MSG_ADDRESSES, SLOT_RESOLVER, SLOT_LOADER, true },
	{ MSG_ADDRESSES, SLOT_WORKER, SLOT_LOADER, false },
	{ MSG_FETCH, SLOT_KEEPER, SLOT_COURIER, true },
	{ MSG_FETCH, SLOT_WORKER, SLOT_COURIER, false },
	{ MSG_FETCHED, SLOT_COURIER, SLOT_KEEPER, true },
	{ MSG_FETCHED, SLOT_WORKER, SLOT_KEEPER, false },
	{ MSG_LOOKUP, SLOT_COURIER, SLOT_RESOLVER, true },
	{ MSG_PROOF, SLOT_COURIER, SLOT_KEEPER, false },
	{ MSG_DOOR, SLOT_LOADER, SLOT_COURIER, false },
	{ MSG_NONE, SLOT_BROKER, SLOT_WORKER, false },
	{ MSG_TYPES, SLOT_BROKER, SLOT_WORKER, false },
};

static void
every_type_has_a_rule(void)
{
	for (uint16_t type = MSG_NONE + 1; type < MSG_TYPES; type++) {
		const struct msg_rule *found = NULL;

		for (unsigned int a = 0; a < SLOTS && !found; a++)
			for (unsigned int b = 0; b < SLOTS && !found; b++)
				found = msg_rule_find(type, a, b);
		CHECK(found != NULL);
		CHECK(found && found->least <= found->most && found->most <= MSG_BODY_MAX);
		/* the warden reads nothing but fixed sizes */
		CHECK(found && (found->to != SLOT_WARDEN || found->least == found->most));
	}
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK(!!msg_rule_find(rows[i].type, rows[i].from, rows[i].to) == rows[i].allowed);
	every_type_has_a_rule();
	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		CHECK(!msg_has_channel(slot, slot));
		CHECK(strcmp(msg_slot_name(slot), "nobody") != 0);
	}
	CHECK(!msg_has_channel(SLOT_WORKER, SLOT_WORKER + 1));
	CHECK(!msg_has_channel(SLOT_GRAMMAR, SLOT_KEEPER));
	CHECK(strcmp(msg_slot_name(SLOTS), "nobody") == 0);
	return check_end();
}
