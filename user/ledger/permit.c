/*
 * permit.c: a row for each kind of entry, and the ids that name their maker.
 * A worker makes the ids of its flows, turns and refusals, so they carry its slot;
 * keeper and broker enter under flows of workers; sessions are the loader's.
 */
#include "ledger/permit.h"

#include <assert.h>

#include "entry.h"
#include "msg.h"

#define BY(slot) (1u << (slot))
#define WORKER BY(SLOT_WORKER)	/* any worker */
#define ESTATE (BY(SLOT_WARDEN) | BY(SLOT_LOADER) | BY(SLOT_POLICY) | \
	BY(SLOT_KEEPER) | BY(SLOT_BROKER) | BY(SLOT_RECORDER))

static const uint32_t writers[] = {
	[ENTRY_NONE] = 0,
	[ENTRY_START] = BY(SLOT_WARDEN) | BY(SLOT_LOADER) | BY(SLOT_RECORDER),
	[ENTRY_STOP] = BY(SLOT_WARDEN) | BY(SLOT_RECORDER),
	[ENTRY_POLICY] = BY(SLOT_POLICY),
	[ENTRY_ATTACH] = BY(SLOT_LOADER),
	[ENTRY_DETACH] = BY(SLOT_LOADER),
	[ENTRY_REFUSED] = BY(SLOT_LOADER),
	[ENTRY_FLOW] = WORKER,
	[ENTRY_FLOW_END] = WORKER,
	[ENTRY_LOGIN] = WORKER,
	[ENTRY_CREDENTIAL] = BY(SLOT_KEEPER),
	[ENTRY_ASK] = WORKER,
	[ENTRY_ANSWER] = WORKER,
	[ENTRY_HOLD] = BY(SLOT_BROKER),
	[ENTRY_DECISION] = BY(SLOT_BROKER),
	[ENTRY_RELEASE] = WORKER,
	[ENTRY_STOPPED] = BY(SLOT_BROKER),
	[ENTRY_SKILL] = BY(SLOT_LOADER),
	[ENTRY_ALARM] = ESTATE,
};
static_assert(COUNT(writers) == ENTRY_KINDS, "a row for every kind");

static const struct {
	enum entry_key key;
	enum id_kind kind;
} ids[] = {
	{ KEY_SESSION, ID_SESSION }, { KEY_FLOW, ID_FLOW }, { KEY_TURN, ID_TURN },
	{ KEY_HOLD, ID_HOLD }, { KEY_REFUSAL, ID_REFUSAL },
};

/* May a process in `slot` name an id made in `maker`? */
static bool
may_name(unsigned int slot, enum id_kind kind, unsigned int maker)
{
	if (kind == ID_SESSION)
		return maker == SLOT_LOADER;
	if (maker < SLOT_WORKER || maker >= SLOTS)
		return false;
	/* a hold is found again by whichever worker the same is asked of */
	return slot < SLOT_WORKER || kind == ID_HOLD || maker == slot;
}

static bool
ids_are_right(struct span entry, unsigned int slot)
{
	for (size_t i = 0; i < COUNT(ids); i++) {
		struct span text;
		struct id id;

		if (entry_get_text(entry, ids[i].key, &text) &&
		    (!id_parse(text, &id) || id.kind != ids[i].kind ||
		    !may_name(slot, ids[i].kind, id.slot)))
			return false;
	}
	return true;
}

bool
permit_entry(struct span entry)
{
	unsigned int slot = 0;
	struct span process;
	uint64_t kind;

	if (!entry_get_text(entry, KEY_PROCESS, &process) ||
	    !entry_get_uint(entry, KEY_KIND, &kind) || kind >= ENTRY_KINDS)
		return false;
	while (slot < SLOTS && !span_is(process, msg_slot_name(slot)))
		slot++;
	if (slot == SLOTS)
		return false;
	return writers[kind] & BY(slot < SLOT_WORKER ? slot : SLOT_WORKER) &&
	    ids_are_right(entry, slot);
}
