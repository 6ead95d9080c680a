/* table.c: who may say what to whom, and how long it is. The whole of it. */
#include "abi.h"
#include "msg.h"

#define FIXED(n) n, n
#define UP_TO(most) 0, most
#define WORKER SLOT_WORKER
#define ORIGIN_SIZE 96

static const struct msg_rule rules[] = {
	{ MSG_READY, MSG_ANY, SLOT_WARDEN, FIXED(0), false },
	{ MSG_BEAT, MSG_ANY, SLOT_WARDEN, FIXED(0), false },
	{ MSG_SENDER_FAULT, MSG_ANY, SLOT_WARDEN, FIXED(3), false },
	{ MSG_PEER_DOWN, SLOT_WARDEN, MSG_ANY, FIXED(1), false },
	{ MSG_PEER_UP, SLOT_WARDEN, MSG_ANY, FIXED(1), false },
	{ MSG_QUIT, SLOT_WARDEN, MSG_ANY, FIXED(0), false },
	{ MSG_BEATS, SLOT_WARDEN, SLOT_LOADER, FIXED(8), false },
	{ MSG_RELOAD, SLOT_WARDEN, SLOT_POLICY, FIXED(0), false },
	{ MSG_CANCEL, WORKER, SLOT_WARDEN, FIXED(37), false },
	{ MSG_CANCEL, SLOT_WARDEN, WORKER, FIXED(37), false },
	{ MSG_CHILD, SLOT_WARDEN, SLOT_BROKER, FIXED(17), false },
	{ MSG_DRAIN, SLOT_WARDEN, WORKER, FIXED(4), false },
	{ MSG_LISTENER, SLOT_LOADER, SLOT_WARDEN, FIXED(9), true },
	{ MSG_LISTENER_SHUT, SLOT_LOADER, SLOT_WARDEN, FIXED(8), false },
	{ MSG_LISTENER_KEPT, SLOT_WARDEN, SLOT_LOADER, FIXED(9), true },

	{ MSG_ENTRY, MSG_ANY, SLOT_RECORDER, 21, MSG_BODY_MAX, false },
	{ MSG_KEPT, SLOT_RECORDER, MSG_ANY, FIXED(18), false },

	{ MSG_VIEW_OFFER, SLOT_POLICY, MSG_ANY, 4, MSG_BODY_MAX, false },
	{ MSG_VIEW_SWAP, SLOT_POLICY, MSG_ANY, FIXED(4), false },
	{ MSG_VIEW_TAKEN, MSG_ANY, SLOT_POLICY, FIXED(8), false },
	{ MSG_VIEW_SWAPPED, MSG_ANY, SLOT_POLICY, FIXED(4), false },
	{ MSG_VIEW_ASK, MSG_ANY, SLOT_POLICY, FIXED(0), false },

	{ MSG_DOOR, SLOT_LOADER, WORKER, FIXED(8), true },
	{ MSG_DOOR_SHUT, SLOT_LOADER, WORKER, FIXED(8), false },
	{ MSG_WHO, WORKER, SLOT_LOADER, FIXED(ORIGIN_SIZE), false },
	{ MSG_WHO_IS, SLOT_LOADER, WORKER, UP_TO(4096), false },
	{ MSG_SOCKET, WORKER, SLOT_LOADER, 13, 13 + ABI_NAME_SIZE, false },
	{ MSG_SOCKET_IS, SLOT_LOADER, WORKER, FIXED(4), true },
	{ MSG_SKILL_STOP, SLOT_LOADER, WORKER, FIXED(16), false },

	{ MSG_PARSE, WORKER, SLOT_GRAMMAR, UP_TO(MSG_BODY_MAX), false },
	{ MSG_ANALYSIS, SLOT_GRAMMAR, WORKER, 4, MSG_BODY_MAX, false },

	{ MSG_LEAF, WORKER, SLOT_KEEPER, 24, 1024, false },
	{ MSG_LEAF_IS, SLOT_KEEPER, WORKER, 4, 32768, false },
	{ MSG_PROOF, WORKER, SLOT_KEEPER, 25, 16384, false },
	{ MSG_PROOF_IS, SLOT_KEEPER, WORKER, 5, 16384, false },
	{ MSG_MASK_KEYS, WORKER, SLOT_KEEPER, FIXED(0), false },
	{ MSG_MASK_KEYS_ARE, SLOT_KEEPER, WORKER, 8, 8 + 65 * 32, false },
	{ MSG_TICKET_KEYS, WORKER, SLOT_KEEPER, FIXED(0), false },
	{ MSG_TICKET_KEYS_ARE, SLOT_KEEPER, WORKER, 4 + 80, 4 + 2 * 80, false },

	{ MSG_HOLD, WORKER, SLOT_BROKER, 64, MSG_BODY_MAX, false },
	{ MSG_HOLD_LEFT, WORKER, SLOT_BROKER, FIXED(16), false },
	{ MSG_DECIDED, SLOT_BROKER, WORKER, 57, 8192, false },
	{ MSG_HOLD_STANDS, SLOT_BROKER, WORKER, FIXED(16), false },
	{ MSG_APPROVED_ASK, WORKER, SLOT_BROKER, 41, 261, false },
	{ MSG_APPROVED_IS, SLOT_BROKER, WORKER, 4, 4096, false },
	{ MSG_STOP, SLOT_BROKER, WORKER, 6, 256, false },
	{ MSG_STOP, SLOT_BROKER, SLOT_LOADER, 6, 256, false },
	{ MSG_STOP, SLOT_LOADER, WORKER, 6, 256, false },
	{ MSG_WATCH, SLOT_BROKER, WORKER, FIXED(1), false },
	{ MSG_TURN, WORKER, SLOT_BROKER, 4, 32768, false },

	{ MSG_DO, SLOT_BROKER, SLOT_LOADER, 16, MSG_BODY_MAX, true },
	{ MSG_DO, SLOT_BROKER, SLOT_POLICY, 16, MSG_BODY_MAX, false },
	{ MSG_DO, SLOT_BROKER, SLOT_KEEPER, 16, MSG_BODY_MAX, false },
	{ MSG_DO, SLOT_BROKER, SLOT_RECORDER, 16, MSG_BODY_MAX, false },
	{ MSG_DONE, SLOT_LOADER, SLOT_BROKER, 5, MSG_BODY_MAX, false },
	{ MSG_DONE, SLOT_POLICY, SLOT_BROKER, 5, MSG_BODY_MAX, false },
	{ MSG_DONE, SLOT_KEEPER, SLOT_BROKER, 5, MSG_BODY_MAX, false },
	{ MSG_DONE, SLOT_RECORDER, SLOT_BROKER, 5, MSG_BODY_MAX, false },
	{ MSG_SESSION, SLOT_LOADER, SLOT_BROKER, 25, 4096, false },

	{ MSG_EAR, SLOT_LOADER, SLOT_RESOLVER, 41, 256, true },
	{ MSG_EAR_SHUT, SLOT_LOADER, SLOT_RESOLVER, FIXED(24), false },
	{ MSG_ADDRESSES, SLOT_RESOLVER, SLOT_LOADER, 8, 4096, false },

	{ MSG_ROOTS, SLOT_KEEPER, SLOT_COURIER, 1, MSG_BODY_MAX, false },
	{ MSG_FETCH, SLOT_KEEPER, SLOT_COURIER, 12, MSG_INLINE, false },
	{ MSG_FETCHED, SLOT_COURIER, SLOT_KEEPER, 20, 32768, false },
	{ MSG_LOOKUP, SLOT_COURIER, SLOT_RESOLVER, 2, 256, false },
	{ MSG_LOOKED, SLOT_RESOLVER, SLOT_COURIER, 8, 1024, false },
};

static bool
fits(uint8_t rule, unsigned int slot)
{
	if (rule == MSG_ANY)
		return slot < SLOTS;
	if (rule == SLOT_WORKER)
		return msg_is_worker(slot);
	return rule == slot;
}

const struct msg_rule *
msg_rule_find(uint16_t type, unsigned int from, unsigned int to)
{
	if (from == to)
		return NULL;
	for (size_t i = 0; i < COUNT(rules); i++)
		if (rules[i].type == type && fits(rules[i].from, from) &&
		    fits(rules[i].to, to))
			return &rules[i];
	return NULL;
}

bool
msg_has_channel(unsigned int a, unsigned int b)
{
	if (a == b || a >= SLOTS || b >= SLOTS)
		return false;
	for (size_t i = 0; i < COUNT(rules); i++)
		if ((fits(rules[i].from, a) && fits(rules[i].to, b)) ||
		    (fits(rules[i].from, b) && fits(rules[i].to, a)))
			return true;
	return false;
}

/* FNV-1a over the version and every row: who has the same table says the same. */
uint64_t
msg_speech(void)
{
	uint64_t h = 14695981039346656037ULL;

	h = (h ^ MSG_VERSION) * 1099511628211ULL;
	for (size_t i = 0; i < COUNT(rules); i++) {
		const struct msg_rule *rule = &rules[i];
		uint64_t row = (uint64_t)rule->type << 40 ^ (uint64_t)rule->from << 32 ^
		    (uint64_t)rule->to << 24 ^ (uint64_t)rule->has_fd << 20;

		h = (h ^ row) * 1099511628211ULL;
		h = (h ^ ((uint64_t)rule->least << 32 | rule->most)) * 1099511628211ULL;
	}
	return h;
}

const char *
msg_slot_name(unsigned int slot)
{
	static const char *const names[] = {
		"warden", "loader", "policy", "grammar", "keeper", "broker",
		"recorder", "resolver", "worker/0", "worker/1", "worker/2",
		"worker/3", "worker/4", "worker/5", "worker/6", "worker/7",
		"worker/8", "worker/9", "worker/10", "worker/11", "worker/12",
		"worker/13", "worker/14", "worker/15", "courier",
	};

	return slot < COUNT(names) ? names[slot] : "nobody";
}
