/*
 * record.c: the entries of a worker, one function each.
 * Keys go in rising order, as entry.h asks: who, what, verdict, answer, hold.
 */
#include "record/record.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "entry/cbor.h"
#include "out.h"
#include "view.h"
#include "who.h"

void
record_destination(const struct abi_origin *origin, char *text)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char ip[INET6_ADDRSTRLEN];

	text[0] = 0;
	if (!origin->port)
		return;
	if (memcmp(origin->ip, mapped, sizeof(mapped)) == 0) {
		inet_ntop(AF_INET, origin->ip + sizeof(mapped), ip, sizeof(ip));
		snprintf(text, RECORD_DESTINATION, "%s:%u", ip, origin->port);
	} else {
		inet_ntop(AF_INET6, origin->ip, ip, sizeof(ip));
		snprintf(text, RECORD_DESTINATION, "[%s]:%u", ip, origin->port);
	}
}

static struct entry *
begin(const struct record_flow *flow, enum entry_kind kind, const struct id *turn)
{
	struct entry *entry = scribe_begin(flow->scribe, kind);

	scribe_who(entry, flow->who, flow->flow, turn);
	entry_text(entry, KEY_TARGET, span_text(flow->target));
	entry_text(entry, KEY_DESTINATION, span_text(flow->destination));
	entry_text(entry, KEY_ROLE, span_text(flow->role));
	entry_text(entry, KEY_DATABASE, span_text(flow->database));
	return entry;
}

static int
send_entry(const struct record_flow *flow, const struct record_call *call)
{
	if (!call)
		return scribe_send(flow->scribe, LEVEL_HANDED, NULL, NULL, NULL);
	return scribe_send(flow->scribe, call->level, call->fn, call->arg,
	    call->sequence);
}

static void
put_verdict(struct entry *entry, const struct verdict *verdict, const struct id *refusal)
{
	entry_text(entry, KEY_VERDICT, span_text(verdict_name(verdict->kind)));
	entry_text(entry, KEY_RULE, verdict->where);
	entry_text(entry, KEY_WHY, verdict->why);
	if (refusal)
		entry_id(entry, KEY_REFUSAL, refusal);
}

int
record_flow_begin(const struct record_flow *flow, bool uninspected,
    const struct record_call *call)
{
	struct entry *entry = begin(flow, ENTRY_FLOW, NULL);

	if (uninspected)
		entry_text(entry, KEY_INSPECT, SPAN("none"));
	return send_entry(flow, call);
}

int
record_flow_refused(const struct record_flow *flow, const char *reason,
    const struct id *refusal)
{
	struct entry *entry = begin(flow, ENTRY_FLOW, NULL);

	entry_text(entry, KEY_VERDICT, SPAN("deny"));
	entry_id(entry, KEY_REFUSAL, refusal);
	entry_text(entry, KEY_REASON, span_text(reason));
	return send_entry(flow, NULL);
}

int
record_flow_end(const struct record_flow *flow, const struct record_end *end)
{
	struct entry *entry = begin(flow, ENTRY_FLOW_END, NULL);

	entry_text(entry, KEY_SERVER_NAME, span_text(end->server_name));
	if (end->refusal)
		entry_id(entry, KEY_REFUSAL, end->refusal);
	entry_uint(entry, KEY_BYTES_IN, end->received);
	entry_uint(entry, KEY_BYTES_OUT, end->answered);
	entry_text(entry, KEY_REASON, span_text(end->reason));
	entry_uint(entry, KEY_DURATION, end->duration_ns);
	entry_uint(entry, KEY_BYTES_ASKED, end->asked);
	entry_uint(entry, KEY_BYTES_SENT, end->sent);
	entry_uint(entry, KEY_COUNT, end->turns);
	if (end->kernel) {
		entry_uint(entry, KEY_KERNEL_IN, end->kernel->in);
		entry_uint(entry, KEY_KERNEL_OUT, end->kernel->out);
	}
	return send_entry(flow, NULL);
}

/* As long as they could become in an entry, where what is not UTF-8 is written as \xNN. */
static bool
values_fit(const struct record_ask *ask)
{
	size_t n = 0;

	for (size_t i = 0; i < ask->value_count && n <= ENTRY_TEXT_LIMIT; i++) {
		struct span text = ask->values[i].text;

		n += CBOR_HEAD_SIZE;
		if (!ask->values[i].is_null)
			n += utf8_is_valid(text) ? text.n : 4 * text.n;
	}
	return n <= ENTRY_TEXT_LIMIT;
}

static void
put_values(struct entry *entry, const struct record_ask *ask)
{
	entry_array(entry, KEY_VALUES, ask->value_count);
	for (size_t i = 0; i < ask->value_count; i++)
		if (ask->values[i].is_null)
			entry_item_null(entry);
		else
			entry_item_text(entry, ask->values[i].text);
}

static void
put_acts(struct entry *entry, const struct action *action)
{
	if (!action || !action->act_count)
		return;
	entry_array(entry, KEY_ACTS, action->act_count);
	for (size_t i = 0; i < action->act_count; i++) {
		const struct act *act = &action->acts[i];

		entry_item_array(entry, 4);
		entry_item_text(entry, span_text(effect_name(act->effect)));
		entry_item_text(entry, act->object);
		entry_item_uint(entry, act->reach);
		entry_item_array(entry, act->column_count);
		for (size_t j = 0; j < act->column_count; j++)
			entry_item_text(entry, act->columns[j]);
	}
}

int
record_login(const struct record_flow *flow, struct span asked_role,
    const struct action *settings, const struct verdict *verdict,
    const struct id *refusal, const char *failure, const struct record_call *call)
{
	struct entry *entry = begin(flow, ENTRY_LOGIN, NULL);

	entry_text(entry, KEY_ASKED_ROLE, asked_role);
	put_acts(entry, settings);
	put_verdict(entry, verdict, refusal);
	entry_text(entry, KEY_REASON, span_text(failure));
	return send_entry(flow, call);
}

/* ---- bodies -------------------------------------------------------------- */

static void
put_head(struct out *out, enum cbor_major major, uint64_t value)
{
	uint8_t head[CBOR_HEAD_SIZE];

	out_bytes(out, head, cbor_head(head, major, value));
}

/* All values as one CBOR array: text, bytes where it is not UTF-8, or null. */
static void
pack_values(const struct record_ask *ask, struct out *out)
{
	put_head(out, CBOR_ARRAY, ask->value_count);
	for (size_t i = 0; i < ask->value_count; i++) {
		struct span text = ask->values[i].text;

		if (ask->values[i].is_null) {
			put_head(out, CBOR_SIMPLE, CBOR_NULL);
			continue;
		}
		put_head(out, utf8_is_valid(text) ? CBOR_TEXT : CBOR_BYTES, text.n);
		out_span(out, text);
	}
}

static bool
attach(struct scribe *scribe, enum entry_key key, struct span body)
{
	uint8_t digest[ENTRY_DIGEST_SIZE];

	if (!EVP_Digest(body.p, body.n, digest, NULL, EVP_sha256(), NULL))
		return false;
	scribe_attach(scribe, key, digest, body);
	return true;
}

/* What the entry has no room for goes with it. Returns 0, -EMSGSIZE or -ENOMEM. */
static int
attach_bodies(const struct record_flow *flow, const struct record_ask *ask,
    bool has_values, struct out *room)
{
	if (!entry_text_fits(ask->text) &&
	    !attach(flow->scribe, KEY_TEXT_BLOB, ask->text))
		return -ENOMEM;
	if (has_values)
		return 0;
	pack_values(ask, room);
	if (room->failed)
		return -EMSGSIZE;
	return attach(flow->scribe, KEY_VALUES_BLOB, out_view(room)) ? 0 : -ENOMEM;
}

int
record_ask(const struct record_flow *flow, const struct record_ask *ask,
    const struct record_call *call)
{
	struct entry *entry = begin(flow, ENTRY_ASK, ask->turn);
	struct out room = out_new(ENTRY_BLOB_LIMIT);
	bool has_values = values_fit(ask);
	int error;

	entry_text(entry, KEY_TEXT, ask->text);
	if (has_values && ask->value_count)
		put_values(entry, ask);
	if (ask->text_digest)
		entry_bytes(entry, KEY_TEXT_DIGEST, span_of(ask->text_digest, 32));
	put_acts(entry, ask->action);
	entry_text(entry, KEY_STATEMENT, ask->name);
	entry_text(entry, KEY_PHASE, span_text(ask->phase));
	if (ask->action && ask->action->http)
		entry_text(entry, KEY_OPERATION, ask->action->http->operation);
	put_verdict(entry, ask->verdict, ask->refusal);
	if (ask->hold)
		entry_id(entry, KEY_HOLD, ask->hold);
	error = attach_bodies(flow, ask, has_values, &room);
	if (!error)
		error = send_entry(flow, call);
	out_free(&room);
	return error;
}

static size_t
count_hits(const struct record_answer *answer)
{
	size_t n = 0;

	for (size_t i = 0; i < answer->mask_count; i++)
		n += answer->tally->hits[i] > 0;
	return n;
}

int
record_answer(const struct record_flow *flow, const struct record_answer *answer)
{
	struct entry *entry = begin(flow, ENTRY_ANSWER, answer->turn);
	size_t hits = count_hits(answer);

	entry_uint(entry, KEY_ROWS, answer->rows);
	entry_uint(entry, KEY_BYTES_IN, answer->bytes_in);
	entry_uint(entry, KEY_BYTES_OUT, answer->bytes_out);
	entry_text(entry, KEY_ERROR, answer->error);
	entry_text(entry, KEY_TAG, answer->tag);
	if (hits) {
		entry_map(entry, KEY_MASKED, hits);
		for (size_t i = 0; i < answer->mask_count; i++)
			if (answer->tally->hits[i]) {
				entry_item_text(entry, span_text(answer->masks[i].name));
				entry_item_uint(entry, answer->tally->hits[i]);
			}
	}
	entry_bytes(entry, KEY_ANSWER_DIGEST, span_of(answer->digest, 32));
	entry_uint(entry, KEY_DURATION, answer->duration_ns);
	return send_entry(flow, NULL);
}

int
record_release(const struct record_flow *flow, const struct id *turn,
    const struct id *hold, const uint8_t digest[32], const struct verdict *verdict,
    struct span people, const struct record_call *call)
{
	struct entry *entry = begin(flow, ENTRY_RELEASE, turn);

	put_verdict(entry, verdict, NULL);
	entry_id(entry, KEY_HOLD, hold);
	entry_bytes(entry, KEY_DIGEST, span_of(digest, 32));
	entry_text(entry, KEY_PERSON, people);
	return send_entry(flow, call);
}
