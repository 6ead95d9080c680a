/*
 * tools.c: leave out of a list what may not be called.
 * Each tool is asked about as the call of it would be judged. What stays is copied as it
 * stands in the answer; only the list is written anew.
 */
#include "facts/http/tools.h"

#include <errno.h>

#include "base/arena.h"
#include "facts/http/inside.h"

#define CALL "tools/call "
#define NAME_MOST 1024

struct filtering {
	const struct http_listing *listing;
	struct arena *arena;
	struct out *out;
	struct span text;	/* one JSON text */
	struct json_tree tree;
	size_t copied;		/* of it, into out */
	bool is_changed;
};

/* ---- one JSON text --------------------------------------------------------------------- */

static bool
may_call(const struct filtering *filtering, struct span name)
{
	const struct http_listing *listing = filtering->listing;
	const struct explaining explaining = { .target = listing->target };
	char operation[sizeof(CALL) + NAME_MOST] = CALL;
	const struct view_operation *known;
	struct http_facts facts = {
		.method = SPAN("POST"), .host = listing->host, .path = listing->path,
	};
	struct act act = { .effect = EFFECT_UNKNOWN, .object = listing->path, .http = &facts };

	if (name.n == 0 || name.n > NAME_MOST)
		return false;
	memcpy(operation + sizeof(CALL) - 1, name.p, name.n);
	facts.operation = span_of(operation, sizeof(CALL) - 1 + name.n);
	known = http_find_named(&explaining, facts.operation);
	if (known)
		act.effect = known->effect;
	return listing->may(listing->arg, &act);
}

static size_t
at(const struct filtering *filtering, struct span part)
{
	return (size_t)(part.p - filtering->text.p);
}

static void
copy_upto(struct filtering *filtering, size_t upto)
{
	out_bytes(filtering->out, filtering->text.p + filtering->copied, upto - filtering->copied);
	filtering->copied = upto;
}

/* The list number `list`. False: not all in it are tools. */
static bool
filter_list(struct filtering *filtering, uint32_t list)
{
	const struct json_value *values = filtering->tree.values;
	const struct json_value *whole = &values[list];
	bool first = true;

	copy_upto(filtering, at(filtering, whole->text));
	out_u8(filtering->out, '[');
	for (uint32_t i = list + 1; i < whole->next; i = values[i].next) {
		const struct json_value *name = values[i].kind == JSON_IS_OBJECT ?
		    json_member(&filtering->tree, i, "name") : NULL;

		if (!name || name->kind != JSON_IS_TEXT)
			return false;
		if (!may_call(filtering, name->text)) {
			filtering->is_changed = true;
			continue;
		}
		if (!first)
			out_u8(filtering->out, ',');
		first = false;
		out_span(filtering->out, values[i].text);
	}
	out_u8(filtering->out, ']');
	filtering->copied = at(filtering, whole->text) + whole->text.n;
	return true;
}

static bool
filter_answer(struct filtering *filtering, uint32_t answer)
{
	const struct json_tree *tree = &filtering->tree;
	const struct json_value *result, *tools;

	if (tree->values[answer].kind != JSON_IS_OBJECT)
		return true;
	result = json_member(tree, answer, "result");
	tools = result && result->kind == JSON_IS_OBJECT ?
	    json_member(tree, (uint32_t)(result - tree->values), "tools") : NULL;
	return !tools || tools->kind != JSON_IS_LIST || filter_list(filtering, (uint32_t)(tools - tree->values));
}

/* Returns 0, -EINVAL or -ENOMEM. */
static int
filter_text(struct filtering *filtering, struct span text)
{
	const struct json_value *values;
	int error = json_read(text, filtering->arena, &filtering->tree);

	if (error)
		return error;
	if (filtering->tree.fault || !filtering->tree.count)
		return -EINVAL;
	filtering->text = text;
	filtering->copied = 0;
	values = filtering->tree.values;
	if (values[0].kind != JSON_IS_LIST && !filter_answer(filtering, 0))
		return -EINVAL;
	for (uint32_t i = 1; values[0].kind == JSON_IS_LIST && i < values[0].next; i = values[i].next)
		if (!filter_answer(filtering, i))
			return -EINVAL;
	copy_upto(filtering, text.n);
	return filtering->out->failed ? -ENOMEM : 0;
}

/* ---- events (WHATWG HTML, section 9.2.6) ------------------------------------------------ */

/* The next line with its end. */
static struct span
next_line(struct span text)
{
	size_t n = 0;

	while (n < text.n && text.p[n] != '\n' && text.p[n] != '\r')
		n++;
	if (n < text.n)
		n += 1 + (text.p[n] == '\r' && n + 1 < text.n && text.p[n + 1] == '\n');
	return span_head(text, n);
}

static struct span
without_end(struct span line)
{
	while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	return line;
}

/* The value of a line of data. False: it is another line. */
static bool
data_of(struct span line, struct span *data)
{
	line = without_end(line);
	if (!span_equal(span_head(line, 4), SPAN("data")) || (line.n > 4 && line.p[4] != ':'))
		return false;
	*data = span_skip(line, 5);
	if (data->n && data->p[0] == ' ')
		*data = span_skip(*data, 1);
	return true;
}

static bool
is_json(struct span data)
{
	size_t i = 0;

	while (i < data.n && (data.p[i] == ' ' || data.p[i] == '\t' || data.p[i] == '\n'))
		i++;
	return i < data.n && (data.p[i] == '{' || data.p[i] == '[');
}

/* All lines but those of data, then `data` in one: JSON has no line ends in its texts. */
static void
write_event(struct out *out, struct span event, struct span data)
{
	struct span line, ignored;

	for (; event.n; event = span_skip(event, line.n)) {
		line = next_line(event);
		if (without_end(line).n && !data_of(line, &ignored))
			out_span(out, line);
	}
	out_span(out, SPAN("data: "));
	for (size_t i = 0; i < data.n; i++)
		out_u8(out, data.p[i] == '\n' || data.p[i] == '\r' ? ' ' : data.p[i]);
	out_span(out, SPAN("\n\n"));
}

static int
filter_event(struct filtering *filtering, struct span event)
{
	struct out data = out_new(event.n + 1), kept = out_new(event.n + 64), *to = filtering->out;
	struct span rest = event, line, value;
	int error = 0;

	for (bool first = true; rest.n; rest = span_skip(rest, line.n)) {
		line = next_line(rest);
		if (!data_of(line, &value))
			continue;
		if (!first)
			out_u8(&data, '\n');
		first = false;
		out_span(&data, value);
	}
	filtering->is_changed = false;
	filtering->out = &kept;
	if (is_json(out_view(&data)))
		error = filter_text(filtering, out_view(&data));
	filtering->out = to;
	if (!error && filtering->is_changed)
		write_event(to, event, out_view(&kept));
	else if (!error)
		out_span(to, event);
	out_free(&data);
	out_free(&kept);
	return error;
}

static int
filter_events(struct filtering *filtering, struct span body)
{
	int error = 0;

	while (body.n && !error) {
		size_t n = 0;
		struct span line;

		do {
			line = next_line(span_skip(body, n));
			n += line.n;
		} while (n < body.n && without_end(line).n);
		error = filter_event(filtering, span_head(body, n));
		body = span_skip(body, n);
	}
	return error;
}

int
http_filter_tools(const struct http_listing *listing, struct span body, struct arena *arena, struct out *out)
{
	struct filtering filtering = { .listing = listing, .arena = arena, .out = out };
	int error = listing->is_events ? filter_events(&filtering, body) : filter_text(&filtering, body);

	return !error && out->failed ? -ENOMEM : error;
}
