/*
 * hold_later.c: holds whose client is not there: it has left, or was told to ask again.
 * A kept approval is used up by the first identical ask (MSG_APPROVED_ASK), or ends.
 * Who was told to ask again hears, until then, that it still waits, or that a person has
 * refused it; and that for as long as an approval would have been kept, so that nobody
 * is asked the same over and over.
 */
#include "desk/desk.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "msg/post.h"
#include "verdict.h"
#include "view.h"

#define AWAY_MOST 128	/* holds of one skill that nobody waits for */

bool
hold_crowds(const struct held *held)
{
	size_t n = 0;

	if (held->hold.answer == ANSWER_WAIT)
		return false;
	for (const struct held *other = held->desk->holds; other; other = other->next)
		n += other->has_left && span_equal(other->hold.skill, held->hold.skill);
	return n >= AWAY_MOST;
}

void
hold_tell_stands(const struct held *held)
{
	struct out body cleanup(out_free) = out_new(16);

	if (held->hold.answer == ANSWER_WAIT)
		return;
	msg_put_id(&body, &held->hold.id);
	if (body.failed || post_send(held->desk->post, held->worker, MSG_HOLD_STANDS, 0, out_view(&body), -1))
		log_warning("%s does not hear that a hold is open", msg_slot_name(held->worker));
}

/* ---- leaving ----------------------------------------------------------------------- */

static void
leave(struct held *held)
{
	held->has_left = true;
	if (held->state != HOLD_OPEN)
		return;
	if (held->hold.retry_s == 0)
		(void)hold_settle(held, "withdrawn", NULL, "the client left", 0);
	else
		show_change(held, "awaiting retry");
}

bool
hold_hear_left(struct desk *desk, unsigned int from, struct span body)
{
	struct held *held;
	struct id id;

	if (!msg_take_id(&body, &id) || body.n)
		return false;
	held = hold_find(desk, &id);
	if (held && held->worker == from)
		leave(held);
	return true;
}

void
hold_worker_down(struct desk *desk, unsigned int slot)
{
	struct held *next;

	for (struct held *held = desk->holds; held; held = next) {
		next = held->next;
		if (held->worker == slot && !held->has_left)
			leave(held);
	}
}

/* Nobody else may ask again: nothing waits for it any more, as soon as it is in a state that can end. */
static void
end_of_session(struct held *held)
{
	held->hold.retry_s = 0;
	if (held->state == HOLD_REFUSED)
		hold_unlist(held);
	else if (held->state == HOLD_OPEN || held->state == HOLD_KEPT)
		(void)hold_settle(held, "withdrawn", NULL, "its session has ended", 0);
}

void
hold_session_ended(struct desk *desk, const struct id *session)
{
	struct held *next;

	for (struct held *held = desk->holds; held; held = next) {
		next = held->next;
		if (held->hold.answer != ANSWER_WAIT && id_equal(&held->hold.session, session))
			end_of_session(held);
	}
}

/* ---- asked again --------------------------------------------------------------------- */

static enum msg_standing
standing_of(const struct held *held)
{
	switch (held->state) {
	case HOLD_KEPT:
		return STANDING_APPROVED;
	case HOLD_REFUSED:
		return STANDING_DENIED;
	default:
		return held->hold.answer == ANSWER_WAIT ? STANDING_NONE : STANDING_WAITS;
	}
}

static bool
is_among(const struct view_approvers *group, const char *person)
{
	for (size_t i = 0; i < group->person_count; i++)
		if (strcmp(group->people[i], person) == 0)
			return true;
	return false;
}

/* Are the same people asked by the policy that judges now, and is whoever approved it still among them? The digest has
 * only the place of their group, where another policy may have another. */
static bool
is_asked_alike(const struct held *held, uint32_t epoch)
{
	const struct view_broker *view = desk_view(held->desk, epoch);
	const struct view_approvers *group;

	if (!view || held->hold.approvers >= view->approver_count)
		return false;
	group = &view->approvers[held->hold.approvers];
	if (strcmp(group->name, held->group) != 0 || group->need > hold_need(held))
		return false;
	for (size_t i = 0; i < held->approval_count; i++)
		if (!is_among(group, held->approvals[i].person))
			return false;
	return true;
}

void
hold_weigh_people(struct held *held)
{
	static const char why[] = "the policy now asks other people, or more of them";
	const struct view_broker *view = held->desk->view;

	if (held->state == HOLD_KEPT || held->state == HOLD_REFUSED || !view || is_asked_alike(held, view->head.epoch))
		return;
	held->doom = why;	/* where it cannot be settled right now */
	if (held->state == HOLD_OPEN)
		(void)hold_settle(held, "deny", NULL, why, 0);
}

void
hold_policy_changed(struct desk *desk)
{
	for (struct held *held = desk->holds; held; held = held->next)
		hold_weigh_people(held);
}

/* The one that says most: a decision before a hold that waits. */
static struct held *
find_identical(struct desk *desk, struct span digest, struct span skill, uint32_t epoch)
{
	struct held *best = NULL;

	for (struct held *held = desk->holds; held; held = held->next)
		if (memcmp(held->hold.digest, digest.p, digest.n) == 0 && span_equal(held->hold.skill, skill) &&
		    standing_of(held) != STANDING_NONE && (!best || best->state < held->state) && is_asked_alike(held, epoch))
			best = held;
	return best;
}

bool
hold_hear_ask(struct desk *desk, unsigned int from, uint64_t id, struct span body)
{
	struct out answer cleanup(out_free) = out_new(4096);
	char people[DESK_APPROVALS * (WHO_NAME_SIZE + 2)];
	struct span digest, skill;
	struct held *held;
	uint32_t epoch;
	uint8_t uses;

	if (!take_bytes(&body, 32, &digest) || !take_block(&body, &skill) || !take_be32(&body, &epoch) ||
	    !take_u8(&body, &uses) || uses > 1 || body.n)
		return false;
	held = find_identical(desk, digest, skill, epoch);
	out_be32(&answer, held ? 0 : ENOENT);
	if (held) {
		hold_people(held, people, sizeof(people));
		msg_put_id(&answer, &held->hold.id);
		out_u8(&answer, (uint8_t)standing_of(held));
		out_block(&answer, span_text(people));
	}
	if (held && uses && held->state == HOLD_KEPT) {
		show_change(held, "used");
		hold_unlist(held);	/* before it is told: used at most once */
	}
	if (post_send(desk->post, from, MSG_APPROVED_IS, id, out_view(&answer), -1))
		log_warning("%s does not hear whether an ask was approved", msg_slot_name(from));
	return true;
}
