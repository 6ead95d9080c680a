/*
 * relay.h: the smallest conductor there can be, for tests of codecs.
 * It feeds bytes, allows everything but what it is told to refuse, hands every
 * row and text to rewrite() unchanged when asked to, and writes down each unit
 * as a line, so that two runs can be compared. Parts of one unit are one line.
 */
#ifndef RELAY_H
#define RELAY_H

#include <stdio.h>
#include <stdlib.h>

#include "out.h"
#include "wire.h"

#include "base/arena.h"
#include "vault/vault.h"

struct relay {
	const struct wire_codec *codec;
	void *state;
	struct arena *arena;
	struct out in[WIRE_SIDES], to[WIRE_SIDES], log;
	bool rewrites;		/* rows and texts through rewrite(), unedited */
	const char *refuses;	/* asks whose text has this */
	const char *masks;	/* fields that are this become "***" */
	const char *holds;	/* asks whose text has this wait: set to NULL and run again */
	bool refuses_fatally;
	bool ignores_room;	/* asks are read although the codec has none */
	bool masks_all;
	size_t unit_limit;	/* 0: 1 MiB */
	const char *asks_first;	/* asks whose text has this are put behind an own turn */
	const char *own_text;
	enum { OWN_NOT, OWN_ASKED, OWN_ANSWERED } own;
	const char *role, *database;	/* of the login upstream */
	bool needs_proof;
	bool challenges, binds;	/* the client is asked for a proof of its own, which may be bound */
	bool is_bad, is_final, in_part;
	bool new_body;		/* answers of HTTP get other bytes: each of theirs twice */
	const char *refuses_answer;	/* heads of the server that have this */
	const char *refuses_run;	/* and runs of its bodies, as they happen to be cut */
	const struct wire_change *change;	/* what is done to each request and each head of an answer */
	bool in_body;		/* the last line of the log is a body, */
	enum wire_side body_side;	/* of this side */
	char heads[1024];	/* for each ask that was passed or refused: 'H' of HEAD, else 'x' */
	size_t head_count;
	uint32_t key;		/* 0: 0xdeadbeef */
	struct wire_cancel cancel;
	char tls;		/* what the client was told */
	size_t asks, rows;
	void (*proof)(struct relay *, uint8_t step, struct span input, struct out *answer);
};

static const char *const relay_kinds[UNIT_KINDS] = {
	"plain", "own", "tls", "login", "cancel", "ask", "bye", "fields", "row",
	"text", "done", "reply", "reply-end", "logged-in", "head", "body",
};

/* A key that is a number, told in full or cut: its number comes again and again. */
__attribute__((unused)) static struct wire_key
relay_key(uint32_t number)
{
	struct wire_key key = { .n = WIRE_KEY_BYTES };

	for (size_t i = 0; i < WIRE_KEY_BYTES; i++)
		key.p[i] = (uint8_t)(number >> (24 - i % 4 * 8));
	return key;
}

__attribute__((unused)) static void
relay_open(struct relay *r, const struct wire_codec *codec, bool offers_tls)
{
	struct wire_settings settings = { .unit_limit = r->unit_limit ? r->unit_limit : 1 << 20, .offers_tls = offers_tls,
		.key = relay_key(r->key ? r->key : 0xdeadbeef),
		.needs_proof = r->needs_proof };

	settings.arena = r->arena = arena_new(64 << 20);
	r->codec = codec;
	r->state = codec->open(&settings);
	for (int i = 0; i < WIRE_SIDES; i++) {
		r->in[i] = out_new(64 << 20);
		r->to[i] = out_new(64 << 20);
	}
	r->log = out_new(64 << 20);
}

__attribute__((unused)) static void
relay_close(struct relay *r)
{
	for (int i = 0; i < WIRE_SIDES; i++) {
		out_free(&r->in[i]);
		out_free(&r->to[i]);
	}
	out_free(&r->log);
	arena_free(&r->arena);
}

static void
relay_span(struct relay *r, const char *name, struct span s)
{
	if (s.n == 0)
		return;
	out_printf(&r->log, " %s=", name);
	out_span(&r->log, s);	/* every byte is read: containment */
}

static void
relay_note_pairs(struct relay *r, const struct wire_pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		out_printf(&r->log, "\n  ");
		out_span(&r->log, pairs[i].name);
		out_printf(&r->log, ": ");
		out_span(&r->log, pairs[i].value);
	}
}

static void
relay_note_request(struct relay *r, const struct wire_request *request)
{
	relay_span(r, "method", request->method);
	relay_span(r, "scheme", request->scheme);
	relay_span(r, "host", request->host);
	relay_span(r, "path", request->path);
	if (request->query.p)
		out_printf(&r->log, " query");
	relay_span(r, "query", request->query);
	relay_note_pairs(r, request->headers, request->header_count);
	relay_note_pairs(r, request->trailers, request->trailer_count);
	out_printf(&r->log, "\n  length=%lld%s", (long long)request->body_length, request->is_open ? " open" : "");
	if (request->channel)
		out_printf(&r->log, " channel=%d", (int)request->channel);
	relay_span(r, "body", request->body);
}

/* Runs of one body are one line, however they were cut. */
static void
relay_note_body(struct relay *r, enum wire_side side, const struct wire_event *event)
{
	if (!r->in_body || r->body_side != side)
		out_printf(&r->log, "%s%c %s #%u '", r->in_body ? "\n" : "", side == WIRE_CLIENT ? '>' : '<',
		    relay_kinds[event->kind], event->turn);
	r->in_body = !event->ends && !event->body.channel;
	r->body_side = side;
	out_span(&r->log, event->body.bytes);
	if (event->body.channel)
		out_printf(&r->log, "' channel=%d%s", (int)event->body.channel, event->ends ? "" : "\n");
	if (!event->ends)
		return;
	relay_note_pairs(r, event->body.trailers, event->body.trailer_count);
	out_printf(&r->log, " ends%s\n", event->is_final ? " final" : "");
}

static void
relay_note_head(struct relay *r, const struct wire_event *event)
{
	out_printf(&r->log, " %u length=%lld%s%s", event->head.status, (long long)event->head.body_length,
	    event->head.has_body ? " body" : "", event->ends ? " ends" : "");
	relay_note_pairs(r, event->head.headers, event->head.header_count);
}

static void
relay_note_ask(struct relay *r, const struct wire_ask *ask)
{
	static const char *const phases[] = { "query", "parse", "bind", "execute", "function", "replication", "request", "message" };

	r->asks++;
	out_printf(&r->log, " %s %u tx=%c", phases[ask->phase], ask->turn, ask->transaction);
	relay_span(r, "text", ask->text);
	relay_span(r, "name", ask->name);
	if (ask->phase == PHASE_REQUEST || ask->phase == PHASE_MESSAGE)
		relay_note_request(r, &ask->request);
	if (ask->is_too_large)
		out_printf(&r->log, " too large");
	if (ask->row_limit)
		out_printf(&r->log, " limit=%u", ask->row_limit);
	if (ask->statement)
		out_printf(&r->log, " of=%u", (unsigned int)ask->statement);
	if (ask->continues)
		out_printf(&r->log, " continues");
	for (size_t i = 0; i < ask->value_count; i++) {
		relay_span(r, ask->values[i].is_null ? "null" : "value", ask->values[i].bytes);
		if (ask->values[i].cut)
			out_printf(&r->log, " cut=%u", ask->values[i].cut);
	}
}

static void
relay_note_field(struct relay *r, const struct wire_field *field)
{
	out_printf(&r->log, " %s", field->is_null ? "NULL" : field->is_binary ? "b'" : "'");
	out_span(&r->log, field->bytes);
}

static void
relay_note(struct relay *r, enum wire_side side, enum wire_step step, const struct wire_event *event)
{
	if (step == WIRE_PART && r->in_part)
		return;
	r->in_part = step == WIRE_PART;
	if (event->kind == UNIT_BODY || (event->kind == UNIT_OWN && r->codec == &wire_http1 && event->turn)) {
		relay_note_body(r, side, event);
		return;
	}
	if (r->in_body)
		out_printf(&r->log, "\n");
	r->in_body = false;
	out_printf(&r->log, "%c %s%s", side == WIRE_CLIENT ? '>' : '<', relay_kinds[event->kind],
	    step == WIRE_PART ? " (parts)" : "");
	if (event->turn)
		out_printf(&r->log, " #%u", event->turn);
	if (event->kind == UNIT_ASK)
		relay_note_ask(r, &event->ask);
	if (event->kind == UNIT_HEAD)
		relay_note_head(r, event);
	if (event->kind == UNIT_LOGIN) {
		relay_span(r, "user", event->login.user);
		relay_span(r, "database", event->login.database);
		out_printf(&r->log, "%s", event->login.is_replication ? " replication" : "");
	}
	if (event->kind == UNIT_CANCEL)
		out_printf(&r->log, " %x/%x", event->cancel.pid, span_be32(span_of(event->cancel.key.p, 4), 0));
	for (size_t i = 0; event->kind == UNIT_FIELDS && i < event->fields.count; i++)
		out_printf(&r->log, " %.*s:%u.%u", (int)event->fields.columns[i].name.n,
		    (const char *)event->fields.columns[i].name.p, event->fields.columns[i].table,
		    event->fields.columns[i].column);
	for (size_t i = 0; (event->kind == UNIT_ROW || event->kind == UNIT_REPLY || event->kind == UNIT_TEXT) &&
	    i < event->row.count; i++)
		relay_note_field(r, &event->row.fields[i]);
	if (event->kind == UNIT_DONE || event->kind == UNIT_REPLY_END) {
		relay_span(r, "tag", event->done.tag);
		relay_span(r, "error", event->done.error);
		if (event->done.transaction)
			out_printf(&r->log, " tx=%c upto=%u", event->done.transaction, event->done.upto);
		out_printf(&r->log, "%s", event->done.is_last ? " last" : "");
	}
	out_printf(&r->log, "%s%s%s\n", event->is_final ? " final" : "", event->lost_reply ? " lost" : "",
	    event->ends_flow ? " ends-flow" : "");
}

/* A law of wire.h; broken, there is no going on. */
static void
relay_law(bool holds, const char *law)
{
	if (holds)
		return;
	fprintf(stderr, "law broken: %s\n", law);
	abort();
}

static void
relay_check(struct relay *r, enum wire_side side, enum wire_step step, struct span in, const struct wire_event *event)
{
	struct wire_event again;

	if (step == WIRE_MORE) {
		relay_law(event->need > in.n, "honest hunger: more than was given");
		relay_law(event->need <= (r->unit_limit ? r->unit_limit : 1 << 20) + 65536,
		    "honest hunger: not beyond the limit");
	} else if (step == WIRE_BAD) {
		relay_law(event->why != NULL, "bad has a reason");
		relay_law(r->codec->next(r->state, side, in, r->to, &again) == WIRE_BAD &&
		    r->codec->next(r->state, WIRE_CLIENT, in, r->to, &again) == WIRE_BAD, "finality");
	} else {
		relay_law(event->n > 0 && event->n <= in.n, "progress");
		relay_law(event->kind < UNIT_KINDS, "a known kind");
	}
}

static bool
relay_has(struct span text, const char *part)
{
	return part && text.n && memmem(text.p, text.n, part, strlen(part));
}

static void
relay_rewrite(struct relay *r, struct span unit, struct wire_event *event)
{
	struct wire_field fields[WIRE_FIELDS_MAX];

	for (size_t i = 0; i < event->row.count; i++) {
		fields[i] = event->row.fields[i];
		if (r->masks_all || (r->masks && span_is(fields[i].bytes, r->masks)))
			fields[i].bytes = SPAN("***");
	}
	r->codec->rewrite(r->state, unit, fields, event->row.count, r->to);
}

/* What the grammar would say of a COPY, by words alone. */
static void
relay_copy_form(struct relay *r, struct span text)
{
	struct wire_copy form = { .format = WIRE_COPY_TEXT, .delimiter = '\t', .quote = '"', .escape = '"',
		.null = "\\N", .null_n = 2 };

	if (relay_has(text, "CSV"))
		form = (struct wire_copy){ .format = WIRE_COPY_CSV, .delimiter = ',', .quote = '"', .escape = '"' };
	if (relay_has(text, "ESCAPE"))
		form.escape = '\\';
	if (relay_has(text, "NULL"))
		memcpy(form.null, "nix", form.null_n = 3);
	if (relay_has(text, "BINARY"))
		form.format = WIRE_COPY_BINARY;
	if (relay_has(text, "OPAQUE"))
		form.format = WIRE_COPY_OPAQUE;
	form.has_header = relay_has(text, "HEADER");
	r->codec->copy_form(r->state, &form);
}

/* The head or a run of an answer of HTTP; or of the rest of an ask. */
static void
relay_obey_answer(struct relay *r, enum wire_side side, struct span unit, const struct wire_event *event,
    const struct wire_no *no)
{
	struct wire_change change = { .is_new_body = r->new_body };
	struct out bytes = out_new(64 << 20);

	if (side == WIRE_SERVER && relay_has(unit, event->kind == UNIT_HEAD ? r->refuses_answer : r->refuses_run)) {
		r->codec->refuse(r->state, side, unit, no, r->to);
	} else if (event->kind == UNIT_HEAD && (r->rewrites || r->new_body || r->change)) {
		r->codec->change(r->state, side, unit, r->change ? r->change : &change, r->to);
	} else if (event->kind == UNIT_BODY && (r->rewrites || (r->new_body && side == WIRE_SERVER))) {
		for (size_t i = 0; i < event->body.bytes.n; i++)
			for (int k = 0; k <= r->new_body; k++)
				out_u8(&bytes, event->body.bytes.p[i]);
		r->codec->put(r->state, side, unit, out_view(&bytes), r->to);
	} else {
		r->codec->pass(r->state, side, unit, r->to);
	}
	out_free(&bytes);
}

/* Obey what was named. False: it waits. */
static bool
relay_obey(struct relay *r, enum wire_side side, enum wire_step step, struct span unit, struct wire_event *event)
{
	struct wire_no no = { .sqlstate = "ILD01", .message = SPAN("refused by policy"), .hint = SPAN("ask"),
		.fatal = r->refuses_fatally };
	bool is_row = event->kind == UNIT_ROW || event->kind == UNIT_TEXT;

	switch (event->kind) {
	case UNIT_HEAD: case UNIT_BODY:
		relay_obey_answer(r, side, unit, event, &no);
		return true;
	case UNIT_ASK:
		r->own = OWN_NOT;
		if (event->ask.phase == PHASE_REQUEST && r->head_count < sizeof(r->heads))
			r->heads[r->head_count++] = span_is(event->ask.request.method, "HEAD") ? 'H' : 'x';
		relay_copy_form(r, event->ask.text);
		if (!relay_has(event->ask.text, r->refuses) && !event->ask.is_too_large)
			break;
		r->codec->refuse(r->state, side, unit, &no, r->to);
		return true;
	case UNIT_TLS:
		r->tls = 'S';
		/* fallthrough */
	case UNIT_OWN: case UNIT_CANCEL: case UNIT_REPLY: case UNIT_REPLY_END: case UNIT_LOGGED_IN:
		r->codec->drop(r->state, side, unit, r->to);
		return true;
	case UNIT_LOGIN:
		r->codec->drop(r->state, side, unit, r->to);
		if (r->challenges) {
			r->codec->challenge(r->state, r->binds, r->to);
			return true;
		}
		r->codec->login_begin(r->state, span_text(r->role), span_text(r->database), r->to);
		return true;
	default:
		break;
	}
	if (event->kind == UNIT_ASK && r->change) {
		r->codec->change(r->state, side, unit, r->change, r->to);
		return true;
	}
	r->rows += event->kind == UNIT_ROW;
	if (is_row && step == WIRE_UNIT && (r->rewrites || r->masks || r->masks_all))
		relay_rewrite(r, unit, event);
	else
		r->codec->pass(r->state, side, unit, r->to);
	return true;
}

static void
relay_prove(struct relay *r)
{
	struct out answer = out_new(4096);
	struct span input;
	uint8_t step;

	if (!r->codec->wants_proof(r->state, &step, &input))
		return;
	out_printf(&r->log, "proof %u %.*s\n", step, (int)input.n, (const char *)input.p);
	if (r->proof)
		r->proof(r, step, input, &answer);
	else if (step != VAULT_SCRAM_CHECK)
		out_printf(&answer, "proof%u", step);
	r->codec->login_proof(r->state, step, out_view(&answer), r->to);
	if (step == VAULT_VERIFY_FINAL)
		r->codec->login_begin(r->state, span_text(r->role), span_text(r->database), r->to);
	out_free(&answer);
}

/* An ask waits: for its verdict, or for the answer to a question of ours. */
static bool
relay_waits(struct relay *r, const struct wire_event *event)
{
	if (event->kind != UNIT_ASK)
		return false;
	if (relay_has(event->ask.text, r->holds))
		return true;
	if (!relay_has(event->ask.text, r->asks_first) || r->own == OWN_ANSWERED)
		return false;
	if (r->own == OWN_NOT)
		r->own = r->codec->own_turn(r->state, span_text(r->own_text), r->to) ? OWN_ASKED : OWN_ANSWERED;
	return r->own == OWN_ASKED;
}

/* Take as many units as there are from one side. */
static void
relay_run(struct relay *r, enum wire_side side)
{
	struct wire_event event;
	uint8_t *tight = NULL;

	while (!r->is_bad && !r->is_final) {
		struct span in = out_view(&r->in[side]);
		enum wire_step step;

		if (side == WIRE_CLIENT && !r->ignores_room && !r->codec->has_room(r->state))
			break;
		if (in.n < 4096) {	/* so that ASan sees a byte read too far */
			free(tight);
			tight = malloc(in.n ? in.n : 1);
			memcpy(tight, in.n ? in.p : (const uint8_t *)"", in.n);
			in.p = tight;
		}
		step = r->codec->next(r->state, side, in, r->to, &event);
		relay_check(r, side, step, in, &event);
		if (step == WIRE_MORE)
			break;
		if (step == WIRE_BAD) {
			r->is_bad = true;
			out_printf(&r->log, "%c BAD %s\n", side == WIRE_CLIENT ? '>' : '<', event.why);
			break;
		}
		if (side == WIRE_CLIENT && relay_waits(r, &event))
			break;
		if (event.kind == UNIT_REPLY_END || event.lost_reply)
			r->own = OWN_ANSWERED;
		relay_note(r, side, step, &event);
		r->is_final |= event.is_final;
		if (event.kind == UNIT_CANCEL)
			r->cancel = event.cancel;
		relay_obey(r, side, step, span_head(in, event.n), &event);
		out_drop(&r->in[side], event.n);
		relay_prove(r);
		if (side == WIRE_SERVER && (r->own == OWN_ANSWERED || event.ends))
			relay_run(r, WIRE_CLIENT);
	}
	free(tight);
}

/* That side has closed: what this ends is obeyed. */
__attribute__((unused)) static bool
relay_end(struct relay *r, enum wire_side side)
{
	struct wire_event event;

	if (r->is_bad || r->is_final || r->in[side].n || !r->codec->ended || !r->codec->ended(r->state, side, &event))
		return false;
	relay_law(event.n == 0 && event.ends, "what the end of a side ends has no bytes");
	relay_note(r, side, WIRE_UNIT, &event);
	r->is_final |= event.is_final;
	relay_obey(r, side, WIRE_UNIT, SPAN(""), &event);
	return true;
}

__attribute__((unused)) static void
relay_feed(struct relay *r, enum wire_side side, struct span bytes)
{
	out_span(&r->in[side], bytes);
	relay_run(r, side);
}

/* Its client is silent. False: that changes nothing. */
__attribute__((unused)) static bool
relay_hasten(struct relay *r)
{
	if (r->is_bad || r->is_final || !r->codec->hasten || !r->codec->hasten(r->state))
		return false;
	relay_run(r, WIRE_CLIENT);
	return true;
}

#endif
