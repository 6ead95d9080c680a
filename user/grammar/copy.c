/*
 * copy.c: COPY: what it reads or writes, and how its rows will look.
 * Rows of COPY TO STDOUT can be taken apart, and so masked, only by one who
 * knows its options; they stand nowhere but in the statement. What is not
 * understood to the last option makes the rows opaque.
 */
#include <ctype.h>

#include "grammar/walk.h"

static bool
text_is(struct span text, const char *lower)
{
	size_t n = strlen(lower);

	for (size_t i = 0; i < n && i < text.n; i++)
		if (tolower(text.p[i]) != lower[i])
			return false;
	return text.n == n;
}

static bool
set_format(struct wire_copy *copy, struct span name)
{
	static const char *const names[] = {
		[WIRE_COPY_TEXT] = "text", [WIRE_COPY_CSV] = "csv",
		[WIRE_COPY_BINARY] = "binary",
	};

	for (unsigned int i = WIRE_COPY_TEXT; i < WIRE_COPY_FORMATS; i++)
		if (text_is(name, names[i])) {
			copy->format = (uint8_t)i;
			return true;
		}
	return false;
}

/*
 * As defGetCopyHeaderChoice(): nothing is true, and so are true, on and 1. A server that
 * knows "match" refuses it here; one that would not would have names to tell.
 */
static bool
set_header(struct wire_copy *copy, json_t *argument)
{
	json_t *inside = NULL;
	const char *kind = tree_kind(argument, &inside);
	struct span word = tree_name(argument);

	if (!argument)
		copy->has_header = true;
	else if (kind && strcmp(kind, "Boolean") == 0)
		copy->has_header = json_is_true(json_object_get(inside, "boolval"));
	else if (text_is(word, "true") || text_is(word, "on") || text_is(word, "match"))
		copy->has_header = true;
	else if (text_is(word, "false") || text_is(word, "off"))
		copy->has_header = false;
	else
		return false;
	return true;
}

static bool
set_byte(uint8_t *byte, struct span value)
{
	if (value.n != 1 || value.p[0] == '\n' || value.p[0] == '\r' ||
	    value.p[0] >= 0x80)
		return false;
	*byte = value.p[0];
	return true;
}

static bool
set_null(struct wire_copy *copy, struct span value)
{
	if (value.n > sizeof(copy->null))
		return false;
	copy->null_n = (uint8_t)value.n;
	if (value.n)
		memcpy(copy->null, value.p, value.n);
	return true;
}

/*
 * Encodings of whose rows TAB, quotes and line ends are themselves, and that write what
 * UTF-8 writes or what is not UTF-8, which no mask lets by. SQL_ASCII: as it is stored.
 */
static bool
is_plain_encoding(struct span name)
{
	return text_is(name, "utf8") || text_is(name, "utf-8") || text_is(name, "sql_ascii");
}

/* True: the option is understood. */
static bool
set_option(struct wire_copy *copy, json_t *option)
{
	struct span name = tree_text(option, "defname");
	json_t *argument = json_object_get(option, "arg");
	struct span value = tree_name(argument);

	if (span_is(name, "format"))
		return true;	/* read before: it says what the others default to */
	if (span_is(name, "header"))
		return set_header(copy, argument);
	if (span_is(name, "delimiter"))
		return set_byte(&copy->delimiter, value);
	if (span_is(name, "quote"))
		return set_byte(&copy->quote, value);
	if (span_is(name, "escape"))
		return set_byte(&copy->escape, value);
	if (span_is(name, "null"))
		return set_null(copy, value);
	return span_is(name, "force_quote") || (span_is(name, "encoding") && is_plain_encoding(value));
}

/* The n-th option, or NULL. */
static json_t *
option_at(json_t *inside, size_t n)
{
	return json_object_get(json_array_get(json_object_get(inside,
	    "options"), n), "DefElem");
}

static bool
read_format(json_t *inside, struct wire_copy *copy)
{
	json_t *option;

	copy->format = WIRE_COPY_TEXT;
	for (size_t i = 0; (option = option_at(inside, i)); i++)
		if (tree_is(option, "defname", "format") && !set_format(copy,
		    tree_name(json_object_get(option, "arg"))))
			return false;
	return true;
}

static bool
read_form(json_t *inside, struct wire_copy *copy)
{
	json_t *option;
	bool csv;

	if (!read_format(inside, copy))
		return false;
	csv = copy->format == WIRE_COPY_CSV;
	copy->delimiter = csv ? ',' : '\t';
	copy->quote = '"';
	set_null(copy, csv ? SPAN("") : SPAN("\\N"));
	for (size_t i = 0; (option = option_at(inside, i)); i++)
		if (!set_option(copy, option))
			return false;
	if (!copy->escape)
		copy->escape = copy->quote;
	return copy->delimiter != copy->quote || !csv;
}

/* All COPY TO STDOUT of one text must look alike: who reads rows cannot tell them apart. */
static void
note_form(struct walk *w, json_t *inside, bool in)
{
	struct wire_copy copy = { 0 };

	if (in) {
		w->build.flags |= ANALYSIS_COPY_IN;
		return;
	}
	if (!read_form(inside, &copy))
		copy = (struct wire_copy){ .format = WIRE_COPY_OPAQUE };
	if (!(w->build.flags & ANALYSIS_COPY_OUT))
		w->build.copy = copy;
	else if (memcmp(&w->build.copy, &copy, sizeof(copy)) != 0)
		w->build.copy = (struct wire_copy){ .format = WIRE_COPY_OPAQUE };
	w->build.flags |= ANALYSIS_COPY_OUT;
}

/* COPY of a relation: the fields are its columns, as listed or all. */
static void
copy_relation(struct walk *w, json_t *inside, struct fields *fields, bool in)
{
	uint32_t relation = walk_relation(w, json_object_get(inside, "relation"));
	json_t *list = json_object_get(inside, "attlist");
	struct span all = span_of(NULL, 0);
	struct set columns = { 0 };

	for (size_t i = 0; i < json_array_size(list); i++)
		set_add(&w->build, &columns, source_of(relation,
		    tree_name(json_array_get(list, i)), SOURCE_SURE));
	if (!columns.n)
		set_add(&w->build, &columns,
		    source_of(relation, all, SOURCE_SURE));
	if (in) {
		struct analysis_act *act = build_act_on(&w->build,
		    EFFECT_INSERT, OBJECT_RELATION, relation, "copy");

		act->columns = columns.p;
		act->column_count = columns.n;
		return;
	}
	build_read(&w->build, relation, REACH_ALL);
	fields->positional = true;
	for (uint32_t i = 0; i < columns.n; i++) {
		struct field_of *field = fields_add(w, fields,
		    columns.p[i].column);

		if (!field)
			return;
		field->is_star = !columns.p[i].column.n;
		build_touch(&w->build, relation, columns.p[i].column,
		    SOURCE_SURE);
		set_add(&w->build, &field->sources, columns.p[i]);
	}
}

void
walk_copy(struct walk *w, json_t *inside, struct fields *fields)
{
	bool in = json_is_true(json_object_get(inside, "is_from"));
	bool program = json_is_true(json_object_get(inside, "is_program"));
	json_t *query = json_object_get(inside, "query");
	struct set aside = { 0 };

	if (program || json_object_get(inside, "filename")) {
		build_act(&w->build, EFFECT_EXPORT, tag_join(w, in ?
		    "copy from " : "copy to ", program ? SPAN("program") :
		    SPAN("file")));
	} else {
		note_form(w, inside, in);
	}
	if (query)
		walk_command(w, query, fields);
	else
		copy_relation(w, inside, fields, in);
	walk_expression(w, NULL, json_object_get(inside, "whereClause"), &aside);
}
