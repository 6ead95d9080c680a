/*
 * sessions_test.c: whole conversations, and the laws that hold for each:
 * the units are the expected ones; the same however the bytes are cut; what was
 * written is the same too; and rewriting without edits changes no byte.
 */
#include "check.h"
#include "wire/relay.h"
#include "wire/pg/sessions.h"

#define STEPS_MAX 128

/* Every message in two pieces, the first `cut` bytes long; 1 << 30: whole. */
static void
run(const struct session *session, size_t cut, bool bytewise, bool rewrites, struct relay *r)
{
	struct step steps[STEPS_MAX];
	struct out room = out_new(1 << 24);
	size_t n = session_steps(session->text, steps, STEPS_MAX, &room);

	*r = (struct relay){ .rewrites = rewrites };
	relay_open(r, &wire_pg, false);
	for (size_t i = 0; i < n; i++) {
		struct span rest = steps[i].bytes;

		while (bytewise && rest.n && rest.n < 300) {
			relay_feed(r, steps[i].side, on_cliff(span_head(rest, 1)));
			rest = span_skip(rest, 1);
		}
		if (rest.n > cut) {
			relay_feed(r, steps[i].side, span_head(rest, cut));
			rest = span_skip(rest, cut);
		}
		relay_feed(r, steps[i].side, rest);
	}
	out_free(&room);
}

static void
compare(const struct session *session, struct relay *whole, struct relay *other)
{
	CHECK_ROW(session->name, span_equal(out_view(&whole->log), out_view(&other->log)));
	for (int i = 0; i < WIRE_SIDES; i++)
		CHECK_ROW(session->name, span_equal(out_view(&whole->to[i]), out_view(&other->to[i])));
	relay_close(other);
}

static void
test_session(const struct session *session)
{
	struct relay whole, other;

	run(session, 1 << 30, false, false, &whole);
	if (!CHECK_ROW(session->name, span_is(out_view(&whole.log), session->log)))
		fprintf(stderr, "%.*s\n", (int)whole.log.n, (const char *)whole.log.p);
	for (size_t cut = 1; cut < 90; cut++) {
		run(session, cut, false, false, &other);
		compare(session, &whole, &other);
	}
	run(session, 1 << 30, true, false, &other);
	compare(session, &whole, &other);
	run(session, 1 << 30, false, true, &other);
	compare(session, &whole, &other);
	relay_close(&whole);
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(sessions); i++)
		test_session(&sessions[i]);
	return check_end();
}
