/*
 * head.c: where a head ends, and what its fields say (RFC 9112 sections 2 to 6).
 * A line ends with CR LF and nothing else; a field is a token, a colon at once, and
 * a value on the same line. What a reader might mend, and another might not, is bad:
 * there is no leniency here that could be abused.
 */
#include "wire/http1/http1.h"

#include "base/arena.h"

#define FIRST_FIELDS 24

bool
http1_fail(struct http1 *h, unsigned int status, const char *why)
{
	if (!h->why) {
		h->why = why;
		h->status = status;
	}
	return false;
}

enum wire_step
http1_bad(const struct http1 *h, struct wire_event *event)
{
	event->why = h->why;
	event->n = 0;
	return WIRE_BAD;
}

enum wire_step
http1_more(struct wire_event *event, size_t need)
{
	event->need = need;
	return WIRE_MORE;
}

/* Cut the line off the front that ends at `end`, a line feed. */
static bool
take_line(struct http1 *h, struct span *in, const uint8_t *end, struct span *line)
{
	size_t n = (size_t)(end - in->p);

	if (n == 0 || end[-1] != '\r')
		return http1_fail(h, 400, "a line that ends without CR");
	*line = span_head(*in, n - 1);
	*in = span_skip(*in, n + 1);
	return true;
}

bool
http1_block_find(struct http1 *h, struct span in, size_t most, size_t *sought, size_t *n)
{
	struct span rest = span_skip(span_head(in, most), *sought), line = { .n = 1 };
	const uint8_t *end;

	while (line.n && rest.n && (end = memchr(rest.p, '\n', rest.n)) != NULL)
		if (!take_line(h, &rest, end, &line))
			return false;
	*sought = (size_t)(rest.p - in.p);	/* always where a line begins */
	*n = line.n ? 0 : *sought;
	if (line.n && in.n >= most)
		return http1_fail(h, 431, "a head longer than the limit");
	return true;
}

enum wire_step
http1_head_find(struct http1 *h, struct http1_head *head, struct span in, struct span *line, struct span *rest,
    struct wire_event *event)
{
	size_t n;

	if (in.n == 0)
		return http1_more(event, 1);
	if (!http1_block_find(h, in, HTTP1_HEAD_MAX, &head->sought, &n))
		return http1_bad(h, event);
	if (n == 0)
		return http1_more(event, in.n + 1);
	*rest = span_head(in, n);
	if (!take_line(h, rest, memchr(in.p, '\n', n), line))
		return http1_bad(h, event);
	head->base = in.p;
	head->n = n;
	head->sought = 0;
	return WIRE_UNIT;
}

static bool
make_room(struct http1 *h, struct http1_fields *fields)
{
	size_t room = fields->room ? fields->room * 2 : FIRST_FIELDS;
	struct wire_pair *pairs;

	if (fields->count < fields->room)
		return true;
	if (fields->count >= WIRE_HEADERS_MAX)
		return http1_fail(h, 431, "more fields than the limit");
	room = room < WIRE_HEADERS_MAX ? room : WIRE_HEADERS_MAX;
	pairs = arena_take(h->arena, room * (sizeof(*pairs) + 1));
	if (!pairs)
		return http1_fail(h, 503, "no room for fields");
	if (fields->count) {
		memcpy(pairs, fields->pairs, fields->count * sizeof(*pairs));
		memcpy(pairs + room, fields->names, fields->count);
	}
	arena_give(h->arena, fields->pairs);
	fields->pairs = pairs;
	fields->names = (uint8_t *)(pairs + room);
	fields->room = room;
	return true;
}

static bool
read_field(struct http1 *h, struct http1_fields *fields, struct span line)
{
	const uint8_t *colon = memchr(line.p, ':', line.n);
	struct wire_pair pair;

	if (line.p[0] == ' ' || line.p[0] == '\t')
		return http1_fail(h, 400, "a field over more than one line");
	if (!colon)
		return http1_fail(h, 400, "a field without colon");
	pair.name = span_head(line, (size_t)(colon - line.p));
	pair.value = http1_trim(span_skip(line, pair.name.n + 1));
	if (!http1_is_token(pair.name) || http1_name_poses(pair.name))
		return http1_fail(h, 400, "a field's name that is none");
	if (!http1_is_value(pair.value))
		return http1_fail(h, 400, "a field's value with a byte that may not stand there");
	if (!make_room(h, fields))
		return false;
	fields->names[fields->count] = (uint8_t)http1_name_of(pair.name);
	fields->pairs[fields->count++] = pair;
	return true;
}

/* Lines up to the empty one, which is there. */
bool
http1_fields_read(struct http1 *h, struct http1_fields *fields, struct span lines)
{
	struct span line;

	fields->count = 0;
	for (;;) {
		if (!take_line(h, &lines, memchr(lines.p, '\n', lines.n), &line))
			return false;
		if (line.n == 0)
			return true;
		if (!read_field(h, fields, line))
			return false;
	}
}

/* ---- what the fields say ------------------------------------------------------ */

static bool
read_length(struct http1 *h, struct http1_head *head, struct span value)
{
	if (head->framing != FRAMING_NONE)
		return http1_fail(h, 400, "a length said more than once");
	if (!http1_read_number(value, &head->length))
		return http1_fail(h, 400, "a Content-Length that is no plain number");
	head->framing = FRAMING_LENGTH;
	return true;
}

static bool
read_coding(struct http1 *h, struct http1_head *head, struct span value)
{
	if (head->framing != FRAMING_NONE)
		return http1_fail(h, 400, "a length said more than once");
	if (head->minor == 0)
		return http1_fail(h, 400, "a Transfer-Encoding in HTTP/1.0");
	if (!http1_is(value, "chunked"))
		return http1_fail(h, 501, "a Transfer-Encoding other than chunked");
	head->framing = FRAMING_CHUNKED;
	return true;
}

static bool
read_connection(struct http1 *h, struct http1_head *head, struct span list)
{
	struct span option;

	while (http1_take_member(&list, &option)) {
		enum http1_name name;

		if (!http1_is_token(option))
			return http1_fail(h, 400, "a Connection that is no list of names");
		if (http1_is(option, "close")) {
			head->closes = true;
			continue;
		}
		name = http1_name_of(option);
		if (http1_name_flags(name) & HTTP1_NOT_NAMED)
			return http1_fail(h, 400, "a Connection that names a field which concerns its reader");
		head->names_fields |= !(http1_name_flags(name) & HTTP1_HOP);
	}
	return true;
}

static bool
has_keep_alive(const struct http1_head *head)
{
	struct span list, option;

	for (size_t i = 0; i < head->fields.count; i++)
		for (list = head->fields.pairs[i].value; head->fields.names[i] == NAME_CONNECTION &&
		    http1_take_member(&list, &option);)
			if (http1_is(option, "keep-alive"))
				return true;
	return false;
}

static void
read_te(struct http1_head *head, struct span list)
{
	struct span member;

	while (http1_take_member(&list, &member))
		head->takes_trailers |= http1_is(member, "trailers");
}

bool
http1_head_common(struct http1 *h, struct http1_head *head)
{
	struct span type = { 0 };

	for (size_t i = 0; i < head->fields.count; i++) {
		struct span value = head->fields.pairs[i].value;
		bool is_well = true;

		switch (head->fields.names[i]) {
		case NAME_CONTENT_LENGTH:
			is_well = read_length(h, head, value);
			break;
		case NAME_TRANSFER_ENCODING:
			is_well = read_coding(h, head, value);
			break;
		case NAME_CONNECTION:
			is_well = read_connection(h, head, value);
			break;
		case NAME_TE:
			read_te(head, value);
			break;
		case NAME_CONTENT_TYPE:	/* the body is judged by it, and edited */
			is_well = !type.p || span_equal(type, value) || http1_fail(h, 400, "Content-Types that differ");
			type = value;
			break;
		default:
			break;
		}
		if (!is_well)
			return false;
	}
	head->closes |= head->minor == 0 && !has_keep_alive(head);
	return true;
}

bool
http1_is_named(const struct http1_head *head, struct span name)
{
	struct span list, option;

	if (!head->names_fields)
		return false;
	for (size_t i = 0; i < head->fields.count; i++)
		for (list = head->fields.pairs[i].value; head->fields.names[i] == NAME_CONNECTION &&
		    http1_take_member(&list, &option);)
			if (http1_same(option, name))
				return true;
	return false;
}

/* It is obeyed: only its memory is kept. */
void
http1_head_done(struct http1_head *head)
{
	struct http1_fields fields = head->fields;

	fields.count = 0;
	*head = (struct http1_head){ .fields = fields };
}
