/* Who may enter what: each row is an entry of one process, with one id or none. */
#include "ledger/permit.h"

#include "check.h"
#include "entry.h"
#include "msg.h"

static const struct {
	const char *name, *process;
	enum entry_kind kind;
	enum entry_key key;		/* 0: no id */
	enum id_kind id;
	unsigned int maker;
	bool may;
} rows[] = {
	{ "its own flow", "worker/0", ENTRY_FLOW, KEY_FLOW, ID_FLOW, SLOT_WORKER, true },
	{ "the last worker's", "worker/15", ENTRY_ASK, KEY_TURN, ID_TURN, SLOT_WORKER + 15, true },
	{ "another's flow", "worker/0", ENTRY_ASK, KEY_FLOW, ID_FLOW, SLOT_WORKER + 1, false },
	{ "another's turn", "worker/1", ENTRY_ANSWER, KEY_TURN, ID_TURN, SLOT_WORKER, false },
	{ "another's refusal", "worker/1", ENTRY_ASK, KEY_REFUSAL, ID_REFUSAL, SLOT_WORKER, false },
	{ "another's hold", "worker/1", ENTRY_RELEASE, KEY_HOLD, ID_HOLD, SLOT_WORKER, true },
	{ "nobody's hold", "worker/1", ENTRY_RELEASE, KEY_HOLD, ID_HOLD, SLOT_BROKER, false },
	{ "a hold for a flow", "worker/0", ENTRY_ASK, KEY_FLOW, ID_HOLD, SLOT_WORKER, false },
	{ "the loader's session", "worker/0", ENTRY_ASK, KEY_SESSION, ID_SESSION, SLOT_LOADER, true },
	{ "a session of its own", "worker/0", ENTRY_ASK, KEY_SESSION, ID_SESSION, SLOT_WORKER, false },
	{ "a worker decides", "worker/0", ENTRY_DECISION, KEY_HOLD, ID_HOLD, SLOT_WORKER, false },
	{ "a worker holds", "worker/0", ENTRY_HOLD, KEY_HOLD, ID_HOLD, SLOT_WORKER, false },
	{ "a worker attaches", "worker/0", ENTRY_ATTACH, KEY_SESSION, ID_SESSION, SLOT_LOADER, false },
	{ "a worker alarms", "worker/0", ENTRY_ALARM, 0, ID_NONE, 0, false },
	{ "a worker lends", "worker/0", ENTRY_CREDENTIAL, KEY_FLOW, ID_FLOW, SLOT_WORKER, false },
	{ "the broker decides", "broker", ENTRY_DECISION, KEY_HOLD, ID_HOLD, SLOT_WORKER + 2, true },
	{ "the broker asks", "broker", ENTRY_ASK, KEY_FLOW, ID_FLOW, SLOT_WORKER, false },
	{ "the keeper lends", "keeper", ENTRY_CREDENTIAL, KEY_FLOW, ID_FLOW, SLOT_WORKER + 3, true },
	{ "to nobody's flow", "keeper", ENTRY_CREDENTIAL, KEY_FLOW, ID_FLOW, SLOT_KEEPER, false },
	{ "beyond all slots", "keeper", ENTRY_CREDENTIAL, KEY_FLOW, ID_FLOW, SLOTS, false },
	{ "the loader attaches", "loader", ENTRY_ATTACH, KEY_SESSION, ID_SESSION, SLOT_LOADER, true },
	{ "the loader decides", "loader", ENTRY_DECISION, 0, ID_NONE, 0, false },
	{ "the policy", "policy", ENTRY_POLICY, 0, ID_NONE, 0, true },
	{ "a policy of the keeper's", "keeper", ENTRY_POLICY, 0, ID_NONE, 0, false },
	{ "the warden starts", "warden", ENTRY_START, 0, ID_NONE, 0, true },
	{ "the grammar process", "grammar", ENTRY_ALARM, 0, ID_NONE, 0, false },
	{ "the resolver refuses", "resolver", ENTRY_REFUSED, KEY_SESSION, ID_SESSION, SLOT_LOADER, true },
	{ "a session of the resolver's", "resolver", ENTRY_REFUSED, KEY_SESSION, ID_SESSION, SLOT_RESOLVER, false },
	{ "the resolver alarms", "resolver", ENTRY_ALARM, 0, ID_NONE, 0, true },
	{ "the resolver detaches", "resolver", ENTRY_DETACH, 0, ID_NONE, 0, false },
	{ "nobody", "worker/16", ENTRY_ASK, 0, ID_NONE, 0, false },
	{ "a kind to come", "warden", ENTRY_KINDS, 0, ID_NONE, 0, false },
};

static struct span
make(size_t i)
{
	static uint8_t room[ENTRY_LIMIT];
	struct entry entry;
	struct span whole;
	struct id id = id_make(rows[i].id, rows[i].maker, 1795000000000ULL, 77);

	entry_begin(&entry, room, rows[i].kind);
	entry_text(&entry, KEY_PROCESS, span_text(rows[i].process));
	entry_uint(&entry, KEY_SEQUENCE, 1);
	if (rows[i].key)
		entry_id(&entry, rows[i].key, &id);
	CHECK_ROW(rows[i].name, entry_end(&entry, &whole) == 0);
	return whole;
}

/* Every kind is somebody's, and no worker's kind is anybody else's. */
static void
every_kind(void)
{
	static uint8_t room[ENTRY_LIMIT];

	for (unsigned int kind = ENTRY_NONE + 1; kind < ENTRY_KINDS; kind++) {
		bool worker = false;
		unsigned int others = 0;

		for (unsigned int slot = 0; slot < SLOTS; slot++) {
			struct entry entry;
			struct span whole;

			entry_begin(&entry, room, (enum entry_kind)kind);
			entry_text(&entry, KEY_PROCESS, span_text(msg_slot_name(slot)));
			CHECK(entry_end(&entry, &whole) == 0);
			if (permit_entry(whole) && slot >= SLOT_WORKER)
				worker = true;
			else
				others += permit_entry(whole);
		}
		CHECK(worker != (others > 0));
	}
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_ROW(rows[i].name, permit_entry(make(i)) == rows[i].may);
	every_kind();
	return check_end();
}
