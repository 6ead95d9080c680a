/* A stop ends what it covers and nothing else, refuses until it is undone, and when there are too many stops everything. */
#include "worker.h"

static int ends[4];
static struct flow *flows[4];

static bool
tell(uint8_t scope, uint8_t is_undo, struct span name)
{
	struct out body = out_new(1024);
	bool heard;

	out_u8(&body, scope);
	out_u8(&body, is_undo);
	out_block(&body, name);
	heard = stops_hear(&worker, on_cliff(out_view(&body)));
	out_free(&body);
	return heard;
}

static bool
stop(uint8_t scope, struct span name)
{
	return tell(scope, false, name);
}

static void
begin(void)
{
	static const char *const skills[] = { "a", "a", "b", "c" };
	static const char *const targets[] = { "x", "y", "x", "z" };

	for (size_t i = 0; i < COUNT(flows); i++)
		flows[i] = worker_flow(skills[i], targets[i], &ends[i]);
}

/* Those that are still there are these, and only they. */
static void
left(const char *name, bool first, bool second, bool third, bool fourth)
{
	const bool right[] = { first, second, third, fourth };
	unsigned int count = 0;

	for (size_t i = 0; i < COUNT(flows); i++) {
		CHECK_ROW(name, flows[i]->ended == !right[i]);
		count += right[i];
	}
	CHECK_ROW(name, worker.count == count);
	if (count < COUNT(flows))
		CHECK_ROW(name, worker_entered(ENTRY_FLOW_END, "stopped by an operator"));
	for (size_t i = 0; i < COUNT(flows); i++) {
		/* an ended one refuses anew, one that lives does not */
		CHECK_ROW(name, stops_cover(&worker, flows[i]) == !right[i]);
		if (right[i])
			flow_end(flows[i], "done");
		close(ends[i]);
	}
	worker_round();
	CHECK_ROW(name, worker.count == 0 && !worker.dead);
	CHECK_ROW(name, tell(STOP_ALL, true, SPAN("")));
}

static void
scopes(void)
{
	char session[ID_TEXT_SIZE];

	begin();
	CHECK(!stops_cover(&worker, flows[0]));
	CHECK(stop(STOP_SKILL, SPAN("a")));
	left("skill", false, false, true, true);
	begin();
	CHECK(stop(STOP_TARGET, SPAN("x")));
	left("target", false, true, false, true);
	begin();
	id_format(&flows[1]->who.session, session);
	CHECK(stop(STOP_SESSION, span_text(session)));
	left("session", true, false, true, true);
	begin();
	CHECK(stop(STOP_ALL, SPAN("")));
	left("all", false, false, false, false);
	begin();
	CHECK(stop(STOP_SKILL, SPAN("a")) && stop(STOP_TARGET, SPAN("z")));
	left("two stops", false, false, true, false);
	/* taken back is what was stopped, not another thing of its name */
	begin();
	CHECK(stop(STOP_SKILL, SPAN("a")) && tell(STOP_TARGET, true, SPAN("a")) && tell(STOP_SESSION, true, SPAN("a")));
	left("taken back: others", false, false, true, true);
	begin();
	CHECK(stop(STOP_SKILL, SPAN("nobody")) && stop(STOP_TARGET, SPAN("nobody")) && tell(STOP_SKILL, true, SPAN("nobody")));
	left("taken back", true, true, true, true);
	begin();
	CHECK(stop(STOP_SKILL, SPAN("ab")) && stop(STOP_TARGET, SPAN("")) &&
	    stop(STOP_SESSION, SPAN("ses-")));
	left("nobody", true, true, true, true);
}

static void
bad_bodies(void)
{
	static const char name[65] = { 'x', [1 ... 63] = 'x' };
	struct out body = out_new(256);

	begin();
	CHECK(!stop(STOP_SCOPES, SPAN("a")));
	CHECK(!tell(STOP_SKILL, 2, SPAN("a")));
	CHECK(!stop(255, SPAN("a")));
	CHECK(!stop(STOP_SKILL, span_of(name, 64)));
	out_u8(&body, STOP_ALL);
	out_u8(&body, false);
	out_block(&body, SPAN("abc"));
	for (size_t n = 0; n < body.n; n++)
		CHECK(!stops_hear(&worker, on_cliff(span_head(out_view(&body), n))));
	out_u8(&body, 0);
	CHECK(!stops_hear(&worker, on_cliff(out_view(&body))));
	out_free(&body);
	CHECK(stop(STOP_SKILL, span_of(name, 63)));
	left("bad bodies", true, true, true, true);
}

/* So many are remembered, each once however often it is told; one more, and nothing passes any longer. */
static void
too_many(void)
{
	char name[32];

	begin();
	for (int i = 0; i < 512; i++) {
		snprintf(name, sizeof(name), "skill-%d", i % 256);
		CHECK(stop(STOP_SKILL, span_text(name)));
	}
	CHECK(worker.count == COUNT(flows));
	CHECK(stop(STOP_SKILL, SPAN("one-more")));
	left("too many", false, false, false, false);
	begin();
	left("undone", true, true, true, true);
}

int
main(void)
{
	worker_begin();
	scopes();
	bad_bodies();
	too_many();
	worker_end();
	return check_end();
}
