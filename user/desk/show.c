/*
 * show.c: holds as people see them.
 * A list is brief; one hold is shown whole, because what was not shown must not
 * be approved. Bytes that are not UTF-8 are written as \xNN, and said to be so.
 */
#include "desk/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "wire.h"

#define BRIEF 120	/* bytes of a statement in a list */

json_t *
show_text(struct span text)
{
	struct out out = out_new(4 * text.n + 1);
	json_t *json;

	while (text.n) {
		size_t n = utf8_length(text);

		if (n)
			out_bytes(&out, text.p, n);
		else
			out_printf(&out, "\\x%02x", text.p[0]);
		text = span_skip(text, n ? n : 1);
	}
	json = out.failed ? NULL : json_stringn(out.n ? (const char *)out.p : "", out.n);
	out_free(&out);
	return json ? json : json_null();
}

static bool
is_utf8(struct span text)
{
	while (text.n) {
		size_t n = utf8_length(text);

		if (n == 0)
			return false;
		text = span_skip(text, n);
	}
	return true;
}

static json_t *
show_hex(struct span bytes)
{
	struct out out = out_new(2 * bytes.n + 1);
	json_t *json;

	for (size_t i = 0; i < bytes.n; i++)
		out_printf(&out, "%02x", bytes.p[i]);
	json = out.failed ? NULL : json_stringn(out.n ? (const char *)out.p : "", out.n);
	out_free(&out);
	return json ? json : json_null();
}

static json_t *
show_id(const struct id *id)
{
	char text[ID_TEXT_SIZE];

	return id_is_set(id) ? json_string(id_format(id, text)) : json_null();
}

static const char *
state_name(const struct held *held)
{
	switch (held->state) {
	case HOLD_OPENING:
		return "opening";
	case HOLD_OPEN:
		return held->has_left ? "awaiting retry" : "open";
	case HOLD_DECIDING:
		return "deciding";
	case HOLD_REFUSED:
		return "denied";
	default:
		return "approved, awaiting retry";
	}
}

static json_t *
show_people(const struct held *held)
{
	json_t *list = json_array();

	for (size_t i = 0; i < held->approval_count; i++)
		json_array_append_new(list, json_string(held->approvals[i].person));
	return list;
}

json_t *
show_brief(const struct held *held)
{
	const struct hold *hold = &held->hold;
	uint64_t now = clock_wall();
	uint64_t left = held->expires_wall > now ? held->expires_wall - now : 0;

	return json_pack("{s:o,s:s,s:o,s:o,s:o,s:o,s:o,s:b,s:s,s:I,s:o,s:I}",
	    "hold", show_id(&hold->id), "state", state_name(held),
	    "skill", show_text(hold->skill), "starter", show_text(hold->starter),
	    "target", show_text(hold->target), "role", show_text(hold->role),
	    "text", show_text(span_head(hold->text, BRIEF)), "cut", hold->text.n > BRIEF,
	    "approvers", held->group, "need", (json_int_t)hold_need(held),
	    "approved_by", show_people(held),
	    "expires_in_s", (json_int_t)(left / SECOND_NS));
}

static json_t *
show_values(const struct hold *hold)
{
	json_t *list = json_array();

	for (size_t i = 0; i < hold->value_count; i++) {
		const struct hold_value *value = &hold->values[i];
		bool is_hex = value->is_binary || !is_utf8(value->bytes);
		json_t *bytes = value->is_null ? json_null() :
		    is_hex ? show_hex(value->bytes) : show_text(value->bytes);

		json_array_append_new(list, json_pack("{s:I,s:b,s:b,s:o}",
		    "type", (json_int_t)value->type, "binary", value->is_binary,
		    "hex", !value->is_null && is_hex, "value", bytes));
	}
	return list;
}

static const char *
phase_name(uint8_t phase)
{
	static const char *const names[] = {
		[PHASE_QUERY] = "query", [PHASE_PARSE] = "parse", [PHASE_BIND] = "bind",
		[PHASE_EXECUTE] = "execute", [PHASE_FUNCTION] = "function", [PHASE_REPLICATION] = "replication",
		[PHASE_REQUEST] = "request", [PHASE_MESSAGE] = "message",
	};

	return phase < COUNT(names) ? names[phase] : "unknown";
}

static const char *
transaction_name(char transaction)
{
	switch (transaction) {
	case 'I':
		return "none";
	case 'T':
		return "open";
	case 'E':
		return "failed";
	default:
		return "unknown";
	}
}

static json_t *
show_whole(const struct held *held, const struct caller *caller)
{
	const struct hold *hold = &held->hold;
	const char *why = decide_why_not(held, caller);
	json_t *json = show_brief(held), *acts;

	acts = json_loadb((const char *)hold->acts.p, hold->acts.n, 0, NULL);
	json_object_update_new(json, json_pack(
	    "{s:o,s:o,s:o,s:o,s:o,s:s,s:s,s:o,s:b,s:b,s:o,s:I,s:o,s:o,s:o}",
	    "session", show_id(&hold->session), "flow", show_id(&hold->flow),
	    "turn", show_id(&hold->turn), "database", show_text(hold->database),
	    "search_path", show_text(hold->search_path),
	    "transaction", transaction_name(hold->transaction),
	    "phase", phase_name(hold->phase), "text", show_text(hold->text),
	    "cut", 0, "escaped", !is_utf8(hold->text),
	    "values", show_values(hold), "row_limit", (json_int_t)hold->row_limit,
	    "acts", acts ? acts : json_null(), "rule", show_text(hold->rule),
	    "why", show_text(hold->why)));
	json_object_update_new(json, json_pack("{s:o,s:o,s:I,s:I,s:I,s:b,s:s}",
	    "digest", show_hex(span_of(hold->digest, sizeof(hold->digest))),
	    "salt", show_hex(span_of(hold->salt, sizeof(hold->salt))),
	    "policy_epoch", (json_int_t)hold->epoch,
	    "retry_s", (json_int_t)hold->retry_s,
	    "starter_uid", (json_int_t)hold->starter_uid,
	    "may_approve", why == NULL, "may_not_because", why ? why : ""));
	return json;
}

void
show_one(struct guest *client, json_t *request)
{
	struct held *held = hold_find_text(client->desk, request_text(request, "hold"));

	if (!held || !decide_may_see(held, &client->caller)) {
		guest_error(client, CODE_NO, "no such hold is open (see interlock holds)");
		return;
	}
	guest_ok(client, json_pack("{s:o}", "hold", show_whole(held, &client->caller)));
}

void
show_list(struct guest *client, json_t *request)
{
	for (struct held *held = client->desk->holds; held; held = held->next) {
		if (decide_may_see(held, &client->caller))
			guest_row(client, show_brief(held));
	}
	client->watches_holds = json_is_true(json_object_get(request, "watch"));
	if (!client->watches_holds)
		guest_ok(client, NULL);
}

void
show_change(const struct held *held, const char *event)
{
	struct guest *client, *next;

	for (client = held->desk->clients; client; client = next) {
		json_t *row;

		next = client->next;
		if (client->is_dead || !client->watches_holds ||
		    caller_check(held->desk, &client->caller) ||
		    !decide_may_see(held, &client->caller))
			continue;
		row = show_brief(held);
		json_object_set_new(row, "event", json_string(event));
		guest_row(client, row);
	}
}
