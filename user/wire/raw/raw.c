/*
 * raw.c: the codec of what is carried without being understood.
 * Bytes pass as they come, in parts; nothing is an ask, nothing can be refused
 * but the whole flow, and nothing of ours is ever put in between.
 */
#include "wire.h"

#include "base/arena.h"

struct raw {
	bool has_ended;
};

static int
sniff(struct span head, size_t *need)
{
	*need = head.n;
	return 1;
}

static void *
open_flow(const struct wire_settings *settings)
{
	return arena_take(settings->arena, sizeof(struct raw));
}

static enum wire_step
next(void *state, enum wire_side side, struct span in, struct out to[WIRE_SIDES], struct wire_event *event)
{
	const struct raw *raw = state;

	(void)side, (void)to;
	*event = (struct wire_event){ .kind = UNIT_PLAIN, .n = in.n };
	if (in.n == 0) {
		event->need = 1;
		return WIRE_MORE;
	}
	if (!raw->has_ended)
		return WIRE_PART;
	event->n = 0;
	event->why = "the flow has ended";
	return WIRE_BAD;
}

static void
pass(void *state, enum wire_side side, struct span unit, struct out to[WIRE_SIDES])
{
	(void)state;
	out_span(&to[side == WIRE_CLIENT ? WIRE_SERVER : WIRE_CLIENT], unit);
}

static void
farewell(void *state, const struct wire_no *no, struct out to[WIRE_SIDES])
{
	(void)no, (void)to;
	((struct raw *)state)->has_ended = true;
}

static void
refuse(void *state, enum wire_side side, struct span unit, const struct wire_no *no, struct out to[WIRE_SIDES])
{
	(void)side, (void)unit;
	farewell(state, no, to);
}

static void
drop(void *state, enum wire_side side, struct span unit, struct out to[WIRE_SIDES])
{
	(void)state, (void)side, (void)unit, (void)to;
}

static void
rewrite(void *state, struct span unit, const struct wire_field *fields, size_t count, struct out to[WIRE_SIDES])
{
	(void)fields, (void)count;
	pass(state, WIRE_SERVER, unit, to);
}

static void
login_begin(void *state, struct span role, struct span database, struct out to[WIRE_SIDES])
{
	(void)state, (void)role, (void)database, (void)to;
}

static bool
wants_proof(void *state, uint8_t *step, struct span *input)
{
	(void)state, (void)step, (void)input;
	return false;
}

static void
login_proof(void *state, uint8_t step, struct span output, struct out to[WIRE_SIDES])
{
	(void)state, (void)step, (void)output, (void)to;
}

static void
challenge(void *state, bool binds, struct out to[WIRE_SIDES])
{
	(void)state, (void)binds, (void)to;
}

static void
nothing(void *state, struct out to[WIRE_SIDES])
{
	(void)state, (void)to;
}

static char
tls_answer(void *state)
{
	(void)state;
	return 0;
}

static bool
own_turn(void *state, struct span text, struct out to[WIRE_SIDES])
{
	(void)state, (void)text, (void)to;
	return false;
}

static bool
cancel(void *state, struct out *out)
{
	(void)state, (void)out;
	return false;
}

static struct span
setting(void *state, const char *name)
{
	(void)state, (void)name;
	return span_of("", 0);
}

static bool
yes(void *state)
{
	(void)state;
	return true;
}

static void
copy_form(void *state, const struct wire_copy *form)
{
	(void)state, (void)form;
}

static void
whole(void *state, size_t limit)
{
	(void)state, (void)limit;
}

const struct wire_codec wire_raw = {
	.name = "raw",
	.first = WIRE_CLIENT,
	.has_login = true,
	.sniff = sniff,
	.open = open_flow,
	.next = next,
	.pass = pass,
	.refuse = refuse,
	.drop = drop,
	.rewrite = rewrite,
	.copy_form = copy_form,
	.whole = whole,
	.challenge = challenge,
	.login_begin = login_begin,
	.wants_proof = wants_proof,
	.login_proof = login_proof,
	.tls_ask = nothing,
	.tls_answer = tls_answer,
	.own_turn = own_turn,
	.calm = nothing,
	.farewell = farewell,
	.cancel = cancel,
	.setting = setting,
	.is_idle = yes,
	.has_room = yes,
};
