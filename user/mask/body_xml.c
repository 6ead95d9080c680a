/*
 * body_xml.c: XML 1.0, tag by tag. What stands between two tags is one value, whatever
 * comments and CDATA sections are in it; so is each attribute. A path is the names of the
 * elements, then the attribute's, with their prefixes or without. A mask that names an
 * element hides each value within it; what would be null is empty. There is no DTD: a
 * DOCTYPE is a fault, as are entities of its making, another encoding than UTF-8, and tags
 * that do not match. A value that several elements share out is not found.
 */
#include "mask/body_xml.h"
#include "mask/body_value.h"

#include <stdlib.h>
#include <strings.h>

#define DEPTH_MOST 128
#define NAMES_BYTES (64 * 1024)

struct element {
	size_t at, n;		/* its name, in xml.names */
	int hider;		/* the mask that hides what is in it; -1: none */
};

struct xml {
	struct body_value value;
	struct body_pieces pieces;
	const struct part *inside;	/* of the piece under way: what scanning stopped in */
	uint8_t quote;		/* the same, of a tag */
	unsigned int depth;
	bool had_root;
	struct element elements[DEPTH_MOST + 1];
	uint64_t *places;	/* owned: one per element, then two */
	struct out names, text, edited;
};

/* What is no text and no tag. */
struct part {
	struct span begin, end;
	enum { PART_COMMENT, PART_DATA, PART_INSTRUCTION } kind;
};

static const struct part parts[] = {
	{ SPAN("<!--"), SPAN("-->"), PART_COMMENT },
	{ SPAN("<![CDATA["), SPAN("]]>"), PART_DATA },
	{ SPAN("<?"), SPAN("?>"), PART_INSTRUCTION },
};

static bool
fail(const char **why, const char *what)
{
	*why = what;
	return false;
}

/* ---- pieces: a tag, or all that is between two ---------------------------------------- */

static size_t
end_tag(struct xml *xml, struct span text, size_t *scanned)
{
	if (!*scanned)
		xml->quote = 0;
	for (size_t at = *scanned; at < text.n; at++) {
		uint8_t c = text.p[at];

		if (xml->quote)
			xml->quote = c == xml->quote ? 0 : xml->quote;
		else if (c == '"' || c == '\'')
			xml->quote = c;
		else if (c == '>')
			return at + 1;
	}
	*scanned = text.n;
	return 0;
}

/* What part is at `at`? *wants: it cannot be told yet. */
static const struct part *
part_at(struct span text, size_t at, bool *wants)
{
	struct span rest = span_skip(text, at);

	*wants = false;
	for (size_t i = 0; i < COUNT(parts); i++) {
		struct span begin = parts[i].begin;
		size_t n = rest.n < begin.n ? rest.n : begin.n;

		if (memcmp(rest.p, begin.p, n) != 0)
			continue;
		if (n == begin.n)
			return &parts[i];
		*wants = true;
	}
	return NULL;
}

static size_t
end_between(struct xml *xml, struct span text, size_t *scanned, bool is_last)
{
	size_t at = *scanned;

	if (!at)
		xml->inside = NULL;
	for (;;) {
		const uint8_t *found;
		bool wants;

		if (xml->inside) {
			struct span end = xml->inside->end;

			found = at < text.n ? memmem(text.p + at, text.n - at, end.p, end.n) : NULL;
			if (!found) {
				*scanned = text.n - at > end.n ? text.n - end.n + 1 : at;
				return 0;
			}
			at = (size_t)(found - text.p) + end.n;
			xml->inside = NULL;
		}
		found = at < text.n ? memchr(text.p + at, '<', text.n - at) : NULL;
		*scanned = found ? (size_t)(found - text.p) : text.n;
		if (!found)
			return is_last ? text.n : 0;
		at = *scanned;
		xml->inside = part_at(text, at, &wants);
		if (!xml->inside && !wants)
			return at ? at : 1;
		if (!xml->inside)
			return is_last ? text.n : 0;
		at += xml->inside->begin.n;
		*scanned = at;
	}
}

static bool
is_tag(struct span text)
{
	return text.p[0] == '<' && text.n > 1 && text.p[1] != '!' && text.p[1] != '?';
}

static size_t
end_piece(void *state, struct span text, size_t *scanned, bool is_last)
{
	if (text.p[0] == '<' && text.n < 2)
		return 0;
	return is_tag(text) ? end_tag(state, text, scanned) : end_between(state, text, scanned, is_last);
}

/* ---- places ------------------------------------------------------------------------------ */

static uint64_t *
place_at(struct xml *xml, unsigned int i)
{
	return xml->places + i * xml->value.eyes->words;
}

/* From `place` by a name, with its prefix or without. */
static void
enter(struct xml *xml, const uint64_t *place, struct span name, uint64_t *to)
{
	const struct path_rules *paths = &xml->value.eyes->set->paths;
	const uint8_t *colon = memchr(name.p, ':', name.n);
	uint64_t *room = place_at(xml, DEPTH_MOST + 2);

	if (!xml->value.eyes->words)
		return;
	path_enter_key(paths, place, name, to);
	if (!colon)
		return;
	path_enter_key(paths, place, span_skip(name, (size_t)(colon - name.p) + 1), room);
	for (size_t i = 0; i < paths->words; i++)
		to[i] |= room[i];
}

static int
named(struct xml *xml, const uint64_t *place, int already)
{
	return body_named(xml->value.eyes, place, already);
}

static struct span
element_name(const struct xml *xml)
{
	const struct element *element = &xml->elements[xml->depth];

	return span_of(xml->names.p + element->at, element->n);
}

/* ---- tags ---------------------------------------------------------------------------------- */

static bool
open_element(struct xml *xml, struct span name, const char **why)
{
	struct element *outer = &xml->elements[xml->depth], *inner = outer + 1;

	if (xml->depth == DEPTH_MOST)
		return fail(why, "XML is nested too deeply");
	if (!xml->depth && xml->had_root)
		return fail(why, "XML has more than one root");
	xml->had_root = true;
	inner->at = xml->names.n;
	inner->n = name.n;
	out_span(&xml->names, name);
	if (xml->names.failed)
		return fail(why, "the names of XML are too long");
	enter(xml, place_at(xml, xml->depth), name, place_at(xml, xml->depth + 1));
	xml->depth++;
	inner->hider = named(xml, place_at(xml, xml->depth), outer->hider);
	return true;
}

static bool
close_element(struct xml *xml, struct span name, const char **why)
{
	if (!xml->depth || !span_equal(name, element_name(xml)))
		return fail(why, "XML closes what is not open");
	xml->names.n = xml->elements[xml->depth].at;
	xml->depth--;
	return true;
}

static void
skip_blanks(struct span *in)
{
	while (in->n && xml_is_blank(in->p[0]))
		*in = span_skip(*in, 1);
}

static bool
is_namespace(struct span name)
{
	return name.n >= 5 && memcmp(name.p, "xmlns", 5) == 0 && (name.n == 5 || name.p[5] == ':');
}

/* The value of an attribute goes out, edited. */
static bool
put_attribute(struct xml *xml, struct span name, struct span raw, struct out *out, const char **why)
{
	uint64_t *place = place_at(xml, DEPTH_MOST + 1);
	enum mask_result result;
	int hider;

	out_clear(&xml->text);
	out_clear(&xml->edited);
	if ((raw.n && memchr(raw.p, '<', raw.n)) || !xml_read(raw, &xml->text))
		return fail(why, "an attribute of XML has what stands for nothing");
	enter(xml, place_at(xml, xml->depth), name, place);
	hider = is_namespace(name) ? -1 : named(xml, place, xml->elements[xml->depth].hider);
	result = body_value_edit(&xml->value, place, hider, name, out_view(&xml->text), &xml->edited);
	if (result == MASK_KEPT)
		out_span(out, raw);
	else if (result == MASK_EDITED)
		xml_write(xml->edited.failed ? SPAN(MASK_REDACTED) : out_view(&xml->edited), out);
	return true;
}

/* Cut an attribute from the front, quotes off. False: there is none. */
static bool
take_attribute(struct span *in, struct span *name, struct span *value)
{
	struct span rest = *in;
	const uint8_t *end;

	*name = span_head(rest, xml_name(rest));
	rest = span_skip(rest, name->n);
	skip_blanks(&rest);
	if (!name->n || !rest.n || rest.p[0] != '=')
		return false;
	rest = span_skip(rest, 1);
	skip_blanks(&rest);
	if (rest.n < 2 || (rest.p[0] != '"' && rest.p[0] != '\''))
		return false;
	end = memchr(rest.p + 1, rest.p[0], rest.n - 1);
	if (!end)
		return false;
	*value = span_of(rest.p + 1, (size_t)(end - rest.p) - 1);
	*in = span_skip(rest, value->n + 2);
	return true;
}

static bool
put_begin_tag(struct xml *xml, struct span tag, struct out *out, const char **why)
{
	bool is_empty = tag.p[tag.n - 2] == '/';
	struct span in = span_of(tag.p + 1, tag.n - 2 - is_empty), name = span_head(in, xml_name(in)), value;
	const uint8_t *done = tag.p;

	if (!name.n || !open_element(xml, name, why))
		return fail(why, **why ? *why : "a tag of XML has no name");
	in = span_skip(in, name.n);
	for (;;) {
		bool is_apart = in.n && xml_is_blank(in.p[0]);

		skip_blanks(&in);
		if (!in.n)
			break;
		if (!is_apart || !take_attribute(&in, &name, &value))
			return fail(why, "a tag of XML has what is no attribute");
		out_bytes(out, done, (size_t)(value.p - done));
		if (!put_attribute(xml, name, value, out, why))
			return false;
		done = value.p + value.n;
	}
	out_bytes(out, done, (size_t)(tag.p + tag.n - done));
	return !is_empty || close_element(xml, element_name(xml), why);
}

static bool
put_tag(struct xml *xml, struct span tag, struct out *out, const char **why)
{
	struct span in;

	if (tag.n < 3)
		return fail(why, "a tag of XML has no name");
	if (tag.p[1] != '/')
		return put_begin_tag(xml, tag, out, why);
	in = span_of(tag.p + 2, tag.n - 3);
	while (in.n && xml_is_blank(in.p[in.n - 1]))
		in.n--;
	out_span(out, tag);
	return close_element(xml, in, why);
}

/* ---- between tags ------------------------------------------------------------------------- */

/* Cut the next part from the front: text, where *part is NULL. False: none of XML. */
static bool
take_part(struct span *in, struct span *whole, const struct part **part)
{
	const uint8_t *found;
	bool wants;

	*part = NULL;
	if (in->p[0] != '<') {
		found = memchr(in->p, '<', in->n);
		*whole = span_head(*in, found ? (size_t)(found - in->p) : in->n);
	} else {
		*part = part_at(*in, 0, &wants);
		if (!*part)
			return false;
		found = memmem(in->p + (*part)->begin.n, in->n - (*part)->begin.n, (*part)->end.p, (*part)->end.n);
		if (!found)
			return false;
		*whole = span_head(*in, (size_t)(found - in->p) + (*part)->end.n);
	}
	*in = span_skip(*in, whole->n);
	return true;
}

static struct span
inside_of(struct span whole, const struct part *part)
{
	return span_of(whole.p + part->begin.n, whole.n - part->begin.n - part->end.n);
}

/* Is it another encoding than UTF-8 that the declaration names? */
static bool
is_foreign(struct span declaration)
{
	const uint8_t *found = memmem(declaration.p, declaration.n, "encoding", 8);
	struct span in, name, value;

	if (declaration.n < 4 || memcmp(declaration.p, "xml", 3) != 0 || !xml_is_blank(declaration.p[3]) || !found)
		return false;
	in = span_skip(declaration, (size_t)(found - declaration.p));
	if (!take_attribute(&in, &name, &value))
		return true;
	return !(value.n == 5 && !strncasecmp((const char *)value.p, "utf-8", 5)) &&
	    !(value.n == 8 && !strncasecmp((const char *)value.p, "us-ascii", 8));
}

/* All text between two tags, as one. */
static bool
read_between(struct xml *xml, struct span in, const char **why)
{
	const struct part *part;
	struct span whole;

	out_clear(&xml->text);
	while (in.n) {
		if (!take_part(&in, &whole, &part))
			return fail(why, "XML has a declaration or a part without an end");
		if (!part && !xml_read(whole, &xml->text))
			return fail(why, "XML has an entity that stands for nothing");
		if (part && part->kind == PART_DATA)
			out_span(&xml->text, inside_of(whole, part));
		if (part && part->kind == PART_INSTRUCTION && is_foreign(inside_of(whole, part)))
			return fail(why, "XML is in another encoding than UTF-8");
	}
	return true;
}

static bool
is_blank(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!xml_is_blank(text.p[i]))
			return false;
	return true;
}

/* A comment or an instruction; one with a hit is written as a comment that says so. */
static void
put_remark(struct xml *xml, struct span whole, const struct part *part, struct out *out)
{
	out_clear(&xml->edited);
	if (body_value_look(&xml->value, inside_of(whole, part), &xml->edited))
		out_span(out, SPAN("<!--" MASK_REDACTED "-->"));
	else
		out_span(out, whole);
}

static void
put_parts(struct xml *xml, struct span in, bool edited, struct out *out)
{
	const struct part *part;
	struct span whole;

	while (in.n && take_part(&in, &whole, &part)) {
		if (part && part->kind != PART_DATA)
			put_remark(xml, whole, part, out);
		else if (!edited)
			out_span(out, whole);
	}
}

static bool
put_between(struct xml *xml, struct span in, struct out *out, const char **why)
{
	enum mask_result result = MASK_KEPT;

	if (!xml->depth && !xml->had_root && in.n >= 3 && memcmp(in.p, "\xef\xbb\xbf", 3) == 0) {
		out_span(out, span_head(in, 3));
		in = span_skip(in, 3);
	}
	if (!read_between(xml, in, why))
		return false;
	if (!xml->depth && !is_blank(out_view(&xml->text)))
		return fail(why, "XML has text outside of its root");
	out_clear(&xml->edited);
	if (!is_blank(out_view(&xml->text)))
		result = body_value_edit(&xml->value, place_at(xml, xml->depth), xml->elements[xml->depth].hider,
		    element_name(xml), out_view(&xml->text), &xml->edited);
	if (result == MASK_EDITED)
		xml_write(xml->edited.failed ? SPAN(MASK_REDACTED) : out_view(&xml->edited), out);
	put_parts(xml, in, result != MASK_KEPT, out);
	return true;
}

static bool
put_piece(void *state, struct span piece, struct out *out, const char **why)
{
	struct xml *xml = state;

	if (!xml_is_text(piece))
		return fail(why, "XML has a byte that is none of a text");
	return is_tag(piece) ? put_tag(xml, piece, out, why) : put_between(xml, piece, out, why);
}

/* ---- as a form ------------------------------------------------------------------------------ */

static void
close_xml(void *state)
{
	struct xml *xml = state;

	body_value_close(&xml->value);
	body_pieces_close(&xml->pieces);
	out_free(&xml->names);
	out_free(&xml->text);
	out_free(&xml->edited);
	free(xml->places);
	free(xml);
}

static void *
open_xml(struct body_eyes *eyes)
{
	struct xml *xml = calloc(1, sizeof(*xml));
	size_t words = eyes->words;

	if (!xml)
		return NULL;
	xml->pieces = body_pieces_new();
	xml->pieces.end = end_piece;
	xml->pieces.put = put_piece;
	xml->pieces.unended = "XML ends within a tag";
	xml->names = out_new(NAMES_BYTES);
	xml->text = out_new(BODY_HELD_MOST);
	xml->edited = out_new(8 * (size_t)BODY_HELD_MOST);
	xml->places = calloc((DEPTH_MOST + 3) * words + 1, sizeof(*xml->places));
	xml->elements[0].hider = -1;
	if (body_value_open(&xml->value, eyes) || !xml->places) {
		close_xml(xml);
		return NULL;
	}
	if (words)
		memcpy(xml->places, xml->value.root, words * sizeof(*xml->places));
	return xml;
}

static bool
put_xml(void *state, struct span in, bool is_last, struct out *out, const char **why)
{
	struct xml *xml = state;

	if (!body_pieces_put(&xml->pieces, xml, in, is_last, out, why))
		return false;
	return !is_last || !xml->depth || fail(why, "XML ends within an element");
}

const struct body_form body_form_xml = { open_xml, put_xml, close_xml };
