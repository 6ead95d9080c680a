/*
 * hold_table.c: holds from opening to end.
 *
 *   MSG_HOLD -> OPENING -> (its entry is on disk) -> OPEN -> DECIDING -> told, gone
 *                                                      |        '-> KEPT, REFUSED (client left)
 *                                                      '-> withdrawn, expired: DECIDING
 *
 * Nothing is shown or decided before the entry of the hold is on disk, and no
 * decision leaves before its own entry is. Where the record cannot take an entry
 * the hold stays as it is, and its time runs out: the answer then is no. What becomes
 * of a hold whose client has left, or was told to ask again, stands in hold_later.c.
 */
#include "desk/desk.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "entry/scribe.h"
#include "msg/post.h"
#include "view.h"

#define SHOWN_MOST (256u << 10)	/* bytes of a hold; more cannot be shown in one answer */
#define RETRY_NS SECOND_NS	/* until an entry that was not taken is tried again */

/* What a decision on its way to the disk still has to do. Holds ids, not pointers. */
struct settling {
	struct desk *desk;
	struct id hold;
	enum hold_state was;
	bool is_approved;
	bool is_partial;		/* more people are needed */
	bool is_denied;			/* by a person */
	uint64_t client;
	char decision[16];
	char reason[256];
};

static void on_time(void *held);

/* ---- the table ----------------------------------------------------------------- */

struct held *
hold_find(struct desk *desk, const struct id *id)
{
	struct held *held = desk->holds;

	while (held && !id_equal(&held->hold.id, id))
		held = held->next;
	return held;
}

struct held *
hold_find_text(struct desk *desk, const char *text)
{
	struct id id;

	return id_parse(span_text(text), &id) ? hold_find(desk, &id) : NULL;
}

static void
held_free(struct held *held)
{
	loop_unset(held->desk->loop, &held->timer);
	free(held->values);
	free(held->bytes);
	free(held);
}

void
hold_unlist(struct held *held)
{
	struct held **at = &held->desk->holds;

	while (*at != held)
		at = &(*at)->next;
	*at = held->next;
	held->desk->hold_count--;
	held->desk->hold_bytes -= held->size;
	held_free(held);
}

void
holds_free(struct desk *desk)
{
	while (desk->holds)
		hold_unlist(desk->holds);
}

uint32_t
hold_need(const struct held *held)
{
	return held->hold.need ? held->hold.need : 1;
}

void
hold_people(const struct held *held, char *text, size_t size)
{
	size_t n = 0;

	text[0] = 0;
	for (size_t i = 0; i < held->approval_count && n < size; i++)
		n += (size_t)snprintf(text + n, size - n, "%s%s", i ? ", " : "",
		    held->approvals[i].person);
}

/* ---- telling workers --------------------------------------------------------------- */

static void
tell_decided(struct desk *desk, unsigned int worker, const struct hold *hold,
    bool is_approved, const char *reason, const char *people)
{
	struct out body cleanup(out_free) = out_new(8192);

	msg_put_id(&body, &hold->id);
	out_bytes(&body, hold->digest, sizeof(hold->digest));
	out_u8(&body, is_approved);
	out_block(&body, span_text(reason));
	out_block(&body, span_text(people));
	if (body.failed || post_send(desk->post, worker, MSG_DECIDED, 0, out_view(&body), -1))
		log_warning("%s does not hear of a decision", msg_slot_name(worker));
}

/* ---- ending ------------------------------------------------------------------------ */

/* The asker who commanded it hears that it is done. */
static void
answer(const struct settling *settling, int status, const struct held *held)
{
	struct guest *client = guest_find(settling->desk, settling->client);

	if (!client)
		return;
	client->owed--;
	if (status || !held)
		guest_error(client, CODE_FAILED, "the decision could not be recorded, so it does not count");
	else
		guest_ok(client, json_pack("{s:s,s:I,s:I}", "decision", settling->decision,
		    "approved_by", (json_int_t)held->approval_count,
		    "need", (json_int_t)hold_need(held)));
	guest_settle(client);
}

/* The decision is on disk: carry it out. */
static void
carry_out(struct held *held, const struct settling *settling)
{
	char people[DESK_APPROVALS * (WHO_NAME_SIZE + 2)];
	bool keeps = held->has_left && held->hold.retry_s && (settling->is_approved ||
	    (held->hold.answer != ANSWER_WAIT && settling->is_denied));

	hold_people(held, people, sizeof(people));
	show_change(held, settling->decision);
	if (!held->has_left)	/* "expired" is a word the worker knows; a person's reason is not */
		tell_decided(held->desk, held->worker, &held->hold, settling->is_approved,
		    strcmp(settling->decision, "expired") == 0 ? "expired" : settling->reason,
		    people);
	if (!keeps) {
		hold_unlist(held);
		return;
	}
	held->state = settling->is_approved ? HOLD_KEPT : HOLD_REFUSED;
	(void)loop_set(held->desk->loop, &held->timer,
	    held->hold.retry_s * SECOND_NS, on_time, held);
}

/* Back to waiting: for more people, or because the record did not take it. */
static void
go_on(struct held *held, enum hold_state state)
{
	uint64_t now = clock_wall(), left = RETRY_NS;

	if (held->expires_wall > now + RETRY_NS)
		left = held->expires_wall - now;
	held->state = state;
	(void)loop_set(held->desk->loop, &held->timer, left, on_time, held);
	if (state == HOLD_OPEN && held->doom)
		(void)hold_settle(held, "deny", NULL, held->doom, 0);
	else if (state == HOLD_OPEN && held->has_left && !held->hold.retry_s)
		(void)hold_settle(held, "withdrawn", NULL, "the client left", 0);
}

static void
on_entered(void *arg, int status)
{
	struct settling *settling = arg;
	struct held *held = hold_find(settling->desk, &settling->hold);

	answer(settling, status, held);
	if (held && status) {
		if (settling->is_approved || settling->is_partial)
			held->approval_count--;
		go_on(held, settling->was);
	} else if (held && settling->is_partial) {
		show_change(held, "approved in part");
		go_on(held, HOLD_OPEN);
	} else if (held) {
		carry_out(held, settling);
	}
	free(settling);
}

int
hold_settle(struct held *held, const char *decision, const char *person,
    const char *reason, uint64_t client)
{
	struct settling *settling = calloc(1, sizeof(*settling));
	int status;

	if (!settling)
		return -ENOMEM;
	settling->desk = held->desk;
	settling->hold = held->hold.id;
	settling->was = held->state;
	if (strcmp(decision, "approve") == 0) {
		settling->is_partial = held->approval_count < hold_need(held);
		settling->is_approved = !settling->is_partial;
	}
	settling->is_denied = person && !held->doom && strcmp(decision, "deny") == 0;
	settling->client = client;
	snprintf(settling->decision, sizeof(settling->decision), "%s", decision);
	snprintf(settling->reason, sizeof(settling->reason), "%s", reason ? reason : "");
	status = hold_enter_decision(held, decision, person, reason, on_entered, settling);
	if (status) {
		free(settling);
		return status;
	}
	held->state = HOLD_DECIDING;
	loop_unset(held->desk->loop, &held->timer);
	return 0;
}

/* Its time is over, in whatever state. */
static void
on_time(void *arg)
{
	struct held *held = arg;
	const char *why = held->state == HOLD_KEPT ?
	    "approved, but not asked again in time" : "nobody approved it in time";

	if (held->state == HOLD_DECIDING)
		return;
	if (held->state == HOLD_REFUSED) {	/* that is entered */
		hold_unlist(held);
		return;
	}
	if (hold_settle(held, "expired", NULL, why, 0))
		(void)loop_set(held->desk->loop, &held->timer, RETRY_NS, on_time, held);
}

/* ---- opening ----------------------------------------------------------------------- */

static void
on_opened(void *arg, int status)
{
	struct held *held = arg;

	if (status) {	/* never on disk: never shown, and no */
		tell_decided(held->desk, held->worker, &held->hold, false,
		    "the hold could not be recorded", "");
		hold_unlist(held);
		return;
	}
	hold_weigh_people(held);	/* the policy may be another by now */
	go_on(held, HOLD_OPEN);	/* first: only an open one may be seen */
	show_change(held, "opened");
	hold_tell_stands(held);
}

static bool
is_digest_right(const struct hold *hold)
{
	struct out cover cleanup(out_free) = out_new(MSG_BODY_MAX);
	uint8_t digest[32];

	hold_cover(hold, &cover);
	if (cover.failed)
		return false;
	SHA256(cover.p, cover.n, digest);
	return memcmp(digest, hold->digest, sizeof(digest)) == 0;
}

/* The group of approvers, by the policy that judged. False: that policy is gone. */
static bool
find_group(struct held *held)
{
	const struct view_broker *view = desk_view(held->desk, held->hold.epoch);
	const struct view_approvers *group;

	if (!view || held->hold.approvers >= view->approver_count)
		return false;
	group = &view->approvers[held->hold.approvers];
	if (strlen(group->name) >= sizeof(held->group))
		return false;
	strcpy(held->group, group->name);
	if (held->hold.need < group->need)
		held->hold.need = group->need;
	return true;
}

/* Does it name flow and turn of the worker that asks? It is entered under them. */
static bool
is_of(const struct hold *hold, unsigned int worker)
{
	return hold->id.slot == worker && hold->flow.slot == worker &&
	    hold->turn.slot == worker;
}

/* A copy that outlives the message. 0, -EINVAL (not a hold of `from`) or -ENOMEM. */
static int
copy_hold(struct held *held, unsigned int from, struct span body)
{
	struct hold_value *values;

	held->size = body.n;
	held->bytes = malloc(body.n);
	values = held->values = calloc(DESK_VALUES, sizeof(*values));
	if (!held->bytes || !values)
		return -ENOMEM;
	memcpy(held->bytes, body.p, body.n);
	if (!hold_unpack(span_of(held->bytes, body.n), values, DESK_VALUES, &held->hold) ||
	    !is_digest_right(&held->hold) || !is_of(&held->hold, from))
		return -EINVAL;
	if (held->hold.value_count == 0) {
		free(take(&held->values));
		held->hold.values = NULL;
		return 0;
	}
	values = realloc(values, held->hold.value_count * sizeof(*values));
	if (values)
		held->hold.values = held->values = values;
	return 0;
}

/* Someone asks the same again while the first hold still waits for its client. */
static void
withdraw_older(struct desk *desk, const struct hold *hold)
{
	for (struct held *held = desk->holds; held; held = held->next) {
		if (held->state == HOLD_OPEN && held->has_left &&
		    memcmp(held->hold.digest, hold->digest, sizeof(hold->digest)) == 0 &&
		    span_equal(held->hold.skill, hold->skill))
			(void)hold_settle(held, "withdrawn", NULL, "asked again", 0);
	}
}

static void
list(struct held *held, unsigned int worker)
{
	struct desk *desk = held->desk;
	uint32_t seconds = held->hold.expires_s;

	if (seconds == 0 || seconds > DESK_HOLD_EXPIRES_S)
		seconds = DESK_HOLD_EXPIRES_S;
	if (held->hold.retry_s > DESK_HOLD_EXPIRES_S)
		held->hold.retry_s = DESK_HOLD_EXPIRES_S;
	held->worker = worker;
	held->has_left = held->hold.answer != ANSWER_WAIT;	/* it asks again */
	held->expires_wall = clock_wall() + seconds * SECOND_NS;
	held->next = desk->holds;
	desk->holds = held;
	desk->hold_count++;
	desk->hold_bytes += held->size;
}

/* Why a hold is denied at once; NULL: it may open. */
static const char *
why_not(struct held *held)
{
	const struct desk *desk = held->desk;

	if (desk->hold_count >= DESK_HOLDS || held->size > DESK_HOLD_BYTES - desk->hold_bytes)
		return "too many holds are open";
	if (held->size > SHOWN_MOST)
		return "it is too large to be shown to a person";
	if (hold_crowds(held))
		return "too many holds of the skill are open";
	if (!find_group(held))
		return "the policy has changed; ask again";
	return NULL;
}

enum opened { OPENED_BAD, OPENED_NOT, OPENED_LISTED };

/* The same hold again, after one of us restarted. Only its own worker may. */
static enum opened
hear_again(struct held *known, const struct held *held, unsigned int from)
{
	if (known->worker != from ||
	    memcmp(known->hold.digest, held->hold.digest, sizeof(held->hold.digest)) != 0)
		return OPENED_BAD;
	known->has_left = known->hold.answer != ANSWER_WAIT;
	if (known->state != HOLD_OPENING)
		hold_tell_stands(known);
	return OPENED_NOT;
}

static enum opened
open_hold(struct held *held, unsigned int from, struct span body)
{
	struct desk *desk = held->desk;
	int status = copy_hold(held, from, body);
	struct held *known;
	const char *why;

	if (status)	/* without memory the worker's own deadline says no */
		return status == -EINVAL ? OPENED_BAD : OPENED_NOT;
	known = hold_find(desk, &held->hold.id);
	if (known)
		return hear_again(known, held, from);
	why = why_not(held);
	if (why) {
		tell_decided(desk, from, &held->hold, false, why, "");
		return OPENED_NOT;
	}
	withdraw_older(desk, &held->hold);
	list(held, from);
	if (hold_enter(held, on_opened, held, NULL)) {
		tell_decided(desk, from, &held->hold, false, "the hold could not be recorded", "");
		hold_unlist(held);
	}
	return OPENED_LISTED;
}

bool
hold_hear(struct desk *desk, unsigned int from, struct span body)
{
	struct held *held = calloc(1, sizeof(*held));
	enum opened opened;

	if (!held)
		return true;
	held->desk = desk;
	opened = open_hold(held, from, body);
	if (opened != OPENED_LISTED)
		held_free(held);
	return opened != OPENED_BAD;
}
