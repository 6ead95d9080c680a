/*
 * answer.c: what comes back.
 * The columns of an answer are traced to base columns, which decides what is
 * masked; rows then pass one by one (row.c). Everything the skill gets is counted and goes
 * into a digest, so that a replay can be held against what was really sent. When a
 * turn is complete its answer is entered.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "decide/decide.h"
#include "flow/flow.h"
#include "record/record.h"

#define TEXT_ROOM (FLOW_UNIT_BYTES * 2)

const EVP_MD *
flow_sha256(void)
{
	static EVP_MD *sha256;	/* a process has one thread */

	if (!sha256)
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	return sha256;
}

/* ---- turns ------------------------------------------------------------------- */

struct turn *
flow_turn_find(struct flow *flow, uint32_t number)
{
	struct turn *turn = number ? flow->turns : NULL;

	while (turn && turn->number != number)
		turn = turn->after;
	return turn;
}

bool
flow_turn_add(struct flow *flow)
{
	struct pending *pending = &flow->ask;
	struct turn *turn = flow->turn_count < FLOW_TURNS ? calloc(1, sizeof(*turn)) : NULL;

	if (!turn)
		return false;
	turn->number = pending->ask.turn;
	turn->id = pending->turn;
	turn->passed = clock_mono();
	turn->masks = pending->verdict.masks;
	turn->row_limit = pending->verdict.row_limit;
	turn->policy = policy_hold(flow->policy);
	turn->digest = EVP_MD_CTX_new();
	turn->tag = out_new(256);
	turn->error = out_new(2048);
	if (!flow->meaning->begin_turn(flow, turn) || !turn->digest || !EVP_DigestInit_ex2(turn->digest, flow_sha256(), NULL)) {
		flow_turn_free(turn);
		return false;
	}
	*flow->last_turn = turn;
	flow->last_turn = &turn->after;
	flow->turn_count++;
	flow->turn_total++;
	return true;
}

void
flow_turn_free(struct turn *turn)
{
	mask_plan_free(&turn->plan);
	flow_tools_free(&turn->tools);
	flow_rpc_free(&turn->rpc);
	mask_body_free(&turn->body);
	coding_free(&turn->coding);
	inject_echo_free(&turn->echo);
	sql_drop(&turn->analysis);
	sql_catalogue_free(&turn->names);
	policy_drop(&turn->policy);
	EVP_MD_CTX_free(turn->digest);
	out_free(&turn->tag);
	out_free(&turn->error);
	free(turn);
}

static void
unlink_turn(struct flow *flow, struct turn *turn)
{
	struct turn **at = &flow->turns;

	while (*at != turn)
		at = &(*at)->after;
	*at = turn->after;
	if (flow->last_turn == &turn->after)
		flow->last_turn = at;
	flow->turn_count--;
}

void
flow_answer_digest(struct flow *flow)
{
	struct undigested *rest = &flow->undigested;

	if (rest->turn)
		EVP_DigestUpdate(rest->turn->digest, flow->to[WIRE_CLIENT].p + rest->from, rest->upto - rest->from);
	rest->turn = NULL;
}

/* Rows follow each other: many are digested at once. */
void
flow_answer_sent(struct flow *flow, struct turn *turn, size_t from)
{
	struct undigested *rest = &flow->undigested;
	size_t upto = flow->to[WIRE_CLIENT].n;

	if (!turn || upto == from)
		return;
	turn->bytes_out += upto - from;
	if (rest->turn != turn || rest->upto != from) {
		flow_answer_digest(flow);
		rest->turn = turn;
		rest->from = from;
	}
	rest->upto = upto;
}

/* ---- columns -------------------------------------------------------------------- */

static int
trace_and_plan(struct turn *turn, const struct wire_column *columns, size_t count)
{
	struct arena *arena = arena_new(FLOW_SCRATCH_BYTES);
	struct mask_column *traced = arena ? arena_take(arena, (count + 1) * sizeof(*traced)) : NULL;
	const struct span *relations;
	size_t relation_count;
	int error = traced ? 0 : -1;

	if (!error)
		error = sql_lineage(turn->analysis, turn->names, columns, count, arena, traced);
	if (!error)
		error = sql_relations(turn->analysis, turn->names, arena, &relations,
		    &relation_count);
	if (!error)
		error = mask_plan_new(&turn->plan, turn->policy->masks, turn->masks, traced,
		    count, relations, relation_count);
	if (arena)
		arena_free(&arena);
	return error;
}

int
flow_plan_columns(struct flow *flow, struct turn *turn, const struct wire_column *columns,
    size_t count)
{
	int error;

	mask_plan_free(&turn->plan);
	turn->plan = memos_find(flow->memos, turn, columns, count);
	if (turn->plan)
		return 0;
	error = trace_and_plan(turn, columns, count);
	if (!error)
		memos_keep(&flow->memos, turn, columns, count);
	return error;
}

bool
flow_may_mask(const struct flow *flow, const struct verdict *verdict,
    const struct sql_analysis *analysis)
{
	const struct origin_column any = { 0 };
	const struct mask_column column = { .origins = &any, .origin_count = 1, .is_untraced = true };
	struct arena *arena = arena_new(FLOW_SCRATCH_BYTES);
	struct mask_plan *plan = NULL;
	const struct span *relations;
	size_t count;
	bool may = true;

	if (arena && !sql_relations(analysis, flow->names, arena, &relations, &count) &&
	    !mask_plan_new(&plan, flow->policy->masks, verdict->masks, &column, 1, relations, count))
		may = !mask_plan_is_empty(plan);
	mask_plan_free(&plan);
	if (arena)
		arena_free(&arena);
	return may;
}

bool
flow_unit_fields(struct flow *flow, const struct wire_event *event)
{
	struct turn *turn = flow_turn_find(flow, event->turn);

	if (!turn || !turn->masks)
		return true;
	if (flow_plan_columns(flow, turn, event->fields.columns, event->fields.count)) {
		flow_end(flow, "an answer's masks could not be planned");
		return false;
	}
	return true;
}

/* Masks for text of the server: more than the ask's own, see decide_masks(). */
static uint64_t
text_masks(const struct flow *flow, const struct turn *turn)
{
	if (!turn)
		return ~0ULL;
	if (turn->policy != flow->policy)
		return ~0ULL;	/* its target may have another number by now */
	return turn->masks | decide_masks(flow->policy->view,
	    span_text(flow->who.skill), flow->target);
}

/* ---- errors and notices -------------------------------------------------------------- */

/*
 * A message may quote values in any words: a cast, a function of the backend's, a
 * RAISE. Where the ask reads what a mask hides, only messages are shown that the
 * skill's own text caused (they have a position in it) or whose class has no data.
 */
static bool
may_quote(const struct wire_event *event)
{
	static const char *const harmless[] = {
		"08", "22012", "23", "25", "26", "34", "40", "42501", "42P07", "53",
		"55", "57",
	};
	struct span code = { 0 };

	for (size_t i = 0; i < event->row.count; i++) {
		if (event->row.fields[i].code == 'P')
			return false;
		if (event->row.fields[i].code == 'C')
			code = event->row.fields[i].bytes;
	}
	for (size_t i = 0; i < COUNT(harmless); i++)
		if (span_equal(span_head(code, strlen(harmless[i])), span_text(harmless[i])))
			return false;
	return code.n > 0;	/* a notification has none, and goes by its masks alone */
}

static bool
withholds(const struct turn *turn, uint64_t active, const struct wire_event *event)
{
	struct arena *arena;
	const struct span *relations;
	size_t count;
	bool hides;

	if (!turn || !may_quote(event))
		return false;
	arena = arena_new(FLOW_SCRATCH_BYTES);
	hides = !arena || sql_relations(turn->analysis, turn->names, arena, &relations, &count) ||
	    mask_touches(turn->policy->masks, active, relations, count);
	if (arena)
		arena_free(&arena);
	return hides;
}

#define WITHHELD SPAN("[not shown: it may quote what is masked]")

bool
flow_unit_text(struct flow *flow, const struct wire_event *event, struct span unit)
{
	struct turn *turn = flow_turn_find(flow, event->turn);
	const struct mask_set *masks = turn ? turn->policy->masks : flow->policy->masks;
	uint64_t active = text_masks(flow, turn);
	struct wire_field fields[64];
	size_t starts[65], from = flow->to[WIRE_CLIENT].n, count = event->row.count;
	struct mask_tally spare = { 0 };
	struct out room = out_new(TEXT_ROOM);
	bool edited[64], any = false, hides = withholds(turn, active, event);

	if (turn)
		turn->withholds |= hides;
	if (count > COUNT(fields)) {
		flow_end(flow, "an error with too many fields");
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		fields[i] = event->row.fields[i];
		starts[i] = room.n;
		edited[i] = hides && strchr("MDHWq", fields[i].code);
		if (edited[i])
			out_span(&room, WITHHELD);
		else
			edited[i] = mask_text(masks, active, fields[i].bytes, &room,
		    turn ? &turn->tally : &spare) != MASK_KEPT;
		any = any || edited[i];
	}
	starts[count] = room.n;
	for (size_t i = 0; i < count; i++)
		if (edited[i])
			fields[i].bytes = span_of(room.p + starts[i], starts[i + 1] - starts[i]);
	if (room.failed)
		flow_end(flow, "an error too large to be masked");
	else if (any)
		flow->codec->rewrite(flow->codec_state, unit, fields, count, flow->to);
	else
		flow->codec->pass(flow->codec_state, WIRE_SERVER, unit, flow->to);
	out_free(&room);
	if (turn)
		turn->bytes_in += unit.n;
	flow_answer_sent(flow, turn, from);
	return !flow->ended;
}

/* ---- done ----------------------------------------------------------------------------- */

static void
enter_answer(struct flow *flow, struct turn *turn)
{
	const struct view_worker *view = turn->policy->view;
	struct record_flow record = flow_record(flow);
	uint8_t digest[32];
	struct record_answer answer = {
		.turn = &turn->id, .rows = turn->rows, .bytes_in = turn->bytes_in,
		.bytes_out = turn->bytes_out, .duration_ns = clock_mono() - turn->passed,
		.tag = out_view(&turn->tag), .error = out_view(&turn->error),
		.digest = digest, .tally = &turn->tally, .masks = view->masks,
		.mask_count = view->mask_count,
	};

	flow_answer_digest(flow);
	EVP_DigestFinal_ex(turn->digest, digest, NULL);
	if (record_answer(&record, &answer))
		flow_end(flow, "an answer could not be recorded");
}

static void
finish_turn(struct flow *flow, struct turn *turn)
{
	unlink_turn(flow, turn);
	enter_answer(flow, turn);
	flow_watch_answer(flow, turn);
	flow_turn_free(turn);
}

/* Turns up to this one are complete, also those the server skipped. */
static void
finish_upto(struct flow *flow, uint32_t upto)
{
	struct turn *turn = flow->turns;

	while (turn && turn->number <= upto && !flow->ended) {
		struct turn *after = turn->after;

		if (!turn->tag.n && !turn->error.n)
			out_span(&turn->tag, SPAN("skipped after an error"));
		finish_turn(flow, turn);
		turn = after;
	}
}

static void
keep_error(const struct flow *flow, struct turn *turn, const struct wire_done *done)
{
	struct mask_tally spare = { 0 };
	struct out masked = out_new(TEXT_ROOM);
	bool edited = mask_text(turn->policy->masks, text_masks(flow, turn),
	    done->message, &masked, &spare) != MASK_KEPT;

	out_span(&turn->error, done->error);
	out_u8(&turn->error, ' ');
	out_span(&turn->error, turn->withholds ? WITHHELD :
	    span_head(edited ? out_view(&masked) : done->message, 1024));
	out_free(&masked);
}

bool
flow_unit_done(struct flow *flow, const struct wire_event *event)
{
	const struct wire_done *done = &event->done;
	struct turn *turn = flow_turn_find(flow, done->turn);

	if (turn && done->tag.n) {
		out_clear(&turn->tag);
		out_span(&turn->tag, span_head(done->tag, 255));
	}
	if (done->error.n)
		flow_names_moved(flow);	/* what failed took its SET back */
	if (turn && done->error.n)
		keep_error(flow, turn, done);
	if (turn && done->is_last)
		finish_turn(flow, turn);
	if (done->transaction && !flow->ended)
		finish_upto(flow, done->upto);
	if (done->transaction == 'I' && !flow->turns)
		flow->names_at_risk = false;	/* nothing is open that could be taken back */
	return !flow->ended;
}
