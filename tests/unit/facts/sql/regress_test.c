/*
 * PostgreSQL's own regression suite, each statement with the class PostgreSQL gave
 * it. Nothing that changes or defines may be called a read. At most one in a
 * thousand reads may be called more than that without a reason (`reasons`); all of
 * them are listed by what they are called. PostgreSQL's class is "read or other":
 * the other, which begins with one of `other_words`, is counted beside.
 * Every shape, cut anywhere, must end quietly; and two statements with one shape
 * must have one analysis. Then fragments that people attack with (libinjection), in
 * three places of a query: the grammar must end with an answer, and where a
 * statement behind a semicolon changes something, the whole is no read.
 * The data is not part of the product: where it is not beside it, nothing is
 * checked, and that is said.
 */
#include <jansson.h>

#include "check.h"
#include "facts/sql/lex.h"
#include "facts/sql/say.h"
#include "facts/sql/sql.h"

#define DATA "../shared/data/pg-regress-labelled.jsonl"
#define ATTACKS "../shared/data/sqli-libinjection.txt"

static struct {
	size_t all, unparsed, reads, quiet, other, hidden, attacks;
} count;

/* What a statement begins with that is no read though PostgreSQL's class leaves it open. */
static const char *const other_words[] = {
	"abort", "analyze", "begin", "call", "checkpoint", "close", "cluster", "commit", "copy", "create", "deallocate",
	"discard", "do", "end", "execute", "listen", "load", "lock", "notify", "prepare", "refresh", "reindex", "release",
	"reset", "rollback", "savepoint", "set", "start", "unlisten", "vacuum", NULL
};
/* What a statement begins with, or has in a WITH, that changes data; and what defines. */
static const char *const change_words[] = { "delete", "insert", "merge", "update", NULL };
static const char *const define_words[] = { "alter", "create", "drop", "grant", "reindex", "revoke", "truncate", NULL };

static bool
is_one_of(struct span word, const char *const *list)
{
	for (; *list; list++)
		if (strlen(*list) == word.n && !strncasecmp(*list, (const char *)word.p, word.n))
			return true;
	return false;
}

/* Has it one of these words: at the beginning of a statement, or anywhere? */
static bool
has_word(struct span text, const char *const *list, bool anywhere)
{
	struct lex lex = { .in = text };
	struct token token;
	bool begins = true;

	while (lex_next(&lex, &token) && token.kind != TOKEN_END) {
		if (token.kind == TOKEN_WORD && (begins || anywhere) && is_one_of(token.text, list))
			return true;
		begins = token.kind == TOKEN_SELF && span_is(token.text, ";");
	}
	return false;
}

static bool
is_function(const struct act *act)
{
	return act->object.n > 2 && !memcmp(act->object.p + act->object.n - 2, "()", 2);
}

static bool
is_builtin(const struct act *act)
{
	return span_equal(span_head(act->object, 11), SPAN("pg_catalog."));
}

static bool
foreign_function(const struct act *act, struct span text)
{
	(void)text;
	return act->effect == EFFECT_UNKNOWN && is_function(act) && !is_builtin(act);
}

static bool
acting_function(const struct act *act, struct span text)
{
	(void)text;
	return is_function(act) && is_builtin(act);
}

static bool
changing_part(const struct act *act, struct span text)
{
	return (act->effect == EFFECT_INSERT || act->effect == EFFECT_UPDATE || act->effect == EFFECT_DELETE) &&
	    has_word(text, change_words, true);
}

static bool
execute_explained(const struct act *act, struct span text)
{
	static const char *const words[] = { "execute", NULL };

	return span_is(act->object, "execute") && has_word(text, words, true);
}

/* Why a read may be called more than that, and how many are. */
static struct {
	const char *name;
	bool (*is)(const struct act *, struct span text);
	size_t count;
} reasons[] = {
	{ "a function that is not PostgreSQL's own", foreign_function, 0 },
	{ "a function of PostgreSQL's that acts, or runs what it is told", acting_function, 0 },
	{ "a part that changes data", changing_part, 0 },
	{ "EXPLAIN EXECUTE, whose statement the text does not tell", execute_explained, 0 },
	{ "no reason", NULL, 0 },
};
#define NO_REASON (COUNT(reasons) - 1)

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
reason_of(const struct act *act, struct span text)
{
	size_t i = 0;

	while (reasons[i].is && !reasons[i].is(act, text))
		i++;
	return i;
}

/* Each act that is more than a read must have its reason; the statement is counted under the last of them. */
static void
count_more(const struct action *action, struct span text)
{
	size_t reason = 0;

	for (size_t i = 0; i < action->act_count; i++) {
		const struct act *act = &action->acts[i];
		size_t now;

		if (act->effect == EFFECT_READ || act->effect == EFFECT_SESSION)
			continue;
		now = reason_of(act, text);
		reason = now > reason ? now : reason;
		printf("more than a read: %s %.*s (%s)\n", effect_name(act->effect), (int)act->object.n, act->object.p,
		    reasons[now].name);
		if (now == NO_REASON)
			printf("\t%.*s\n", (int)text.n, text.p);
	}
	reasons[reason].count++;
}

static void
count_read(const struct action *action, struct span text)
{
	if (has_word(text, other_words, false)) {
		count.other++;
		return;
	}
	count.reads++;
	if (is_quiet(action))
		count.quiet++;
	else
		count_more(action, text);
}

/* PostgreSQL's classes by the strongest of our effects. */
static const char *const classes[] = { "ddl", "mod", "read_or_other" };
static size_t table[COUNT(classes)][EFFECTS];

static void
count_class(const char *class, const struct action *action)
{
	enum effect effect = EFFECT_SESSION;

	for (size_t i = 0; i < action->act_count; i++)
		if (effect == EFFECT_SESSION || effect == EFFECT_READ)
			effect = action->acts[i].effect == EFFECT_SESSION ? effect : action->acts[i].effect;
	for (size_t i = 0; i < COUNT(classes); i++)
		table[i][effect] += !strcmp(classes[i], class);
}

static void
print_table(void)
{
	for (size_t i = 0; i < COUNT(classes); i++) {
		printf("%-14s", classes[i]);
		for (enum effect effect = 0; effect < EFFECTS; effect++)
			printf(" %s %zu", effect_name(effect), table[i][effect]);
		printf("\n");
	}
	for (size_t i = 0; i < COUNT(reasons); i++)
		printf("more than a read: %4zu for %s\n", reasons[i].count, reasons[i].name);
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
	count_class(class, &action);
	if (strcmp(class, "read_or_other"))
		CHECK_ROW(sql, !is_quiet(&action));
	else
		count_read(&action, text);
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

static void
check_attack(const char *form, const char *fragment)
{
	struct arena *scratch = arena_new(64 << 20);
	struct action action = { 0 };
	struct sql_analysis *a;
	struct span text;
	char *sql;

	if (asprintf(&sql, form, fragment) < 0)
		abort();
	text = span_text(sql);
	a = analyse(text);
	if (CHECK_ROW(sql, a) && CHECK_ROW(sql, !sql_explain(a, NULL, text, scratch, &action)) && is_quiet(&action))
		CHECK_ROW(sql, !has_word(text, change_words, false) && !has_word(text, define_words, false));
	count.attacks++;
	sql_drop(&a);
	arena_free(&scratch);
	free(sql);
}

static void
check_attacks(const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;

	if (!CHECK_ROW(path, file))
		return;
	while (getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = 0;
		check_attack("SELECT name FROM users WHERE id = %s", line);
		check_attack("SELECT name FROM users WHERE login = '%s' AND active", line);
		check_attack("SELECT name FROM users WHERE (\"%s\" IS NOT NULL)", line);
	}
	free(line);
	fclose(file);
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
	check_attacks(ATTACKS);
	CHECK(count.reads > 4000);
	CHECK(reasons[NO_REASON].count * 1000 <= count.reads);
	print_table();
	printf("%zu statements, %zu not parsed; %zu had a shape known before\n", count.all, count.unparsed, count.hidden);
	printf("of %zu reads %zu are reads here, %zu more for a reason, %zu for none; %zu are others; %zu attacks\n",
	    count.reads, count.quiet, count.reads - count.quiet - reasons[NO_REASON].count, reasons[NO_REASON].count,
	    count.other, count.attacks);
	return check_end();
}
