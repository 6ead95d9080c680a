/*
 * option.c: what a login sets besides user and database.
 * A start-up parameter that the server does not know by name is a setting, and
 * so is each `-c name=value` of `options`: SET by another door, with SET ROLE
 * among them. Their names are told, so that they can be judged as such. Options
 * are cut as the server cuts them (pg_split_opts() and process_postgres_switches()
 * of PostgreSQL's tcop and init): words by white space, where a backslash takes
 * the next letter as it is. Other switches of the server are not for clients.
 */
#include "wire/pg/pg.h"

#include "base/arena.h"

#define NAME_MAX_SIZE 63	/* NAMEDATALEN - 1 */

/* Parameters of every driver, which change how values are written and no more. */
static bool
is_habit(struct span name)
{
	static const char *const habits[] = {
		"user", "database", "replication", "application_name",
		"client_encoding", "DateStyle", "TimeZone", "IntervalStyle",
		"extra_float_digits",
	};

	for (size_t i = 0; i < COUNT(habits); i++)
		if (span_is(name, habits[i]))
			return true;
	return span_equal(span_head(name, 5), SPAN("_pq_."));
}

static bool
is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

static const char *
add(struct pg *pg, struct span name)
{
	if (name.n == 0 || name.n > NAME_MAX_SIZE)
		return "a start-up setting whose name is too long or empty";
	for (size_t i = 0; i < name.n; i++)
		if (!is_letter(name.p[i]))
			return "a start-up setting whose name is none";
	if (pg->wish_count == PG_WISHES_MAX)
		return "too many start-up settings";
	if (!pg->wishes)
		pg->wishes = arena_take(pg->arena, PG_WISHES_MAX * sizeof(*pg->wishes));
	if (!pg->wishes)
		return "no memory left for this flow";
	pg->wishes[pg->wish_count++] = name;
	return NULL;
}

static bool
is_white(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
take_word(struct span *in, struct span *word)
{
	size_t n = 0;

	while (in->n && is_white(in->p[0]))
		*in = span_skip(*in, 1);
	while (n < in->n && !is_white(in->p[n]))
		n += in->p[n] == '\\' ? 2 : 1;
	*word = span_head(*in, n);
	*in = span_skip(*in, n);
	return word->n > 0;
}

/* name=value */
static const char *
read_assignment(struct pg *pg, struct span word)
{
	const uint8_t *equals = word.n ? memchr(word.p, '=', word.n) : NULL;

	if (!equals)
		return "a start-up option without a value";
	return add(pg, span_head(word, (size_t)(equals - word.p)));
}

static const char *
read_options(struct pg *pg, struct span in)
{
	struct span word;

	while (take_word(&in, &word)) {
		const char *why;

		if (!span_equal(span_head(word, 2), SPAN("--")) &&
		    !span_equal(span_head(word, 2), SPAN("-c")))
			return "a start-up option other than -c name=value";
		if (span_is(word, "-c"))
			(void)take_word(&in, &word);
		else
			word = span_skip(word, 2);
		why = read_assignment(pg, word);
		if (why)
			return why;
	}
	return NULL;
}

const char *
pg_option_read(struct pg *pg, struct span name, struct span value)
{
	if (span_is(name, "options"))
		return read_options(pg, value);
	return is_habit(name) ? NULL : add(pg, name);
}
