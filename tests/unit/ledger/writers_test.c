/* The next number is taken, a double is not, and nothing is taken out of turn. */
#include "ledger/writers.h"

#include "make.h"

static const struct {
	const char *name;
	unsigned int slot;
	uint64_t incarnation, sequence;
	enum writers_step step;
} rows[] = {
	{ "not the first", 8, 7, 2, WRITER_EARLY },
	{ "first", 8, 7, 1, WRITER_NEXT },
	{ "second", 8, 7, 2, WRITER_NEXT },
	{ "second again", 8, 7, 2, WRITER_DOUBLE },
	{ "first again", 8, 7, 1, WRITER_DOUBLE },
	{ "one left out", 8, 7, 4, WRITER_EARLY },
	{ "third", 8, 7, 3, WRITER_NEXT },
	{ "another process", 9, 7, 1, WRITER_NEXT },
	{ "a new run late", 8, 8, 3, WRITER_EARLY },
	{ "the old run goes on", 8, 7, 4, WRITER_NEXT },
	{ "a new run", 8, 8, 1, WRITER_NEXT },
	{ "the old run is over", 8, 7, 5, WRITER_EARLY },
};

int
main(void)
{
	static struct writers writers, learned;
	struct span entry = make_entry_of("worker/0", 7, 41, 10);
	struct entry_about about;

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_ROW(rows[i].name, writers_see(&writers, rows[i].slot,
		    rows[i].incarnation, rows[i].sequence) == rows[i].step);

	CHECK(entry_read(entry, &about) && writers_may(&about, SLOT_WORKER, 7, 41));
	CHECK(!writers_may(&about, SLOT_BROKER, 7, 41));	/* in another's name */
	CHECK(!writers_may(&about, SLOT_WORKER, 8, 41));
	CHECK(!writers_may(&about, SLOT_WORKER, 7, 42));
	CHECK(!writers_may(&(struct entry_about){ 0 }, SLOT_WORKER, 0, 0));

	writers_learn(&learned, entry);
	CHECK(writers_see(&learned, SLOT_WORKER, 7, 41) == WRITER_DOUBLE);
	CHECK(learned.of[SLOT_WORKER].owes_written && learned.of[SLOT_WORKER].owes_synced);
	CHECK(writers_see(&learned, SLOT_WORKER, 7, 42) == WRITER_NEXT);
	CHECK(learned.of[SLOT_WORKER].written == 41);
	writers_wrote(&learned, SLOT_WORKER, 7, 42);
	writers_wrote(&learned, SLOT_WORKER, 6, 99);
	CHECK(learned.of[SLOT_WORKER].written == 42 && learned.of[SLOT_WORKER].synced == 41);
	writers_synced(&learned);
	CHECK(learned.of[SLOT_WORKER].synced == 42);
	return check_end();
}
