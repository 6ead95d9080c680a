/* hear.c: the messages a recorder understands, one function each. */
#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "ledger/hash.h"
#include "ledger/keep_record_own.h"
#include "ledger/note.h"
#include "ledger/permit.h"
#include "msg/post.h"
#include "msg/swap.h"

/* False: it says that it was made when it cannot have been. */
static bool
see_moment(struct keep_record *keep, unsigned int from, const struct entry_about *about)
{
	switch (moment_see(&keep->moments, from, about, clock_boot(), clock_wall())) {
	case MOMENT_IMPOSSIBLE:
		return false;
	case MOMENT_FAR:
		log_warning("an entry of %s was made at another time than it came",
		    msg_slot_name(from));
		keep_record_enter(keep, ENTRY_ALARM, "entry-of-another-time",
		    msg_slot_name(from), 0);
		break;
	case MOMENT_RIGHT:
		break;
	}
	return true;
}

/* The bodies behind an entry: those it names, in the order of their keys, and no other. */
static bool
take_bodies(struct span *body, const struct entry_about *about,
    struct hash names[ENTRY_BLOBS], struct span bodies[ENTRY_BLOBS])
{
	for (size_t i = 0; i < about->blob_count; i++) {
		if (!take_block(body, &bodies[i]) || bodies[i].n > ENTRY_BLOB_LIMIT)
			return false;
		hash_bytes(&names[i], -1, bodies[i], span_of(NULL, 0));
		if (!span_equal(about->blobs[i], span_of(names[i].p, HASH_SIZE)))
			return false;
	}
	return body->n == 0;
}

/* MSG_ENTRY: u8 level, be64 incarnation, be64 sequence, block cbor, block of each body */
static bool
hear_entry(struct keep_record *keep, unsigned int from, struct span body)
{
	struct span entry, bodies[ENTRY_BLOBS];
	struct hash names[ENTRY_BLOBS];
	uint64_t incarnation, sequence;
	struct entry_about about;
	uint8_t level;
	int error = 0;

	if (!take_u8(&body, &level) || level > LEVEL_SYNCED ||
	    !take_be64(&body, &incarnation) || !take_be64(&body, &sequence) ||
	    !take_block(&body, &entry) || !entry_read(entry, &about) ||
	    !writers_may(&about, from, incarnation, sequence) || !permit_about(&about) ||
	    !take_bodies(&body, &about, names, bodies))
		return false;
	switch (writers_see(&keep->writers, from, incarnation, sequence)) {
	case WRITER_DOUBLE:
		keep_record_answer(keep);
		return true;
	case WRITER_EARLY:
		log_warning("entry %llu of %s came before others, and will come again",
		    (unsigned long long)sequence, msg_slot_name(from));
		return true;
	case WRITER_NEXT:
		break;
	}
	if (!see_moment(keep, from, &about))
		return false;
	for (size_t i = 0; i < about.blob_count && !error; i++)
		error = ledger_append_blob(keep->ledger, &names[i], bodies[i]);
	if (!error)
		error = keep_record_take(keep, from, (enum level)level,
		    incarnation, sequence, entry);
	if (error) {
		/* it is counted and not kept: only a new start asks for it again */
		log_error("no room for an entry of %s: %s", msg_slot_name(from),
		    strerror(-error));
		loop_stop(keep->loop, 1);
	}
	return true;
}

static bool
hear_offer(struct keep_record *keep, struct span body)
{
	struct view_recorder *view;
	int error = view_recorder_read(&view, body);

	if (error == -EINVAL)
		return false;
	if (!error) {
		view_free(keep->offered);
		keep->offered = view;
	}
	swap_say_taken(keep->post, error ? 0 : keep->offered->head.epoch, error);
	return true;
}

static bool
hear_swap(struct keep_record *keep, struct span body)
{
	uint32_t epoch;

	if (!take_be32(&body, &epoch) || body.n)
		return false;
	if (!keep->offered || keep->offered->head.epoch != epoch)
		return keep->view && keep->view->head.epoch == epoch;
	if (away_set(&keep->away, keep->offered)) {
		log_error("no memory for the policy of epoch %u", epoch);
		return true;
	}
	view_free(keep->view);
	keep->view = keep->offered;
	keep->offered = NULL;
	swap_say_done(keep->post, epoch);
	return true;
}

static void
put_status(const struct keep_record *keep, struct out *out)
{
	bool first = true;

	out_printf(out, "{\"v\":1,\"ok\":true,\"ledger\":{");
	json_member_text(out, &first, "origin", span_text(ledger_name(keep->ledger)));
	json_member_uint(out, &first, "written", ledger_written(keep->ledger));
	json_member_uint(out, &first, "synced", ledger_synced(keep->ledger));
	json_member_uint(out, &first, "signed", ledger_signed(keep->ledger));
	json_member_uint(out, &first, "waiting", keep->waiter_count);
	out_printf(out, ",\"is_full\":%s,\"elsewhere\":%s",
	    keep->is_full ? "true" : "false",
	    away_is_set(&keep->away) ? "true" : "false");
	json_member_uint(out, &first, "elsewhere_size", keep->away.seen_size);
	json_member_uint(out, &first, "elsewhere_wall", keep->away.seen_wall);
	out_printf(out, "}}");
}

/* MSG_DO: text person, be32 uid, be32 pid, text request. Status is all we are asked. */
static bool
hear_do(struct keep_record *keep, const struct msg_head *head, struct span body)
{
	struct out status = out_new(4096), answer = out_new(8192);
	struct span person, request;
	uint32_t uid, pid;
	int error;

	if (!take_block(&body, &person) || !take_be32(&body, &uid) ||
	    !take_be32(&body, &pid) || !take_block(&body, &request) || body.n)
		return false;
	put_status(keep, &status);
	out_u8(&answer, 1);
	out_block(&answer, out_view(&status));
	error = answer.failed ? -ENOMEM : post_send(keep->post, SLOT_BROKER,
	    MSG_DONE, head->id, out_view(&answer), -1);
	if (error)
		log_error("the broker was not answered: %s", strerror(-error));
	out_free(&status);
	out_free(&answer);
	return true;
}

/* A process is there: writers send again by themselves, but must know of a full disk. */
static bool
hear_peer(struct keep_record *keep, struct span body)
{
	uint8_t slot;

	if (!take_u8(&body, &slot) || body.n || slot >= SLOTS)
		return false;
	if (keep->is_full)
		keep_record_greet(keep, slot);
	return true;
}

bool
keep_record_hear(void *arg, unsigned int from, const struct msg_head *head,
    struct span body, int fd)
{
	struct keep_record *keep = arg;

	if (fd >= 0)
		close(fd);
	switch (head->type) {
	case MSG_ENTRY:
		return hear_entry(keep, from, body);
	case MSG_VIEW_OFFER:
		return hear_offer(keep, body);
	case MSG_VIEW_SWAP:
		return hear_swap(keep, body);
	case MSG_DO:
		return hear_do(keep, head, body);
	case MSG_PEER_UP:
		return hear_peer(keep, body);
	case MSG_PEER_DOWN:
		return true;
	default:
		return false;
	}
}
