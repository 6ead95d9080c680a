/* fault.c: a rank for each process; a word counts against lower ranks, and among the highest. */
#include "warden/fault.h"

#include "msg.h"

enum rank {
	RANK_WORKER,	/* reads what skills and backends send; the resolver and the courier too */
	RANK_GRAMMAR,	/* reads statements, in a large library */
	RANK_ESTATE,	/* reads what people, files and other processes say */
	RANK_WARDEN,
};

static enum rank
rank_of(unsigned int slot)
{
	if (msg_is_worker(slot) || slot == SLOT_RESOLVER || slot == SLOT_COURIER)
		return RANK_WORKER;
	if (slot == SLOT_GRAMMAR)
		return RANK_GRAMMAR;
	return slot == SLOT_WARDEN ? RANK_WARDEN : RANK_ESTATE;
}

bool
fault_is_believed(unsigned int by, unsigned int of)
{
	if (!msg_has_channel(by, of) || of == SLOT_WARDEN)
		return false;
	return rank_of(of) < rank_of(by) || rank_of(by) == RANK_ESTATE;
}
