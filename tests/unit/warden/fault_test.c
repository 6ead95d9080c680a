/* Who is ended when one process accuses another: every pair once, by rows for kinds. */
#include "warden/fault.h"

#include "check.h"
#include "msg.h"

#define WORKER SLOT_WORKER

static const struct {
	unsigned int by, of;
	bool believed;
} rows[] = {
	{ SLOT_KEEPER, WORKER, true },
	{ SLOT_RECORDER, WORKER + 15, true },
	{ SLOT_GRAMMAR, WORKER + 3, true },
	{ SLOT_RECORDER, SLOT_BROKER, true },
	{ SLOT_BROKER, SLOT_LOADER, true },
	{ SLOT_WARDEN, WORKER, true },
	{ SLOT_WARDEN, SLOT_GRAMMAR, true },
	{ SLOT_WARDEN, SLOT_LOADER, true },
	/* what parses strangers' bytes is not believed about its betters */
	{ WORKER, SLOT_KEEPER, false },
	{ WORKER, SLOT_RECORDER, false },
	{ WORKER, SLOT_GRAMMAR, false },
	{ SLOT_GRAMMAR, SLOT_RECORDER, false },
	{ SLOT_GRAMMAR, SLOT_POLICY, false },
	{ SLOT_RESOLVER, SLOT_LOADER, false },
	{ SLOT_RESOLVER, SLOT_RECORDER, false },
	{ SLOT_LOADER, SLOT_RESOLVER, true },
	{ SLOT_COURIER, SLOT_KEEPER, false },
	{ SLOT_KEEPER, SLOT_COURIER, true },
	{ SLOT_RECORDER, SLOT_RESOLVER, true },
	/* no channel, nobody, itself, the warden */
	{ WORKER, WORKER + 1, false },
	{ SLOT_GRAMMAR, SLOT_KEEPER, false },
	{ SLOT_KEEPER, SLOT_KEEPER, false },
	{ SLOT_KEEPER, SLOTS, false },
	{ SLOT_KEEPER, 255, false },
	{ SLOT_KEEPER, SLOT_WARDEN, false },
	{ WORKER, SLOT_WARDEN, false },
};

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK(fault_is_believed(rows[i].by, rows[i].of) == rows[i].believed);
	for (unsigned int worker = SLOT_WORKER; worker < SLOTS; worker++)
		for (unsigned int of = 0; of < 256; of++)
			CHECK(!fault_is_believed(worker, of));
	return check_end();
}
