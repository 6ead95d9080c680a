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
	[ENTRY_REFUSED] = BY(SLOT_LOADER) | BY(SLOT_RESOLVER),
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
	[ENTRY_ALARM] = ESTATE | BY(SLOT_RESOLVER),
};
static_assert(COUNT(writers) == ENTRY_KINDS, "a row for every kind");

static const enum id_kind kinds[ENTRY_IDS] = {	/* as entry_about has them */
	ID_SESSION, ID_FLOW, ID_TURN, ID_HOLD, ID_REFUSAL,
};

/* May a process in `slot` name an id made in `maker`? */
static bool
may_name(unsigned int slot, enum id_kind kind, unsigned int maker)
{
	if (kind == ID_SESSION)
		return maker == SLOT_LOADER;
	if (!msg_is_worker(maker))
		return false;
	/* a hold is found again by whichever worker the same is asked of */
	return !msg_is_worker(slot) || kind == ID_HOLD || maker == slot;
}

static bool
ids_are_right(const struct entry_about *about, unsigned int slot)
{
	struct id id;

	for (size_t i = 0; i < ENTRY_IDS; i++)
		if (about->ids[i].p && (!id_parse(about->ids[i], &id) || id.kind != kinds[i] ||
		    !may_name(slot, kinds[i], id.slot)))
			return false;
	return true;
}

bool
permit_about(const struct entry_about *about)
{
	unsigned int slot = 0;

	if (about->kind >= ENTRY_KINDS)
		return false;
	while (slot < SLOTS && !span_is(about->process, msg_slot_name(slot)))
		slot++;
	if (slot == SLOTS)
		return false;
	return writers[about->kind] & BY(msg_is_worker(slot) ? SLOT_WORKER : slot) &&
	    ids_are_right(about, slot);
}

bool
permit_entry(struct span entry)
{
	struct entry_about about;

	return entry_read(entry, &about) && permit_about(&about);
}
