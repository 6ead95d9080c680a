/*
 * explain.c: from a request to an action. Head, path and body are read, then the
 * target's API says which acts they are; where there was a doubt about the request
 * as a whole, each of its acts is of unknown effect.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "facts/http/http.h"
#include "facts/http/inside.h"

static void (*const apis[APIS])(struct explaining *) = {
	[API_REST] = http_explain_rest,
	[API_JSON_RPC] = http_explain_json_rpc,
	[API_GRAPHQL] = http_explain_graphql,
	[API_MCP] = http_explain_mcp,
	[API_S3] = http_explain_s3,
	[API_GRPC] = http_explain_grpc,
};

static int
by_text(const void *left, const void *right)
{
	const struct span *a = left, *b = right;
	size_t n = a->n < b->n ? a->n : b->n;
	int order = n ? memcmp(a->p, b->p, n) : 0;

	return order ? order : (a->n > b->n) - (a->n < b->n);
}

/* Is it an object or a list that has something in it, told next? */
static bool
is_full(const struct pairs *fields, size_t i)
{
	struct span name = fields->v[i].name, next;

	if (fields->v[i].form != HTTP_OPAQUE || i + 1 == fields->n)
		return false;
	next = fields->v[i + 1].name;
	return next.n > name.n && span_equal(span_head(next, name.n), name) && (next.p[name.n] == '.' || next.p[name.n] == '[');
}

/* Each name once. False: there are more than an act can tell. */
static bool
list_columns(struct explaining *explaining, const struct pairs *fields, struct act *act)
{
	struct span *names = http_take(explaining, fields->n * sizeof(*names));
	size_t count = 0, kept = 0;

	for (size_t i = 0; names && i < fields->n; i++) {
		if (!is_full(fields, i) && !fields->v[i].is_default)
			names[count++] = fields->v[i].name;
	}
	if (count > 1)
		qsort(names, count, sizeof(*names), by_text);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || !span_equal(names[i], names[kept - 1]))
			names[kept++] = names[i];
	}
	act->columns = names;
	for (size_t i = 0; i < kept && i < HTTP_COLUMNS_MOST; i++) {
		explaining->column_bytes += names[i].n + 8;
		if (explaining->column_bytes > HTTP_COLUMNS_BYTES)
			break;
		act->column_count++;
	}
	return act->column_count == kept;
}

static struct span
text_of(const char *text)
{
	return span_text(text ? text : "");
}

void
http_add_act(struct explaining *explaining, const struct meant *meant)
{
	const struct pairs *fields = meant->fields ? meant->fields : &explaining->pairs[HTTP_FIELD];
	struct http_facts *facts = http_take(explaining, sizeof(*facts));
	struct act *act;

	if (explaining->act_count == HTTP_ACTS_MOST) {
		http_doubt(explaining, "it asks for too many things at once");
		return;
	}
	if (!facts || !explaining->acts)
		return;
	*facts = *explaining->facts;
	facts->operation = meant->operation;
	if (meant->operation.n > HTTP_NAME_MOST) {
		facts->operation = span_of("", 0);
		http_doubt(explaining, "what it calls has too long a name");
	}
	if (meant->is_elsewhere)
		facts->path = span_of("", 0);
	else if (meant->object.n)
		facts->path = meant->object;
	facts->places[HTTP_FIELD] = (struct http_list){ fields->v, fields->n, fields->is_open };
	act = &explaining->acts[explaining->act_count++];
	*act = (struct act){
		.effect = meant->effect, .object = facts->path,
		.note = text_of(meant->note), .http = facts,
	};
	if (!list_columns(explaining, fields, act))
		facts->places[HTTP_FIELD].is_open = true;
}

void
http_explain_rest(struct explaining *explaining)
{
	const struct view_operation *operation = http_find_operation(explaining);
	/* who opens a WebSocket may send over it what it likes, and so reads nothing only */
	struct meant meant = { .effect = explaining->request->channel ? EFFECT_CALL :
		effect_of_method(explaining->facts->method) };

	if (operation) {
		meant.effect = explaining->request->channel ? meant.effect : operation->effect;
		meant.operation = span_text(operation->name);
	} else if (explaining->target->is_closed) {
		http_doubt(explaining, "it is none of the API's operations");
	} else if (meant.effect == EFFECT_UNKNOWN) {
		http_doubt(explaining, "its method is not known");
	}
	http_add_act(explaining, &meant);
}

/* A call over a WebSocket is what the same call is when it is posted. */
static void
explain_channel(struct explaining *explaining)
{
	enum view_api api = (enum view_api)explaining->target->api;

	if (explaining->request->channel == CHANNEL_OPEN || api == API_REST) {
		http_explain_rest(explaining);
	} else if (api == API_JSON_RPC || api == API_MCP) {
		explaining->facts->method = SPAN("POST");
		apis[api](explaining);
	} else {
		http_doubt(explaining, "its API is not spoken over a WebSocket here");
		http_explain_rest(explaining);
	}
}

static void
seal(struct explaining *explaining)
{
	for (size_t i = 0; i < HTTP_PLACES; i++) {
		const struct pairs *pairs = &explaining->pairs[i];

		explaining->facts->places[i] = (struct http_list){ pairs->v, pairs->n, pairs->is_open };
	}
}

static void
finish(struct explaining *explaining)
{
	const char *note = explaining->doubt ? explaining->doubt : explaining->note;

	for (size_t i = 0; i < explaining->act_count; i++) {
		struct act *act = &explaining->acts[i];

		if (explaining->doubt)
			act->effect = EFFECT_UNKNOWN;
		if (explaining->doubt || act->note.n == 0)
			act->note = text_of(note);
	}
}

int
http_explain(const struct view_target *target, const struct wire_request *request, struct arena *arena, struct action *out)
{
	struct explaining explaining = {
		.target = target, .request = request, .arena = arena, .has_memory = true,
	};

	explaining.facts = http_take(&explaining, sizeof(*explaining.facts));
	explaining.acts = http_take(&explaining, HTTP_ACTS_MOST * sizeof(*explaining.acts));
	if (!explaining.has_memory)
		return -ENOMEM;
	explaining.facts->method = request->method;
	explaining.facts->operation = span_of("", 0);
	http_read_head(&explaining);
	http_read_path(&explaining);
	http_read_body(&explaining);
	http_look_for_overrides(&explaining);
	seal(&explaining);
	if (request->channel)
		explain_channel(&explaining);
	else if (target->api < APIS)
		apis[target->api](&explaining);
	if (!explaining.has_memory)
		return -ENOMEM;
	finish(&explaining);
	*out = (struct action){ .acts = explaining.acts, .act_count = explaining.act_count,
		.http = explaining.act_count == 1 ? explaining.acts[0].http : explaining.facts };
	return 0;
}

int
http_refuse(struct action *action, struct arena *arena, const char *why)
{
	struct act *acts = arena_take(arena, (action->act_count + 1) * sizeof(*acts));
	struct http_facts *facts = arena_take(arena, (action->act_count + 1) * sizeof(*facts));

	if (!acts || !facts)
		return -ENOMEM;
	for (size_t i = 0; i < action->act_count; i++) {
		acts[i] = action->acts[i];
		if (acts[i].http)
			facts[i] = *acts[i].http;
		facts[i].refusal = span_text(why);
		acts[i].http = &facts[i];
	}
	action->acts = acts;
	return 0;
}
