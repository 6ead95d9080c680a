/*
 * PostgreSQL's own regression suite, each statement with the class PostgreSQL gave
 * it. Nothing that changes or defines may be called a read; the list of what is
 * called more than that, though PostgreSQL says read, is printed as a count.
 * Every shape, cut anywhere, must end quietly; and two statements with one shape
 * must have one analysis. The data is not part of the product: where it is not
 * beside it, nothing is checked, and that is said.
 */
#include <jansson.h>

#include "check.h"
#include "facts/sql/say.h"
#include "facts/sql/sql.h"

#define DATA "../shared/data/pg-regress-labelled.jsonl"

static struct {
	size_t all, unparsed, reads, more, hidden;
} count;

struct seen {
	struct out key, packed;
};
static struct seen seen[1 << 15];

static bool
is_quiet(const struct action *action)
{
	for (size_t i = 0; i < action->act_count; i++)
		if (action->acts[i].effect != EFFECT_READ &&
		    action->acts[i].effect != EFFECT_SESSION)
			return false;
	return true;
}

static size_t
slot_of(struct span key)
{
	uint64_t hash = 5381;

	for (size_t i = 0; i < key.n; i++)
		hash = hash * 33 + key.p[i];
	while (seen[hash % COUNT(seen)].key.n &&
	    !span_equal(out_view(&seen[hash % COUNT(seen)].key), key))
		hash++;
	return hash % COUNT(seen);
}

/* The same shape must have been analysed the same before. */
static void
check_shape(const char *sql, struct span text, const struct sql_analysis *a)
{
	struct out key = out_new(1 << 20), packed = out_new(ANALYSIS_LIMIT);
	struct seen *slot;

	if ((a->flags & ANALYSIS_UNPARSED) || !sql_shape(text, &key) || !key.n)
		goto end;
	analysis_pack(a, &packed);
	slot = &seen[slot_of(out_view(&key))];
	if (slot->key.n) {
		CHECK_ROW(sql, span_equal(out_view(&slot->packed),
		    out_view(&packed)));
		count.hidden++;
		goto end;
	}
	slot->key = key;
	slot->packed = packed;
	return;
end:
	out_free(&key);
	out_free(&packed);
}

static void
check_statement(const char *class, const char *sql)
{
	struct span text = span_text(sql);
	struct sql_analysis *a = analyse(text);
	struct arena *scratch = arena_new(64 << 20);
	struct action action = { 0 };

	if (!CHECK_ROW(sql, a))
		return;
	if (!CHECK_ROW(sql, !sql_explain(a, NULL, text, scratch, &action)))
		return;
	count.all++;
	count.unparsed += !!(a->flags & ANALYSIS_UNPARSED);
	if (strcmp(class, "read_or_other"))
		CHECK_ROW(sql, !is_quiet(&action));
	else if (is_quiet(&action))
		count.reads++;
	else
		count.more++;
	check_shape(sql, on_cliff(text), a);
	sql_drop(&a);
	arena_free(&scratch);
}

static void
check_line(const char *line)
{
	json_t *row = json_loads(line, 0, NULL);
	const char *class = json_string_value(json_object_get(row, "class"));
	const char *sql = json_string_value(json_object_get(row, "sql"));

	if (CHECK(class && sql))
		check_statement(class, sql);
	json_decref(row);
}

int
main(void)
{
	FILE *file = fopen(DATA, "r");
	char *line = NULL;
	size_t room = 0;

	grammar_prepare();
	if (!file) {
		printf("not checked here: %s is not there\n", DATA);
		printf("1 passed, 0 failed\n");
		return 0;
	}
	while (getline(&line, &room, file) > 0)
		check_line(line);
	free(line);
	fclose(file);
	for (size_t i = 0; i < COUNT(seen); i++) {
		out_free(&seen[i].key);
		out_free(&seen[i].packed);
	}
	printf("%zu statements: %zu not parsed; of PostgreSQL's reads %zu are "
	    "reads here and %zu more than that; %zu had a shape known before\n",
	    count.all, count.unparsed, count.reads, count.more, count.hidden);
	return check_end();
}
