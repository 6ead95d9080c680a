/*
 * decide.c: who may see, approve and deny a hold.
 * An approver is a person of the group the rule names, by today's policy, and is
 * neither the skill's owner nor whoever started it, nor has approved already.
 * Plain root is nobody. To deny is always safe, so more people may.
 */
#include "desk/desk.h"

#include <stdio.h>
#include <string.h>

#include "desk/control.h"
#include "view.h"

static const struct view_approvers *
group_of(const struct held *held)
{
	const struct view_broker *view = held->desk->view;

	for (size_t i = 0; view && i < view->approver_count; i++) {
		if (strcmp(view->approvers[i].name, held->group) == 0)
			return &view->approvers[i];
	}
	return NULL;
}

static bool
is_in_group(const struct held *held, const struct caller *caller)
{
	const struct view_approvers *group = group_of(held);

	for (size_t i = 0; group && i < group->person_count; i++) {
		if (strcmp(group->people[i], caller->person) == 0)
			return caller->roles & ROLE_PERSON;
	}
	return false;
}

static bool
is_owner(const struct held *held, const struct caller *caller)
{
	const struct view_broker *view = held->desk->view;

	for (size_t i = 0; view && i < view->skill_count; i++) {
		if (span_is(held->hold.skill, view->skills[i].name) &&
		    strcmp(view->skills[i].owner, caller->person) == 0)
			return true;
	}
	return false;
}

static bool
is_starter(const struct held *held, const struct caller *caller)
{
	uint32_t uid = held->hold.starter_uid;

	return span_is(held->hold.starter, caller->person) ||
	    (uid != 0 && (uid == caller->uid || uid == caller->login));
}

static bool
has_approved(const struct held *held, const struct caller *caller)
{
	for (size_t i = 0; i < held->approval_count; i++) {
		if (strcmp(held->approvals[i].person, caller->person) == 0 ||
		    held->approvals[i].uid == caller->person_uid)
			return true;
	}
	return false;
}

const char *
decide_why_not(const struct held *held, const struct caller *caller)
{
	if (!held->desk->knows_sessions)
		return "the daemon is starting and does not know every skill yet; try again";
	if (caller_is_another(caller))
		return "you run as another user than you logged in as";
	if (!(caller->roles & ROLE_PERSON))
		return "only people named in the policy approve, and root is none";
	if (caller->roles & ROLE_AUDITOR)
		return "an auditor only reads";
	if (!is_in_group(held, caller))
		return "you are not among the approvers the rule names";
	if (is_owner(held, caller))
		return "the skill's owner cannot approve what it asks";
	if (is_starter(held, caller))
		return "who started the skill cannot approve what it asks";
	if (has_approved(held, caller))
		return "you have approved it already; another person is needed";
	if (held->state != HOLD_OPEN)
		return "it is decided already";
	return NULL;
}

bool
decide_may_see(const struct held *held, const struct caller *caller)
{
	return held->state != HOLD_OPENING &&
	    ((caller->roles & (ROLE_ADMIN | ROLE_AUDITOR | ROLE_ROOT)) ||
	    is_in_group(held, caller) || is_owner(held, caller) ||
	    is_starter(held, caller));
}

/* The hold of the request, if this caller may know of it. Answers if not. */
static struct held *
hold_of(struct guest *client, const json_t *request)
{
	struct held *held = hold_find_text(client->desk, request_text(request, "hold"));

	if (held && decide_may_see(held, &client->caller))
		return held;
	guest_error(client, CODE_NO, "no such hold is open (see interlock holds)");
	return NULL;
}

static bool
is_digest(const struct held *held, const char *hex)
{
	char text[65];

	for (size_t i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", held->hold.digest[i]);
	return strcmp(text, hex) == 0;
}

void
decide_approve(struct guest *client, json_t *request)
{
	const struct caller *caller = &client->caller;
	struct held *held = hold_of(client, request);
	const char *why = held ? decide_why_not(held, caller) : NULL;
	struct approval *approval;
	int status;

	if (!held)
		return;
	if (!why && held->approval_count >= DESK_APPROVALS)
		why = "too many people are asked for";
	if (why) {
		guest_error(client, CODE_PERMISSION, "%s", why);
		return;
	}
	if (!is_digest(held, request_text(request, "digest"))) {
		guest_error(client, CODE_NO, "this is not the digest of what is held: look again");
		return;
	}
	approval = &held->approvals[held->approval_count++];
	strcpy(approval->person, caller->person);
	approval->uid = caller->person_uid;
	status = hold_settle(held, "approve", caller->person, NULL, client->number);
	if (!status) {
		client->owed++;
		return;
	}
	held->approval_count--;
	guest_error(client, CODE_FAILED, "the approval cannot be recorded now; try again");
}

/* More than may approve: administrators, root, the owner and who started it. */
static bool
may_deny(const struct held *held, const struct caller *caller)
{
	if (caller->roles & ROLE_AUDITOR)
		return false;
	return (caller->roles & (ROLE_ADMIN | ROLE_ROOT)) || is_in_group(held, caller) ||
	    is_owner(held, caller) || is_starter(held, caller);
}

void
decide_deny(struct guest *client, json_t *request)
{
	struct held *held = hold_of(client, request);

	if (!held)
		return;
	if (!may_deny(held, &client->caller)) {
		guest_error(client, CODE_PERMISSION, "%s may not deny this", client->caller.person);
		return;
	}
	if (held->state == HOLD_DECIDING || held->state == HOLD_REFUSED) {
		guest_error(client, CODE_NO, "it is decided already");
		return;
	}
	if (hold_settle(held, "deny", client->caller.person, request_text(request, "reason"),
	    client->number))
		guest_error(client, CODE_FAILED, "the decision cannot be recorded now; try again");
	else
		client->owed++;
}
