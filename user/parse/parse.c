/* parse.c: progress, honest hunger, containment; see ARCHITECTURE section 6. */
#include "parse/parse.h"

static enum wire_step
bad(struct wire_event *event, const char *why)
{
	event->why = why;
	return WIRE_BAD;
}

enum wire_step
parse_next(const struct wire_codec *codec, void *state, enum wire_side side,
    struct span in, size_t limit, struct out to[WIRE_SIDES], struct wire_event *event)
{
	enum wire_step step;

	*event = (struct wire_event){ 0 };
	step = codec->next(state, side, in, to, event);
	switch (step) {
	case WIRE_MORE:
		if (event->need <= in.n)
			return bad(event, "the codec wants what it has");
		if (event->need > limit)
			return bad(event, "message larger than the limit");
		return step;
	case WIRE_UNIT:
	case WIRE_PART:
		if (event->n == 0 || event->n > in.n)
			return bad(event, "the codec named bytes it was not given");
		if (event->kind >= UNIT_KINDS)
			return bad(event, "the codec named no unit");
		return step;
	case WIRE_BAD:
		break;
	}
	if (!event->why)
		event->why = "not this protocol";
	return WIRE_BAD;
}
