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
writers_may(const struct entry_about *about, unsigned int slot, uint64_t incarnation,
    uint64_t sequence)
{
	return sequence != 0 && about->sequence == sequence &&
	    about->incarnation == incarnation &&
	    span_is(about->process, msg_slot_name(slot));
}

void
writers_learn(struct writers *writers, struct span entry)
{
	struct entry_about about;

	if (!entry_read(entry, &about))
		return;
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		if (span_is(about.process, msg_slot_name(slot)))
			writers->of[slot] = (struct writer){
				.incarnation = about.incarnation,
				.last = about.sequence, .written = about.sequence,
				.synced = about.sequence };
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
