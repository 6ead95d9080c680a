/* writers.c: number by number, one row for each process. */
#include "ledger/writers.h"

#include "entry.h"

enum writers_step
writers_see(struct writers *writers, unsigned int slot, uint64_t incarnation,
    uint64_t sequence)
{
	struct writer *writer = &writers->of[slot];

	if (writer->incarnation != incarnation) {
		if (sequence != 1)
			return WRITER_EARLY;
		*writer = (struct writer){ .incarnation = incarnation, .last = 1 };
		return WRITER_NEXT;
	}
	if (sequence <= writer->last) {
		writer->owes_written = writer->written > 0;
		writer->owes_synced = writer->synced > 0;
		return WRITER_DOUBLE;
	}
	if (sequence != writer->last + 1)
		return WRITER_EARLY;
	writer->last = sequence;
	return WRITER_NEXT;
}

bool
writers_may(struct span entry, unsigned int slot, uint64_t incarnation,
    uint64_t sequence)
{
	uint64_t own_incarnation, own_sequence;
	struct span process;

	return sequence != 0 && entry_is_valid(entry) &&
	    entry_get_text(entry, KEY_PROCESS, &process) &&
	    span_is(process, msg_slot_name(slot)) &&
	    entry_get_uint(entry, KEY_INCARNATION, &own_incarnation) &&
	    own_incarnation == incarnation &&
	    entry_get_uint(entry, KEY_SEQUENCE, &own_sequence) &&
	    own_sequence == sequence;
}

void
writers_learn(struct writers *writers, struct span entry)
{
	uint64_t incarnation, sequence;
	struct span process;

	if (!entry_get_text(entry, KEY_PROCESS, &process) ||
	    !entry_get_uint(entry, KEY_INCARNATION, &incarnation) ||
	    !entry_get_uint(entry, KEY_SEQUENCE, &sequence))
		return;
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		if (span_is(process, msg_slot_name(slot)))
			writers->of[slot] = (struct writer){
				.incarnation = incarnation, .last = sequence,
				.written = sequence, .synced = sequence };
}

void
writers_wrote(struct writers *writers, unsigned int slot, uint64_t incarnation,
    uint64_t sequence)
{
	struct writer *writer = &writers->of[slot];

	if (writer->incarnation != incarnation)
		return;		/* that run is over, nobody waits for it */
	writer->written = sequence;
	writer->owes_written = true;
}

void
writers_synced(struct writers *writers)
{
	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		struct writer *writer = &writers->of[slot];

		if (writer->synced == writer->written)
			continue;
		writer->synced = writer->written;
		writer->owes_synced = true;
	}
}
