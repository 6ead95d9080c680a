/* watch.c: one line of JSON a turn for `interlock watch`. Sent only while somebody watches; may be lost. */
#include "base/clock.h"
#include "base/json.h"
#include "flow/flow.h"
#include "msg/post.h"

#define LINE_LIMIT 30000
#define TEXT_LIMIT 2000

static void
put_id(struct out *out, bool *first, const char *name, const struct id *id)
{
	char text[ID_TEXT_SIZE];

	if (id_is_set(id))
		json_member_text(out, first, name, span_text(id_format(id, text)));
}

static void
put_flow(struct out *out, bool *first, const struct flow *flow, const char *what,
    const struct id *turn)
{
	json_member_text(out, first, "what", span_text(what));
	json_member_uint(out, first, "wall_ms", clock_wall() / MILLISECOND_NS);
	put_id(out, first, "session", &flow->who.session);
	put_id(out, first, "flow", &flow->id);
	put_id(out, first, "turn", turn);
	json_member_text(out, first, "skill", span_text(flow->who.skill));
	json_member_text(out, first, "target", span_text(flow->target_name));
}

static void
send_line(struct flow *flow, struct out *line)
{
	struct out body = out_new(LINE_LIMIT + 4);

	out_u8(line, '}');
	out_block(&body, out_view(line));
	if (!line->failed && !body.failed)
		(void)post_send(flow->worker->post, SLOT_BROKER, MSG_TURN, 0,
		    out_view(&body), -1);
	out_free(&body);
	out_free(line);
}

void
flow_watch_ask(struct flow *flow)
{
	const struct pending *pending = &flow->ask;
	struct out line = out_new(LINE_LIMIT);
	bool first = true;

	if (!flow->worker->watched)
		return;
	out_u8(&line, '{');
	put_flow(&line, &first, flow, "ask", &pending->turn);
	json_member_text(&line, &first, "text", span_head(flow->meaning->masked(flow), TEXT_LIMIT));
	json_member_text(&line, &first, "verdict",
	    span_text(verdict_name(pending->verdict.kind)));
	put_id(&line, &first, "hold", &pending->hold);
	if (pending->verdict.kind == VERDICT_DENY)
		put_id(&line, &first, "refusal", &pending->refusal);
	send_line(flow, &line);
}

void
flow_watch_answer(struct flow *flow, const struct turn *turn)
{
	struct out line = out_new(LINE_LIMIT);
	uint64_t hits = 0;
	bool first = true;

	if (!flow->worker->watched)
		return;
	for (size_t i = 0; i < MASKS_MAX; i++)
		hits += turn->tally.hits[i];
	out_u8(&line, '{');
	put_flow(&line, &first, flow, "answer", &turn->id);
	json_member_text(&line, &first, "tag", out_view(&turn->tag));
	json_member_text(&line, &first, "error", out_view(&turn->error));
	json_member_uint(&line, &first, "rows", turn->rows);
	json_member_uint(&line, &first, "masked", hits);
	json_member_uint(&line, &first, "us", (clock_mono() - turn->passed) / 1000);
	send_line(flow, &line);
}
