/*
 * graphql_read.c: tokens of a GraphQL document, and what stands at its top. Selections
 * below the root's fields are only skipped, with their braces counted. Fragments at
 * the root are followed by name once the whole document has been seen, so each
 * definition's beginning is remembered.
 */
#include "facts/http/graphql.h"

enum token { TOKEN_END, TOKEN_NAME, TOKEN_MARK, TOKEN_VALUE, TOKEN_BAD };

struct lexer {
	struct span rest;
	enum token token;
	struct span text;
};

struct fragment {
	struct span name;
	struct lexer at;	/* its selection's brace */
};

struct reader {
	struct lexer lexer;
	struct fragment fragments[GRAPHQL_FRAGMENTS_MOST];
	size_t fragment_count, operations, followed;
	struct lexer root;	/* the operation's selection */
	struct graphql_document *out;
};

static bool
is_name(uint8_t c, bool is_first)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (!is_first && c >= '0' && c <= '9');
}

/* Blanks, commas, comments and a mark of the byte order mean nothing. */
static void
skip_ignored(struct lexer *lexer)
{
	struct span in = lexer->rest;

	for (;;) {
		if (in.n >= 3 && memcmp(in.p, "\xef\xbb\xbf", 3) == 0) {
			in = span_skip(in, 3);
		} else if (in.n && strchr(" \t\r\n,", in.p[0]) && in.p[0]) {
			in = span_skip(in, 1);
		} else if (in.n && in.p[0] == '#') {
			while (in.n && in.p[0] != '\n' && in.p[0] != '\r')
				in = span_skip(in, 1);
		} else {
			break;
		}
	}
	lexer->rest = in;
}

/* Bytes of a text or block text that begins here; 0: it does not end. */
static size_t
text_length(struct span in)
{
	bool is_block = in.n >= 3 && memcmp(in.p, "\"\"\"", 3) == 0;
	size_t i = is_block ? 3 : 1;

	for (; i < in.n; i++) {
		if (is_block && in.n - i >= 4 && memcmp(in.p + i, "\\\"\"\"", 4) == 0)
			i += 3;
		else if (is_block && in.n - i >= 3 && memcmp(in.p + i, "\"\"\"", 3) == 0)
			return i + 3;
		else if (!is_block && in.p[i] == '\\')
			i++;
		else if (!is_block && (in.p[i] == '\n' || in.p[i] == '\r'))
			return 0;
		else if (!is_block && in.p[i] == '"')
			return i + 1;
	}
	return 0;
}

static void
take(struct lexer *lexer, enum token token, size_t n)
{
	lexer->token = token;
	if (!take_bytes(&lexer->rest, n, &lexer->text))
		lexer->token = TOKEN_BAD;
}

static void
next(struct lexer *lexer)
{
	struct span in;
	size_t n = 1;

	skip_ignored(lexer);
	in = lexer->rest;
	lexer->text = span_of("", 0);
	if (in.n == 0) {
		lexer->token = TOKEN_END;
	} else if (is_name(in.p[0], true)) {
		while (n < in.n && is_name(in.p[n], false))
			n++;
		take(lexer, TOKEN_NAME, n);
	} else if (in.p[0] == '"') {
		n = text_length(in);
		take(lexer, n ? TOKEN_VALUE : TOKEN_BAD, n);
	} else if (in.p[0] == '-' || (in.p[0] >= '0' && in.p[0] <= '9')) {
		while (n < in.n && (is_name(in.p[n], false) || strchr(".+-", in.p[n])) && in.p[n])
			n++;
		take(lexer, TOKEN_VALUE, n);
	} else if (in.n >= 3 && memcmp(in.p, "...", 3) == 0) {
		take(lexer, TOKEN_MARK, 3);
	} else {
		take(lexer, in.p[0] && strchr("!$&()[]{}|:=@", in.p[0]) ? TOKEN_MARK : TOKEN_BAD, 1);
	}
}

static bool
is_mark(const struct lexer *lexer, const char *mark)
{
	return lexer->token == TOKEN_MARK && span_is(lexer->text, mark);
}

/* Past a bracketed run that begins here, whatever is in it. */
static bool
skip_brackets(struct lexer *lexer)
{
	size_t depth = 0;

	do {
		if (is_mark(lexer, "(") || is_mark(lexer, "{") || is_mark(lexer, "["))
			depth++;
		else if (is_mark(lexer, ")") || is_mark(lexer, "}") || is_mark(lexer, "]"))
			depth--;
		else if (lexer->token == TOKEN_END || lexer->token == TOKEN_BAD)
			return false;
		next(lexer);
	} while (depth > 0 && depth <= GRAPHQL_DEPTH_MOST);
	return depth == 0;
}

static bool
take_name(struct lexer *lexer, struct span *name)
{
	if (lexer->token != TOKEN_NAME)
		return false;
	*name = lexer->text;
	next(lexer);
	return true;
}

/* "@name(arguments)", any number of them. */
static bool
skip_directives(struct lexer *lexer)
{
	struct span name;

	while (is_mark(lexer, "@")) {
		next(lexer);
		if (!take_name(lexer, &name) || (is_mark(lexer, "(") && !skip_brackets(lexer)))
			return false;
	}
	return true;
}

/* What variables there are does not matter; that one has a value without being given one does. */
static bool
read_variables(struct reader *reader)
{
	struct span text = reader->lexer.rest;

	if (!skip_brackets(&reader->lexer))
		return false;
	text = span_head(text, text.n - reader->lexer.rest.n);
	reader->out->has_defaults |= text.n && memchr(text.p, '=', text.n);
	return true;
}

/* One operation or fragment; its selection is remembered and skipped. */
static bool
read_definition(struct reader *reader)
{
	struct lexer *lexer = &reader->lexer;
	struct span kind = SPAN("query"), name = SPAN(""), on, type;
	bool is_fragment, is_short = is_mark(lexer, "{");

	if (!is_short && !take_name(lexer, &kind))
		return false;
	is_fragment = span_is(kind, "fragment");
	if (is_fragment) {
		if (!take_name(lexer, &name) || !take_name(lexer, &on) || !span_is(on, "on") || !take_name(lexer, &type) ||
		    reader->fragment_count == GRAPHQL_FRAGMENTS_MOST)
			return false;
	} else if (!span_is(kind, "query") && !span_is(kind, "mutation") && !span_is(kind, "subscription")) {
		return false;
	} else if (!is_short) {
		(void)take_name(lexer, &name);
		if (is_mark(lexer, "(") && !read_variables(reader))
			return false;
	}
	if (!skip_directives(lexer) || !is_mark(lexer, "{"))
		return false;
	if (is_fragment) {
		reader->fragments[reader->fragment_count++] = (struct fragment){ name, *lexer };
	} else {
		reader->operations++;
		reader->root = *lexer;
		reader->out->kind = kind;
		reader->out->name = name;
	}
	return skip_brackets(lexer);
}

/* Are there values among the arguments that the variables do not tell? */
static bool
read_arguments(struct lexer *lexer, bool *has_literals)
{
	struct span name;

	if (!is_mark(lexer, "("))
		return true;
	next(lexer);
	while (!is_mark(lexer, ")")) {
		if (!take_name(lexer, &name) || !is_mark(lexer, ":"))
			return false;
		next(lexer);
		if (is_mark(lexer, "$")) {
			next(lexer);
			if (!take_name(lexer, &name))
				return false;
			continue;
		}
		*has_literals = true;
		if (is_mark(lexer, "[") || is_mark(lexer, "{")) {
			if (!skip_brackets(lexer))
				return false;
		} else if (lexer->token == TOKEN_NAME || lexer->token == TOKEN_VALUE) {
			next(lexer);
		} else {
			return false;
		}
	}
	next(lexer);
	return true;
}

static bool
read_field(struct reader *reader, struct lexer *lexer)
{
	struct graphql_document *out = reader->out;
	struct graphql_field field = { 0 };

	if (out->field_count == GRAPHQL_FIELDS_MOST || !take_name(lexer, &field.name))
		return false;
	if (is_mark(lexer, ":")) {
		next(lexer);
		if (!take_name(lexer, &field.name))
			return false;
	}
	if (!read_arguments(lexer, &field.has_literals) || !skip_directives(lexer) ||
	    (is_mark(lexer, "{") && !skip_brackets(lexer)))
		return false;
	out->fields[out->field_count++] = field;
	return true;
}

static bool read_selection(struct reader *, struct lexer *, unsigned int depth);

/* Behind "...": a fragment by name, or one written out. */
static bool
read_spread(struct reader *reader, struct lexer *lexer, unsigned int depth)
{
	struct span name = span_of("", 0), type;
	bool is_written = lexer->token != TOKEN_NAME || span_is(lexer->text, "on");

	if (!is_written && !take_name(lexer, &name))
		return false;
	if (is_written && lexer->token == TOKEN_NAME) {
		next(lexer);
		if (!take_name(lexer, &type))
			return false;
	}
	if (!skip_directives(lexer))
		return false;
	if (is_written)
		return read_selection(reader, lexer, depth + 1);
	for (size_t i = 0; i < reader->fragment_count; i++) {
		struct lexer at = reader->fragments[i].at;

		if (span_equal(reader->fragments[i].name, name))
			return ++reader->followed <= GRAPHQL_FRAGMENTS_MOST && read_selection(reader, &at, depth + 1);
	}
	return false;
}

static bool
read_selection(struct reader *reader, struct lexer *lexer, unsigned int depth)
{
	if (depth > GRAPHQL_DEPTH_MOST || !is_mark(lexer, "{"))
		return false;
	next(lexer);
	while (!is_mark(lexer, "}")) {
		bool is_spread = is_mark(lexer, "...");

		if (is_spread)
			next(lexer);
		if (is_spread ? !read_spread(reader, lexer, depth) : !read_field(reader, lexer))
			return false;
	}
	next(lexer);
	return true;
}

const char *
graphql_read(struct span text, struct graphql_document *out)
{
	struct reader reader = { .lexer = { .rest = text }, .out = out };

	*out = (struct graphql_document){ .kind = span_of("", 0), .name = span_of("", 0) };
	if (text.n > GRAPHQL_TEXT_MOST)
		return "its document is too long";
	next(&reader.lexer);
	while (reader.lexer.token != TOKEN_END) {
		if (!read_definition(&reader))
			return "its document cannot be read";
	}
	if (reader.operations != 1)
		return "its document has not exactly one operation";
	if (!read_selection(&reader, &reader.root, 0) || out->field_count == 0)
		return "its document cannot be read";
	return NULL;
}
