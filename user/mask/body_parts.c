/*
 * body_parts.c: bodies made of parts, multipart/form-data (RFC 7578; RFC 2046 section 5.1).
 * Read as strictly as facts/http does: nothing before the first boundary, nothing behind the last but a line's end, lines
 * of heads end in CR LF, each part has one Content-Disposition with one name. Values of heads are looked at as text. What
 * a part holds is a body of its own, read as its Content-Type says; a value is held until it is whole. The boundary
 * must not be in what is written of a part.
 */
#include "mask/body_value.h"

#include <stdlib.h>
#include <strings.h>

#define BOUNDARY_MOST 70	/* RFC 2046 section 5.1.1 */
#define MARK_MOST (4 + BOUNDARY_MOST)
#define HEAD_MOST 16384		/* bytes of a part's head */
#define LINES_MOST 16		/* of it */
#define PARTS_MOST 10000
#define RUN_MOST 65536		/* bytes of a part that are looked at in one go */

enum stage { OPENING, HEAD, PART, ENDED };

/* What a part's head says. */
struct part {
	struct span name, file, type;	/* p is NULL where it is not said */
	bool is_coded, is_placed;
	enum mask_form form;
};

struct parts {
	struct body_eyes *eyes;
	struct body_value value;
	struct body_pieces pieces;
	uint64_t *place;	/* owned: of the part at hand */
	uint8_t mark[MARK_MOST];	/* CR LF, two dashes, the boundary */
	size_t mark_n;
	bool redacts;
	enum stage stage;
	unsigned int count;
	/* the part under way: */
	struct mask_body *body;	/* owned; NULL: a value, or what is not looked into */
	bool is_value, is_hidden;
	int hider;
	struct out name, text, edited;
	uint8_t tail[MARK_MOST];	/* the last that was written of it */
	size_t tail_n;
};

/* ---- pieces ---------------------------------------------------------------------------- */

static size_t
end_of(struct span text, const void *what, size_t n)
{
	const uint8_t *found = text.n ? memmem(text.p, text.n, what, n) : NULL;

	return found ? (size_t)(found - text.p) + n : 0;
}

/* A run of a part that no boundary can be in, or a boundary with the two bytes behind it. */
static size_t
end_run(const struct parts *parts, struct span text)
{
	size_t n;

	text = span_head(text, RUN_MOST + parts->mark_n);
	n = end_of(text, parts->mark, parts->mark_n);
	if (n == parts->mark_n)
		return text.n >= n + 2 ? n + 2 : 0;
	if (n)
		return n - parts->mark_n;
	return text.n >= parts->mark_n ? text.n - parts->mark_n + 1 : 0;
}

static size_t
end_piece(void *state, struct span text, size_t *scanned, bool is_last)
{
	const struct parts *parts = state;
	size_t n;

	(void)scanned;
	switch (parts->stage) {
	case OPENING:
		return text.n >= parts->mark_n ? parts->mark_n : 0;
	case HEAD:
		n = end_of(text, "\r\n\r\n", 4);
		return n || text.n <= HEAD_MOST ? n : text.n;
	case PART:
		return end_run(parts, text);
	default:
		return is_last || text.n > 2 ? text.n : 0;
	}
}

/* ---- heads ---------------------------------------------------------------------------- */

static bool
same(struct span a, const char *b)
{
	return a.n == strlen(b) && strncasecmp((const char *)a.p, b, a.n) == 0;
}

static bool
is_right_line(struct span line, struct span *name, struct span *value)
{
	const uint8_t *colon = line.n ? memchr(line.p, ':', line.n) : NULL;

	if (!colon || memchr(line.p, '\r', line.n) || memchr(line.p, '\n', line.n) || memchr(line.p, 0, line.n))
		return false;
	*name = span_head(line, (size_t)(colon - line.p));
	*value = span_skip(line, name->n + 1);
	for (size_t i = 0; i < name->n; i++)
		if (!is_word(name->p[i]) && name->p[i] != '-')
			return false;
	return name->n > 0;
}

static bool
read_disposition(struct part *part, struct span value)
{
	const struct body_parameter wanted[] = { { "name", &part->name }, { "filename", &part->file }, { NULL, NULL } };
	struct span kind;
	bool is_first = !part->is_placed;

	part->is_placed = true;
	return is_first && body_parameters(value, &kind, wanted) && same(kind, "form-data") && part->name.n;
}

static bool
read_line(struct part *part, struct span name, struct span value)
{
	if (same(name, "content-disposition"))
		return read_disposition(part, value);
	if (same(name, "content-type")) {
		bool is_first = !part->type.p;

		part->type = span_trim(value);
		return is_first && part->type.n;
	}
	if (same(name, "content-transfer-encoding"))
		return same(span_trim(value), "binary") || same(span_trim(value), "8bit") || same(span_trim(value), "7bit");
	part->is_coded |= same(name, "content-encoding");
	return true;
}

static bool
take_line(struct span *head, struct span *line)
{
	size_t n = end_of(*head, "\r\n", 2);

	if (n < 2)
		return false;
	*line = span_head(*head, n - 2);
	*head = span_skip(*head, n);
	return line->n > 0;
}

static bool
read_head(struct part *part, struct span head)
{
	struct span line, name, value;

	*part = (struct part){ 0 };
	for (size_t i = 0; take_line(&head, &line); i++)
		if (i == LINES_MOST || !is_right_line(line, &name, &value) || !read_line(part, name, value))
			return false;
	return head.n == 0 && part->is_placed;
}

/* Lengths go: what they tell of may change. A part that is hidden is of no type but text. */
static void
write_head(struct parts *parts, struct span head, bool is_text, struct out *out)
{
	struct span line, name, value;

	while (take_line(&head, &line) && is_right_line(line, &name, &value)) {
		if (same(name, "content-length") || (is_text && same(name, "content-encoding")))
			continue;
		out_span(out, name);
		out_u8(out, ':');
		out_clear(&parts->edited);
		if (is_text && same(name, "content-type"))
			out_span(out, SPAN(" text/plain"));
		else if (body_value_look(&parts->value, value, &parts->edited))
			out_span(out, out_view(&parts->edited));
		else
			out_span(out, value);
		out_span(out, SPAN("\r\n"));
	}
	out_span(out, SPAN("\r\n"));
}

/* ---- parts ---------------------------------------------------------------------------- */

static bool
fault(const char **why, const char *what)
{
	*why = what;
	return false;
}

/* Is the boundary in what was written since `from`, with what stood before it? Not even in the middle of a line: some
 * readers take it for one there. */
static bool
has_mark(struct parts *parts, const struct out *out, size_t from)
{
	const uint8_t *mark = parts->mark + 2;
	size_t mark_n = parts->mark_n - 2, most = mark_n - 1, n = parts->tail_n;
	struct span added = span_skip(out_view(out), from), head = span_head(added, most);
	uint8_t seam[2 * MARK_MOST];

	if (out->failed || !added.n)
		return false;
	memcpy(seam, parts->tail, n);
	memcpy(seam + n, head.p, head.n);
	n += head.n;
	if (end_of(added, mark, mark_n) || end_of(span_of(seam, n), mark, mark_n))
		return true;
	parts->tail_n = added.n >= most || n >= most ? most : n;
	memcpy(parts->tail, added.n >= most ? added.p + added.n - most : seam + n - parts->tail_n, parts->tail_n);
	return false;
}

/* How what is in it is read. */
static bool
begin_part(struct parts *parts, struct part *part, const char **why)
{
	const struct body_eyes *eyes = parts->eyes;
	bool is_known = part->type.p && !part->is_coded && mask_form_of(part->type, &part->form);

	out_clear(&parts->name);
	out_span(&parts->name, part->name);
	out_clear(&parts->text);
	parts->hider = -1;
	if (eyes->names) {
		path_enter_key(&eyes->set->paths, parts->value.root, part->name, parts->place);
		parts->hider = body_named(eyes, parts->place, -1);
	}
	parts->is_value = parts->hider >= 0 || (!part->file.p && !part->is_coded &&
	    (!part->type.p || (is_known && part->form == MASK_FORM_TEXT)));
	parts->is_hidden = !parts->is_value && !is_known;
	if (parts->is_value || parts->is_hidden)
		return true;
	return mask_body_new(&parts->body, eyes->set, eyes->active, part->form) == 0 ||
	    fault(why, "there is no room for a part");
}

static bool
put_head(struct parts *parts, struct span head, struct out *out, const char **why)
{
	struct part part;

	if (end_of(head, parts->mark + 2, parts->mark_n - 2))
		return fault(why, "a part that has its boundary in its head");
	if (!read_head(&part, head))
		return fault(why, "a part of a body has a head that cannot be read without doubt");
	if (++parts->count > PARTS_MOST)
		return fault(why, "a body of too many parts");
	if (!begin_part(parts, &part, why))
		return false;
	write_head(parts, head, parts->hider >= 0 || (parts->is_hidden && parts->redacts), out);
	parts->tail_n = 0;
	parts->stage = PART;
	return true;
}

static bool
put_run(struct parts *parts, struct span run, struct out *out, const char **why)
{
	size_t from = out->n;

	if (parts->is_hidden)
		return parts->redacts || fault(why, "a part of a type that cannot be looked into");
	if (parts->is_value) {
		out_span(&parts->text, run);
		return !parts->text.failed || fault(why, "a value of a body is too long");
	}
	if (!mask_body_put(parts->body, run, false, out, parts->eyes->tally))
		return fault(why, mask_body_error(parts->body));
	return !has_mark(parts, out, from) || fault(why, "a part that would have its boundary in it");
}

static void
write_value(struct parts *parts, struct out *out)
{
	out_clear(&parts->edited);
	switch (body_value_edit(&parts->value, parts->place, parts->hider, out_view(&parts->name), out_view(&parts->text),
	    &parts->edited)) {
	case MASK_EDITED:
		out_span(out, parts->edited.failed ? SPAN(MASK_REDACTED) : out_view(&parts->edited));
		break;
	case MASK_KEPT:
		out_span(out, out_view(&parts->text));
		break;
	case MASK_NULLED:
		break;
	}
}

/* A boundary, and the two bytes that tell whether it is the last. */
static bool
put_mark(struct parts *parts, struct span mark, struct span behind, struct out *out, const char **why)
{
	bool is_last = span_is(behind, "--");

	if (!is_last && !span_is(behind, "\r\n"))
		return fault(why, "a boundary that does not end as it should");
	out_span(out, mark);
	out_span(out, behind);
	parts->stage = is_last ? ENDED : HEAD;
	return true;
}

static bool
end_part(struct parts *parts, struct span behind, struct out *out, const char **why)
{
	struct span mark = span_of(parts->mark, parts->mark_n);
	size_t from = out->n;

	if (parts->is_value)
		write_value(parts, out);
	else if (parts->is_hidden && parts->redacts)
		out_span(out, SPAN(MASK_REDACTED));
	else if (parts->body && !mask_body_put(parts->body, span_of("", 0), true, out, parts->eyes->tally))
		return fault(why, mask_body_error(parts->body));
	mask_body_free(&parts->body);
	if (has_mark(parts, out, from))
		return fault(why, "a part that would have its boundary in it");
	return put_mark(parts, mark, behind, out, why);
}

static bool
put_piece(void *state, struct span piece, struct out *out, const char **why)
{
	struct parts *parts = state;
	struct span mark = span_of(parts->mark, parts->mark_n);

	switch (parts->stage) {
	case OPENING:
		if (!span_equal(span_head(piece, mark.n - 2), span_skip(mark, 2)))
			return fault(why, "a body of parts that does not begin with one");
		return put_mark(parts, span_skip(mark, 2), span_skip(piece, mark.n - 2), out, why);
	case HEAD:
		return put_head(parts, piece, out, why);
	case PART:
		if (span_equal(span_head(piece, mark.n), mark))
			return end_part(parts, span_skip(piece, mark.n), out, why);
		return put_run(parts, piece, out, why);
	default:
		out_span(out, piece);
		return span_is(piece, "\r\n") || fault(why, "something stands behind the last part of a body");
	}
}

/* ---- the form ---------------------------------------------------------------------------- */

static bool
put_parts(void *state, struct span in, bool is_last, struct out *out, const char **why)
{
	struct parts *parts = state;

	if (!parts->mark_n)
		return fault(why, "a body of parts whose boundary is none");
	if (!body_pieces_put(&parts->pieces, parts, in, is_last, out, why))
		return false;
	return !is_last || parts->stage == ENDED || fault(why, parts->pieces.unended);
}

static void
close_parts(void *state)
{
	struct parts *parts = state;

	body_value_close(&parts->value);
	body_pieces_close(&parts->pieces);
	mask_body_free(&parts->body);
	out_free(&parts->name);
	out_free(&parts->text);
	out_free(&parts->edited);
	free(parts->place);
	free(parts);
}

static void
set_mark(struct parts *parts, struct span type)
{
	struct span boundary = span_of(NULL, 0), kind;
	const struct body_parameter wanted[] = { { "boundary", &boundary }, { NULL, NULL } };

	if (!body_parameters(type, &kind, wanted) || !boundary.n || boundary.n > BOUNDARY_MOST ||
	    boundary.p[boundary.n - 1] == ' ')
		return;
	for (size_t i = 0; i < boundary.n; i++)
		if (boundary.p[i] < ' ' || boundary.p[i] > '~')
			return;
	memcpy(parts->mark, "\r\n--", 4);
	memcpy(parts->mark + 4, boundary.p, boundary.n);
	parts->mark_n = 4 + boundary.n;
}

void *
body_parts_open(struct body_eyes *eyes, struct span type, bool redacts)
{
	struct parts *parts = calloc(1, sizeof(*parts));

	if (!parts)
		return NULL;
	parts->eyes = eyes;
	parts->redacts = redacts;
	set_mark(parts, type);
	parts->pieces = body_pieces_new();
	parts->pieces.end = end_piece;
	parts->pieces.put = put_piece;
	parts->pieces.unended = "a body of parts ends within one";
	parts->name = out_new(HEAD_MOST);
	parts->text = out_new(BODY_HELD_MOST);
	parts->edited = out_new(8 * (size_t)BODY_HELD_MOST);
	parts->place = calloc(eyes->set->paths.words + 1, sizeof(*parts->place));
	if (body_value_open(&parts->value, eyes) || !parts->place) {
		close_parts(parts);
		return NULL;
	}
	return parts;
}

const struct body_form body_form_parts = { NULL, put_parts, close_parts };
