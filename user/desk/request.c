/*
 * request.c: the verbs people may use, and who may use them.
 * Plain root may do what an administrator may, so that a machine can always be
 * managed, but is nobody in person: it starts no skill and approves nothing.
 * Auditors read. Whether a person may start this skill or approve that hold is
 * judged where the skill or the hold is.
 */
#include "desk/desk.h"

#include <string.h>

#include "desk/control.h"

#define ANY (ROLE_ADMIN | ROLE_AUDITOR | ROLE_PERSON | ROLE_ROOT)
#define COMMAND (ROLE_ADMIN | ROLE_ROOT)
#define READ (COMMAND | ROLE_AUDITOR)

static const struct {
	const char *name;
	void (*fn)(struct guest *, json_t *request);
	unsigned int roles;
	const char *who;
} verbs[] = {
	{ "status", status_command, ANY, "people of the policy" },
	{ "run", relay_run, ROLE_PERSON, "people of the policy" },
	{ "signal", relay_signal, ROLE_PERSON, "who ran it" },
	{ "attach", relay_loader, COMMAND, "administrators" },
	{ "detach", relay_loader, COMMAND, "administrators" },
	{ "oci_hook", relay_loader, ROLE_ROOT, "container runtimes that run as root" },
	{ "trust", relay_loader, COMMAND, "administrators" },
	{ "skill_diff", relay_loader, READ, "administrators and auditors" },
	{ "skill_accept", relay_loader, COMMAND, "administrators" },
	{ "stop", stop_command, COMMAND, "administrators" },
	{ "holds", show_list, ANY, "people of the policy" },
	{ "show", show_one, ANY, "people of the policy" },
	{ "approve", decide_approve, ROLE_PERSON, "people in the hold's group of approvers" },
	{ "deny", decide_deny, ANY, "people of the policy" },
	{ "watch", watch_begin, READ, "administrators and auditors" },
	{ "reload", relay_policy, COMMAND, "administrators" },
	{ "policy", relay_policy, ANY, "people of the policy" },
	{ "secret_changed", relay_keeper, COMMAND, "administrators" },
};

const char *
request_text(const json_t *request, const char *key)
{
	const char *text = json_string_value(json_object_get(request, key));

	return text ? text : "";
}

static void
dispatch(struct guest *client, json_t *request)
{
	const char *name = request_text(request, "do");

	for (size_t i = 0; i < COUNT(verbs); i++) {
		if (strcmp(verbs[i].name, name) != 0)
			continue;
		if (!(client->caller.roles & verbs[i].roles)) {
			guest_error(client, CODE_PERMISSION, "%s may not do this; %s may",
			    client->caller.person, verbs[i].who);
			return;
		}
		verbs[i].fn(client, request);
		return;
	}
	guest_error(client, CODE_USAGE, "the daemon knows no such request");
}

void
request_hear(struct guest *client, struct span line)
{
	const char *refused = caller_check(client->desk, &client->caller);
	json_t *request;

	if (refused) {
		guest_error(client, CODE_PERMISSION, "%s", refused);
		guest_end(client);
		return;
	}
	request = json_loadb((const char *)line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(request)) {
		guest_error(client, CODE_USAGE, "a request is one JSON object a line");
		guest_end(client);
	} else if (json_integer_value(json_object_get(request, "v")) != CONTROL_VERSION) {
		guest_error(client, CODE_USAGE, "this daemon speaks version %d", CONTROL_VERSION);
		guest_end(client);
	} else {
		dispatch(client, request);
	}
	json_decref(request);
	guest_settle(client);
}
