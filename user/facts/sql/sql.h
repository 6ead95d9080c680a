/*
 * sql.h: what PostgreSQL statements mean.
 * Pure. The worker lexes a statement to its shape and looks it up; a new shape
 * goes to the grammar process, whose answer (MSG_ANALYSIS) is put in the cache.
 * The analysis has names as written; the catalogue, asked on the skill's own
 * upstream flow, says what they are from where the skill stands; together they
 * make the action. Analyses are shared by flows; catalogues belong to one.
 */
#ifndef FACTS_SQL_SQL_H
#define FACTS_SQL_SQL_H

#include "action.h"
#include "out.h"
#include "span.h"
#include "wire.h"

struct arena;
struct sql_cache;
struct sql_analysis;	/* opaque, counted; good while held */
struct sql_catalogue;

#define SQL_TEXT_LIMIT (256u << 10)	/* longer statements are unknown */

/* ---- shapes and analyses (one cache per worker) ---------------------- */

int sql_cache_new(struct sql_cache **out, size_t entries);
void sql_cache_free(struct sql_cache **);
/*
 * The analysis of `text` if its shape is known: a reference the caller gives
 * back with sql_drop(). NULL: not known; ask the grammar with exactly `text` and
 * give its answer to sql_learn(). Literals that carry meaning stay in the key.
 */
struct sql_analysis *sql_look(struct sql_cache *, struct span text);
/* Take the grammar's packed answer for `text`. Returns a reference, or NULL: not well formed or no memory.
 * An answer of "cannot parse" is an analysis too: one act of effect unknown. */
struct sql_analysis *sql_learn(struct sql_cache *, struct span text, struct span packed);
/* For what cannot be asked at all (too long, not UTF-8, standard_conforming_strings off): unknown. */
struct sql_analysis *sql_unknown(const char *why);
struct sql_analysis *sql_hold(struct sql_analysis *);
void sql_drop(struct sql_analysis **);

/* ---- what an analysis says of itself --------------------------------- */

struct sql_nature {
	bool begins, ends;	/* a transaction block; ends: COMMIT, ROLLBACK, PREPARE TRANSACTION */
	bool commits;		/* ends it and makes it last */
	bool moves_names;	/* may change what names mean: DDL, SET, set_config, ROLLBACK, DISCARD, unknown */
	bool is_changing;	/* any effect but read and session */
	bool is_copy_in, is_copy_out;
	unsigned int statements;
};
struct sql_nature sql_nature(const struct sql_analysis *);
/* How rows of its COPY … TO STDOUT are written. Good while the analysis is held. */
const struct wire_copy *sql_copy_form(const struct sql_analysis *);

/*
 * Giving a setting a value, at the login or by SET: its effect. Who one is decides
 * what one may do, so that of `role` and `session_authorization` is grant.
 * sql_setting_act() makes the act of a name as a client wrote it, in any case, with
 * '-' for '_' (as PostgreSQL's ParseLongOption() reads it). False: no memory.
 */
enum effect sql_setting_effect(struct span name);
bool sql_setting_act(struct span name, struct arena *scratch, struct act *out);

/* A bound value in binary form as people write it, for the record. False: not a type or form known here. */
bool sql_bound_text(uint32_t type, struct span binary, struct out *);

/* ---- names ----------------------------------------------------------- */

int sql_catalogue_new(struct sql_catalogue **out, size_t limit_bytes);
void sql_catalogue_free(struct sql_catalogue **);
/* What is known now, for a turn that waits for its answer: it stays as it is when
 * the catalogue forgets. Freed like any other. NULL: no memory. */
struct sql_catalogue *sql_catalogue_share(struct sql_catalogue *);
/* Do both know the same? True only as long as neither forgets. */
bool sql_catalogue_is_same(const struct sql_catalogue *, const struct sql_catalogue *);
/* Forget everything (a name may mean something else now). */
void sql_catalogue_clear(struct sql_catalogue *);
/*
 * Write the one question (a SELECT without parameters, hostile search paths
 * minded: all operators and functions qualified with pg_catalog) that answers
 * which names of `analysis` are not yet known. False: all are known, nothing written.
 * Each call to sql_catalogue_row takes one row of the answer, as text values.
 */
bool sql_catalogue_ask(const struct sql_catalogue *, const struct sql_analysis *, struct out *question);
bool sql_catalogue_row(struct sql_catalogue *, const struct wire_field *fields, size_t count);
/* The answer is complete: names asked for and not answered do not exist. */
void sql_catalogue_done(struct sql_catalogue *, const struct sql_analysis *);

/* The schema that unqualified names are made in, as the server said; empty: not asked yet. */
struct span sql_catalogue_schema(const struct sql_catalogue *);

/*
 * To be called with every ask that is sent upstream on this flow; only a PREPARE
 * (of SQL) is remembered, so that its EXECUTE can be judged as what it runs. The
 * server is asked what the name stands for; without this call, or when its
 * answer is another text, EXECUTE is unknown.
 */
void sql_catalogue_sent(struct sql_catalogue *, struct sql_analysis *, struct span text);

/* ---- meaning --------------------------------------------------------- */

/*
 * Write the action (acts, syntactic fields, text) with memory from `scratch`.
 * A relation that does not exist is kept under its written name with note "does
 * not exist"; a view adds reads of its base relations; a function that is not
 * known harmless, or is shadowed outside pg_catalog, is unknown.
 * `catalogue` NULL (for `policy explain`): unqualified names are taken as public.NAME.
 * Returns 0 or -ENOMEM.
 */
int sql_explain(const struct sql_analysis *, const struct sql_catalogue *,
    struct span text, struct arena *scratch, struct action *out);
/*
 * For each announced column, the base columns it derives from: by the table OID
 * and number where the server tells them, else by the syntax tree. is_untraced
 * set where neither can say. out[] has `count` elements, compatible with
 * mask_plan_new. Returns 0 or -ENOMEM.
 */
struct mask_column;
int sql_lineage(const struct sql_analysis *, const struct sql_catalogue *,
    const struct wire_column *, size_t count, struct arena *scratch, struct mask_column *out);
/* The relations read (with bases of views), for mask_plan_new. */
int sql_relations(const struct sql_analysis *, const struct sql_catalogue *,
    struct arena *scratch, const struct span **out, size_t *count);

/* ---- the shape itself (for tests and fuzzing) ------------------------- */

/* Write the cache key of `text`: tokens with literals replaced unless they carry meaning. False: cannot be lexed. */
bool sql_shape(struct span text, struct out *key);

#endif
