/*
 * keep_record.c: batches, answers and checkpoints.
 * Three timers do everything. `batch` is due at once when something was
 * collected, or in a second when the disk had no room. `sign` is due as long as
 * something is not signed. `answers` is due while a writer has not been told: its
 * channel was full, or nobody waits, since a process that only handed its entries
 * needs to know no more than when to forget them. For the same reason the recorder
 * rests a moment after a batch of those: what comes meanwhile lies in the queue,
 * which outlives it, and is one batch, so that a busy node wakes it once for many.
 * It does not rest where somebody waited for the word a moment ago, and may soon again.
 * When the warden ends, all others are killed; what they had handed over is taken yet.
 * syscalls(recorder): clock_nanosleep
 */
#include "ledger/keep_record_own.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "ledger/note.h"
#include "msg/post.h"

#define RETRY_NS SECOND_NS
#define SIGN_NS SECOND_NS		/* when no view says otherwise */
#define SIGN_SOON_NS (100 * MILLISECOND_NS)	/* after a synced group */
#define ANSWER_NS (10 * MILLISECOND_NS)
#define ANSWER_COUNT 256	/* entries kept by a writer that has not been told */
#define DRAIN_MS 5000		/* for the others to end, when the warden did */
#define REST_NS (MILLISECOND_NS / 2)
#define REST_AFTER_NS (20 * MILLISECOND_NS)	/* since the last that was waited for */

static void write_batch(void *);
static void answer_again(void *);
static void sign(void *);

int
keep_record_take(struct keep_record *keep, unsigned int slot, enum level level,
    uint64_t incarnation, uint64_t sequence, struct span entry)
{
	int error;

	if (keep->waiter_count == keep->waiter_room) {
		size_t room = keep->waiter_room ? keep->waiter_room * 2 : 256;
		struct waiter *waiters = reallocarray(keep->waiters, room,
		    sizeof(*waiters));

		if (!waiters)
			return -ENOMEM;
		keep->waiters = waiters;
		keep->waiter_room = room;
	}
	error = ledger_append(keep->ledger, entry);
	if (error)
		return error;
	keep->waiters[keep->waiter_count++] = (struct waiter){
		.slot = (uint8_t)slot, .level = level,
		.incarnation = incarnation, .sequence = sequence };
	if (!keep->batch.place)
		return loop_set(keep->loop, &keep->batch, 0, write_batch, keep);
	if (ledger_waiting(keep->ledger) > LEDGER_BATCH && !keep->is_stuck)
		write_batch(keep);
	return 0;
}

static void
send_kept(struct keep_record *keep, unsigned int slot, enum level level,
    uint64_t sequence, bool *owes)
{
	struct out body = out_new(32);
	int error;

	out_u8(&body, (uint8_t)level);
	out_u8(&body, keep->is_full);
	out_be64(&body, keep->writers.of[slot].incarnation);
	out_be64(&body, sequence);
	error = slot == SLOT_RECORDER ? 0 :
	    post_send(keep->post, slot, MSG_KEPT, 0, out_view(&body), -1);
	if (error == -EAGAIN)
		(void)loop_set(keep->loop, &keep->answers, ANSWER_NS, answer_again,
		    keep);
	else
		*owes = false;
	out_free(&body);
}

void
keep_record_answer(struct keep_record *keep)
{
	keep->untold = 0;
	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		struct writer *writer = &keep->writers.of[slot];

		if (writer->owes_written)
			send_kept(keep, slot, LEVEL_WRITTEN, writer->written,
			    &writer->owes_written);
		if (writer->owes_synced)
			send_kept(keep, slot, LEVEL_SYNCED, writer->synced,
			    &writer->owes_synced);
	}
}

static void
answer_again(void *arg)
{
	keep_record_answer(arg);
}

/* The first `count` waiters have what they wait for, but for sync. The highest level any wants. */
static enum level
count_written(struct keep_record *keep, size_t count)
{
	enum level highest = LEVEL_HANDED;

	for (size_t i = 0; i < count; i++) {
		const struct waiter *waiter = &keep->waiters[i];

		writers_wrote(&keep->writers, waiter->slot,
		    waiter->incarnation, waiter->sequence);
		if (waiter->level > highest)
			highest = waiter->level;
	}
	keep->waiter_count -= count;
	memmove(keep->waiters, keep->waiters + count,
	    keep->waiter_count * sizeof(*keep->waiters));
	keep->untold += count;
	return highest;
}

static void
plan_signing(struct keep_record *keep, bool soon)
{
	uint64_t every = keep->view && keep->view->checkpoint_every_ms ?
	    keep->view->checkpoint_every_ms * MILLISECOND_NS : SIGN_NS;
	uint64_t passed = clock_mono() - keep->signed_when;

	if (soon && every > SIGN_SOON_NS)
		every = SIGN_SOON_NS;
	every = passed >= every ? 0 : every - passed;
	if (keep->sign.place && keep->sign.due <= clock_mono() + every)
		return;
	(void)loop_set(keep->loop, &keep->sign, every, sign, keep);
}

static void
give_up(struct keep_record *keep, const char *what)
{
	log_error("%s: what is on disk is not known; starting again", what);
	loop_stop(keep->loop, 1);
}

/* At once where somebody waits for the word, else soon. */
static void
tell(struct keep_record *keep, enum level highest)
{
	if (highest > LEVEL_HANDED || keep->untold >= ANSWER_COUNT)
		keep_record_answer(keep);
	else if (!keep->answers.place)
		(void)loop_set(keep->loop, &keep->answers, ANSWER_NS, answer_again,
		    keep);
}

/* A body's file was not what its name says, and the same body came again. */
static void
tell_mended(struct keep_record *keep)
{
	uint64_t mended = ledger_blobs_mended(keep->ledger) - keep->mended;

	if (!mended)
		return;
	keep->mended += mended;
	log_warning("%llu files in blob/ were not what their names say, and were "
	    "made again", (unsigned long long)mended);
	keep_record_enter(keep, ENTRY_ALARM, "ledger-blobs-mended",
	    "bodies that were not what their names say were made again", mended);
}

/* All writers are told whether they may hand entries over and not wait. */
static void
tell_room(struct keep_record *keep, bool is_full)
{
	if (is_full == keep->is_full)
		return;
	keep->is_full = is_full;
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		keep_record_greet(keep, slot);
	if (is_full)
		log_warning("the disk has no room for the ledger's reserve: every "
		    "ask waits until its entry is written");
	keep_record_enter(keep, ENTRY_ALARM, is_full ? "ledger-full" : "ledger-has-room",
	    is_full ? "the disk is full: every ask waits for its entry" :
	    "the disk has room again", 0);
}

void
keep_record_greet(struct keep_record *keep, unsigned int slot)
{
	struct writer *writer = &keep->writers.of[slot];

	if (!msg_has_channel(SLOT_RECORDER, slot))
		return;
	writer->owes_written = true;
	send_kept(keep, slot, LEVEL_WRITTEN, writer->written, &writer->owes_written);
}

static void
look_for_room(void *arg)
{
	struct keep_record *keep = arg;
	bool is_full = !ledger_reserve(keep->ledger);

	if (is_full)
		(void)loop_set(keep->loop, &keep->room, RETRY_NS, look_for_room, keep);
	tell_room(keep, is_full);
}

static void
write_batch(void *arg)
{
	struct keep_record *keep = arg;
	uint64_t was = ledger_written(keep->ledger);
	int error = ledger_write(keep->ledger);
	enum level highest = count_written(keep,
	    (size_t)(ledger_written(keep->ledger) - was));
	bool sync = highest == LEVEL_SYNCED;

	if (highest > LEVEL_HANDED)
		keep->waited = clock_mono();
	if (!keep->is_full)
		look_for_room(keep);	/* before anybody is told that theirs is kept */
	tell(keep, highest);
	if (error == -EIO) {
		give_up(keep, "writing the ledger failed");
		return;
	}
	if (sync && ledger_sync(keep->ledger)) {
		give_up(keep, "syncing the ledger failed");
		return;
	}
	if (sync) {
		writers_synced(&keep->writers);
		keep_record_answer(keep);
	}
	plan_signing(keep, sync);
	tell_mended(keep);
	if (error) {
		log_error("the ledger cannot be written: %s; %zu entries wait, "
		    "and what asked for them is refused", strerror(-error),
		    keep->waiter_count);
		keep->is_stuck = true;
		(void)loop_set(keep->loop, &keep->batch, RETRY_NS, write_batch,
		    keep);
	} else if (keep->is_stuck) {
		keep->is_stuck = false;
		log_warning("the ledger can be written again");
		keep_record_enter(keep, ENTRY_ALARM, "ledger-was-full",
		    "entries waited because the ledger could not be written", 0);
	} else if (clock_mono() - keep->waited > REST_AFTER_NS) {
		clock_rest(REST_NS);
	}
}

/* Send the checkpoint to where it is kept apart; say so when that begins to fail. */
static void
send_away(struct keep_record *keep)
{
	int error;

	if (!away_is_set(&keep->away))
		return;
	error = away_send(&keep->away, ledger_note(keep->ledger),
	    ledger_signed(keep->ledger), clock_wall());
	if (error && !keep->is_apart) {
		log_warning("the checkpoint could not be kept elsewhere: %s",
		    strerror(-error));
		keep->is_apart = true;
		keep_record_enter(keep, ENTRY_ALARM, "checkpoint-not-elsewhere",
		    strerror(-error), (uint64_t)-error);
	} else if (!error && keep->is_apart) {
		log_info("the checkpoint is kept elsewhere again");
		keep->is_apart = false;
	}
}

static void
sign(void *arg)
{
	struct keep_record *keep = arg;
	uint64_t was = ledger_signed(keep->ledger);
	int error = ledger_checkpoint(keep->ledger);

	keep->signed_when = clock_mono();
	if (error == -EIO) {
		give_up(keep, "signing the ledger failed");
		return;
	}
	writers_synced(&keep->writers);
	keep_record_answer(keep);
	if (error && !keep->is_unsigned)
		log_error("no checkpoint could be made: %s", strerror(-error));
	keep->is_unsigned = error != 0;
	if (error)
		(void)loop_set(keep->loop, &keep->sign, RETRY_NS, sign, keep);
	else if (ledger_signed(keep->ledger) != was)
		send_away(keep);
}

static void
seen(void *arg, uint64_t index, struct span entry)
{
	struct keep_record *keep = arg;

	(void)index;
	writers_learn(&keep->writers, entry);
}

/* The name of a new log: a node's id, never used again. */
static void
new_name(char *name, size_t size)
{
	char text[ID_TEXT_SIZE];
	uint32_t chance;
	struct id id;

	must(getentropy(&chance, sizeof(chance)) == 0);
	id = id_make(ID_NODE, SLOT_RECORDER, clock_wall() / MILLISECOND_NS, chance);
	snprintf(name, size, "interlock.local/%s", id_format(&id, text));
}

int
keep_record_open(struct keep_record **out, struct loop *loop, int directory,
    struct ledger_found *found)
{
	struct keep_record *keep = calloc(1, sizeof(*keep));
	char name[NOTE_NAME_SIZE];
	int error;

	if (!keep)
		return -ENOMEM;
	keep->loop = loop;
	new_name(name, sizeof(name));
	/* channels first: a file must not get the number of one that is not open */
	error = post_new(&keep->post, loop, SLOT_RECORDER, keep_record_hear, keep);
	if (!error)
		error = ledger_open(&keep->ledger, directory, name, seen, keep, found);
	if (error) {
		keep_record_close(&keep);
		return error;
	}
	keep_record_enter(keep, ENTRY_START, NULL, ledger_name(keep->ledger),
	    found->size);
	look_for_room(keep);
	if (found->cut)
		keep_record_enter(keep, ENTRY_ALARM, "ledger-tail-cut",
		    "a torn last record, never acknowledged, was cut off", found->cut);
	if (found->mended)
		keep_record_enter(keep, ENTRY_ALARM, "ledger-tiles-mended",
		    "tiles that were not as signed were made again", found->mended);
	post_ready(keep->post);
	(void)post_send(keep->post, SLOT_POLICY, MSG_VIEW_ASK, post_id(keep->post),
	    span_of(NULL, 0), -1);
	*out = keep;
	return 0;
}

void
keep_record_close(struct keep_record **out)
{
	struct keep_record *keep = take(out);

	if (!keep)
		return;
	if (keep->ledger) {
		bool is_orphan = post_drain(keep->post, DRAIN_MS);

		keep_record_enter(keep, ENTRY_STOP, NULL, is_orphan ? "the warden has ended" : NULL,
		    ledger_written(keep->ledger));
		loop_unset(keep->loop, &keep->batch);
		if (ledger_write(keep->ledger) || ledger_checkpoint(keep->ledger))
			log_error("the last entries could not be signed, and %zu not be "
			    "written", keep->waiter_count);
		else
			send_away(keep);
	}
	loop_unset(keep->loop, &keep->batch);
	loop_unset(keep->loop, &keep->sign);
	loop_unset(keep->loop, &keep->answers);
	loop_unset(keep->loop, &keep->room);
	post_free(&keep->post);
	ledger_close(&keep->ledger);
	away_free(&keep->away);
	view_free(keep->view);
	view_free(keep->offered);
	free(keep->waiters);
	free(keep);
}
