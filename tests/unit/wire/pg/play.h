/* play.h: feed a conversation to a relay, and compare what was written with one. */
#ifndef PLAY_H
#define PLAY_H

#include "check.h"
#include "wire/relay.h"
#include "wire/pg/session.h"

#define PLAY_STEPS 256

/* The relay is opened by the first call. */
__attribute__((unused)) static void
play(struct relay *r, const char *text)
{
	static struct step steps[PLAY_STEPS];
	struct out room = out_new(1 << 24);
	size_t n = session_steps(text, steps, PLAY_STEPS, &room);

	if (!r->codec)
		relay_open(r, &wire_pg, false);
	for (size_t i = 0; i < n; i++)
		relay_feed(r, steps[i].side, steps[i].bytes);
	out_free(&room);
}

/* Logged in, and everything so far forgotten. */
__attribute__((unused)) static void
play_login(struct relay *r)
{
	play(r, LOGIN);
	out_clear(&r->to[WIRE_CLIENT]);
	out_clear(&r->to[WIRE_SERVER]);
	out_clear(&r->log);
}

/* Was exactly this written to that side? (The '>' and '<' of the lines do not matter.) It is forgotten. */
__attribute__((unused)) static bool
wrote(struct relay *r, enum wire_side side, const char *text)
{
	static struct step steps[PLAY_STEPS];
	struct out room = out_new(1 << 24);
	bool is_same;

	session_steps(text, steps, PLAY_STEPS, &room);
	is_same = span_equal(out_view(&room), out_view(&r->to[side]));
	for (size_t i = 0; !is_same && i < r->to[side].n; i++)
		fprintf(stderr, r->to[side].p[i] < 32 || r->to[side].p[i] > 126 ? "\\%o" : "%c", r->to[side].p[i]);
	out_clear(&r->to[side]);
	out_free(&room);
	return is_same;
}

/* Were these the units? They are forgotten. */
__attribute__((unused)) static bool
noted(struct relay *r, const char *log)
{
	bool is_same = span_is(out_view(&r->log), log);

	if (!is_same)
		fprintf(stderr, "%.*s\n", (int)r->log.n, (const char *)r->log.p);
	out_clear(&r->log);
	return is_same;
}

#endif
