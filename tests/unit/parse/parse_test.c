/* A codec that breaks a law is cut off, whatever it says. */
#include "parse/parse.h"

#include "check.h"

static struct wire_event said;
static enum wire_step step;

static enum wire_step
next(void *state, enum wire_side side, struct span in, struct out to[WIRE_SIDES],
    struct wire_event *event)
{
	(void)state, (void)side, (void)in, (void)to;
	*event = said;
	return step;
}

static const struct wire_codec codec = { .name = "liar", .next = next };

static const struct {
	const char *name;
	enum wire_step says;
	size_t n, need;
	enum wire_kind kind;
	enum wire_step is;
} rows[] = {
	{ "honest unit", WIRE_UNIT, 4, 0, UNIT_PLAIN, WIRE_UNIT },
	{ "honest part", WIRE_PART, 1, 0, UNIT_ROW, WIRE_PART },
	{ "honest hunger", WIRE_MORE, 0, 5, UNIT_PLAIN, WIRE_MORE },
	{ "hungry for what it has", WIRE_MORE, 0, 4, UNIT_PLAIN, WIRE_BAD },
	{ "hungry for nothing", WIRE_MORE, 0, 0, UNIT_PLAIN, WIRE_BAD },
	{ "hungry beyond the limit", WIRE_MORE, 0, 101, UNIT_PLAIN, WIRE_BAD },
	{ "no progress", WIRE_UNIT, 0, 0, UNIT_PLAIN, WIRE_BAD },
	{ "more than was given", WIRE_UNIT, 5, 0, UNIT_PLAIN, WIRE_BAD },
	{ "no such unit", WIRE_UNIT, 4, 0, UNIT_KINDS, WIRE_BAD },
	{ "no such step", (enum wire_step)99, 4, 0, UNIT_PLAIN, WIRE_BAD },
	{ "bad", WIRE_BAD, 4, 0, UNIT_PLAIN, WIRE_BAD },
};

int
main(void)
{
	struct out to[WIRE_SIDES] = { out_new(10), out_new(10) };
	struct wire_event event;

	for (size_t i = 0; i < COUNT(rows); i++) {
		step = rows[i].says;
		said = (struct wire_event){ .kind = rows[i].kind, .n = rows[i].n, .need = rows[i].need };
		CHECK_ROW(rows[i].name, parse_next(&codec, NULL, WIRE_CLIENT, SPAN("four"), 100,
		    to, &event) == rows[i].is);
		CHECK_ROW(rows[i].name, rows[i].is != WIRE_BAD || event.why);
	}
	return check_end();
}
