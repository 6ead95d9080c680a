/*
 * question.c: ask the server, from where the skill stands, what names mean.
 * One SELECT whose rows have six texts, the first a letter (see catalogue.c).
 * The skill may have put a schema of its own in front of pg_catalog, so every
 * function, operator, type and table here is qualified, and nothing uses an
 * operator that is looked up by name (IN, =, LIKE). Names go in as literals,
 * quotes doubled, with standard_conforming_strings on (else nobody asks).
 * Views are followed to what they stand on, tables to what they are part of;
 * views of pg_catalog and information_schema are not, so that looking at the
 * catalogue is not reading every table. A view that uses a whole row is recorded
 * by PostgreSQL with fewer columns than it shows, so there any column counts.
 */
#include "facts/sql/catalogue.h"
#include "facts/sql/function.h"

#define EQ " OPERATOR(pg_catalog.=) "
#define NE " OPERATOR(pg_catalog.<>) "
#define TEXT "::pg_catalog.text"
#define OWN_SCHEMAS \
	"(ARRAY[11::pg_catalog.oid, coalesce(pg_catalog.to_regnamespace(" \
	"'information_schema')::pg_catalog.oid, 11::pg_catalog.oid)])"
#define A_VIEW "ANY (ARRAY['v','m']::pg_catalog.\"char\"[])"
#define SCHEMA_OF(relation) \
	" JOIN pg_catalog.pg_namespace n ON n.oid" EQ relation ".relnamespace"

/*
 * A domain's values have the form of the type it is over, or of that one's; RowDescription
 * tells that type too. Only a domain is followed: what is said of recursion makes a
 * planner think that every column costs much, and compile the whole question.
 */
#define BASE_TYPE \
	"(SELECT CASE WHEN y.typbasetype" EQ "0::pg_catalog.oid THEN y.oid ELSE" \
	" (WITH RECURSIVE b(id, up) AS (SELECT y.oid, y.typbasetype UNION ALL" \
	" SELECT z.oid, z.typbasetype FROM b JOIN pg_catalog.pg_type z ON z.oid" EQ "b.up)" \
	" SELECT b.id FROM b WHERE b.up" EQ "0::pg_catalog.oid) END" \
	" FROM pg_catalog.pg_type y WHERE y.oid" EQ "a.atttypid)"

/* What is below each that was asked for; `columns` those a view uses, NULL for any of them. */
static const char walk[] =
	", walk(top, id, of_view, columns) AS ("
	"SELECT a.id, a.id, NULL::pg_catalog.bool, NULL::pg_catalog.int4[]"
	" FROM asked a WHERE a.id IS NOT NULL UNION"
	" SELECT w.top, e.up, e.of_view, e.columns FROM walk w, LATERAL ("
	"SELECT d.refobjid AS up, true AS of_view,"
	" CASE WHEN pg_catalog.bool_and(d.refobjsubid OPERATOR(pg_catalog.>) 0"
	" AND pg_catalog.strpos(r.ev_action" TEXT ", ':varattno 0 ')" EQ "0)"
	" THEN pg_catalog.array_agg(d.refobjsubid) END AS columns"
	" FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_depend d ON d.classid" EQ
	"'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid" EQ "r.oid"
	" AND d.refclassid" EQ "'pg_catalog.pg_class'::pg_catalog.regclass"
	" AND d.refobjid" NE "r.ev_class"
	" JOIN pg_catalog.pg_class v ON v.oid" EQ "r.ev_class AND v.relkind" EQ A_VIEW
	" AND v.relnamespace" NE "ALL " OWN_SCHEMAS
	" WHERE r.ev_class" EQ "w.id GROUP BY d.refobjid UNION ALL"
	" SELECT i.inhparent, false, NULL FROM pg_catalog.pg_inherits i"
	" WHERE i.inhrelid" EQ "w.id) e)"
	", tops(top) AS (SELECT DISTINCT a.id FROM asked a WHERE a.id IS NOT NULL)";

static const char relations[] =
	" SELECT 'N'" TEXT ", ws, wn, id" TEXT ", NULL" TEXT ", NULL" TEXT
	" FROM asked"
	" UNION ALL SELECT 'R', c.oid" TEXT ", n.nspname" TEXT ", c.relname"
	TEXT ", c.relkind" TEXT ", c.relhassubclass" TEXT " FROM tops t"
	" JOIN pg_catalog.pg_class c ON c.oid" EQ "t.top" SCHEMA_OF("c")
	" UNION ALL SELECT 'C', a.attrelid" TEXT ", a.attnum" TEXT ", a.attname"
	TEXT ", " BASE_TYPE TEXT ", NULL FROM tops t"
	" JOIN pg_catalog.pg_attribute a"
	" ON a.attrelid" EQ "t.top WHERE a.attnum OPERATOR(pg_catalog.>) 0"
	" AND NOT a.attisdropped"
	" UNION ALL SELECT CASE WHEN w.of_view OR t.relkind" EQ A_VIEW
	" THEN 'B' ELSE 'P' END, w.top" TEXT ", n.nspname" TEXT ", c.relname"
	TEXT ", a.attname" TEXT ", NULL FROM walk w"
	" JOIN pg_catalog.pg_class t ON t.oid" EQ "w.top"
	" JOIN pg_catalog.pg_class c ON c.oid" EQ "w.id" SCHEMA_OF("c")
	" LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid" EQ "w.id"
	" AND a.attnum" EQ "ANY (w.columns) WHERE w.of_view IS NOT NULL"
	" UNION ALL SELECT 'S', pg_catalog.current_schema()" TEXT
	", NULL, NULL, NULL, NULL";

static const char functions[] =
	" UNION ALL SELECT 'F', '', f.name" TEXT ", NULL, NULL, NULL FROM"
	" pg_catalog.unnest(ARRAY[";
static const char functions_end[] =
	"]::pg_catalog.name[]) f(name) WHERE EXISTS (SELECT FROM"
	" pg_catalog.pg_proc p WHERE p.proname" EQ "f.name"
	" AND p.pronamespace" NE "11::pg_catalog.oid"
	" AND pg_catalog.pg_function_is_visible(p.oid))";

/* Operators that only C code stands behind are an extension's: superusers made them. */
static const char operators[] =
	" UNION ALL SELECT 'O', '', f.name" TEXT ", NULL, NULL, NULL FROM"
	" pg_catalog.unnest(ARRAY[";
static const char operators_end[] =
	"]::pg_catalog.name[]) f(name) WHERE EXISTS (SELECT FROM"
	" pg_catalog.pg_operator o LEFT JOIN pg_catalog.pg_proc p ON p.oid" EQ
	"o.oprcode LEFT JOIN pg_catalog.pg_language l ON l.oid" EQ "p.prolang"
	" WHERE o.oprname" EQ "f.name AND o.oprnamespace" NE
	"11::pg_catalog.oid AND pg_catalog.pg_operator_is_visible(o.oid)"
	" AND (l.lanname IS NULL OR l.lanname" NE
	"ALL (ARRAY['c','internal']::pg_catalog.name[])))";

static void
put(struct out *out, const char *text)
{
	out_bytes(out, text, strlen(text));
}

/* A literal, quotes doubled; `times` 2 for quotes of a quoted name within. */
static void
put_literal(struct out *out, struct span text)
{
	out_u8(out, '\'');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\'')
			out_u8(out, '\'');
		out_u8(out, text.p[i]);
	}
	out_u8(out, '\'');
}

/* to_regclass('"name"'): found as the skill's search path finds it. */
static void
put_regclass(struct out *out, struct span name)
{
	put(out, "pg_catalog.to_regclass('\"");
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '\'' || name.p[i] == '"')
			out_u8(out, name.p[i]);
		out_u8(out, name.p[i]);
	}
	put(out, "\"')::pg_catalog.oid");
}

/* By schema and name; to_regclass would fail where the schema may not be used. */
static void
put_qualified(struct out *out, const struct analysis_name *name)
{
	put(out, "(SELECT c.oid FROM pg_catalog.pg_class c JOIN"
	    " pg_catalog.pg_namespace n ON n.oid" EQ "c.relnamespace WHERE ");
	if (span_is(name->schema, "pg_temp"))
		put(out, "n.oid" EQ "pg_catalog.pg_my_temp_schema()");
	else {
		put(out, "n.nspname" EQ);
		put_literal(out, name->schema);
		put(out, "::pg_catalog.name");
	}
	put(out, " AND c.relname" EQ);
	put_literal(out, name->name);
	put(out, "::pg_catalog.name)");
}

static bool
is_open(const struct sql_catalogue *c, const struct analysis_name *name)
{
	return !catalogue_is_system(name) &&
	    !catalogue_name(c, 'N', name->schema, name->name);
}

/* The analyses whose names are wanted: of the text, and of what it EXECUTEs. */
struct wanted {
	const struct sql_catalogue *catalogue;
	const struct sql_analysis *first;
};

static const struct sql_analysis *
wanted_at(const struct wanted *wanted, unsigned int n)
{
	return n ? catalogue_prepared(wanted->catalogue, wanted->first, n - 1) :
	    wanted->first;
}

static void
put_relation(const struct analysis_name *name, bool first, struct out *out)
{
	put(out, first ? "SELECT " : " UNION ALL SELECT ");
	put_literal(out, name->schema);
	put(out, TEXT ", ");
	put_literal(out, name->name);
	put(out, TEXT ", ");
	if (name->schema.n)
		put_qualified(out, name);
	else
		put_regclass(out, name->name);
}

static bool
put_relations(const struct wanted *wanted, struct out *out)
{
	const struct sql_analysis *a;
	bool any = false;

	put(out, "WITH RECURSIVE asked(ws, wn, id) AS (");
	for (unsigned int n = 0; (a = wanted_at(wanted, n)); n++)
		for (uint32_t i = 0; i < a->relation_count; i++) {
			if (!is_open(wanted->catalogue, &a->relations[i]))
				continue;
			put_relation(&a->relations[i], !any, out);
			any = true;
		}
	if (!any)
		put(out, "SELECT ''" TEXT ", ''" TEXT
		    ", NULL::pg_catalog.oid WHERE false");
	put(out, ")");
	put(out, walk);
	put(out, relations);
	return any;
}

/* Names without a schema that are not known yet, in one array. */
static bool
put_names(const struct wanted *wanted, char kind,
    const struct analysis_name *names, uint32_t n, const char *before, bool any,
    struct out *out)
{
	for (uint32_t i = 0; i < n; i++) {
		if (names[i].schema.n || catalogue_name(wanted->catalogue, kind,
		    names[i].schema, names[i].name))
			continue;
		put(out, any ? "," : before);
		put_literal(out, names[i].name);
		any = true;
	}
	return any;
}

static bool
put_functions(const struct wanted *wanted, struct out *out)
{
	const struct sql_analysis *a;
	bool any = false;

	for (unsigned int n = 0; (a = wanted_at(wanted, n)); n++) {
		any = put_names(wanted, 'F', a->functions, a->function_count,
		    functions, any, out);
		any = put_names(wanted, 'F', a->attributes, a->attribute_count,
		    functions, any, out);
	}
	if (any)
		put(out, functions_end);
	return any;
}

static bool
put_operators(const struct wanted *wanted, struct out *out)
{
	const struct sql_analysis *a;
	bool any = false;

	for (unsigned int n = 0; (a = wanted_at(wanted, n)); n++)
		any = put_names(wanted, 'O', a->operators, a->operator_count,
		    operators, any, out);
	if (any)
		put(out, operators_end);
	return any;
}

/* What SQL prepared under the name; the protocol's own names are not asked for. */
static bool
put_prepared(const struct wanted *wanted, struct out *out)
{
	if (!(wanted->first->flags & ANALYSIS_EXECUTES) ||
	    catalogue_execute_is_known(wanted->catalogue))
		return false;
	put(out, " UNION ALL SELECT 'E', s.name, s.statement, NULL, NULL, NULL"
	    " FROM pg_catalog.pg_prepared_statements s WHERE s.from_sql"
	    " AND s.name" EQ);
	put_literal(out, wanted->first->prepared);
	put(out, TEXT);
	return true;
}

bool
sql_catalogue_ask(const struct sql_catalogue *c, const struct sql_analysis *a,
    struct out *question)
{
	struct wanted wanted = { c, a };
	struct out out = out_new(question->limit);
	bool any;

	any = put_relations(&wanted, &out);
	any |= put_functions(&wanted, &out);
	any |= put_operators(&wanted, &out);
	any |= put_prepared(&wanted, &out);
	if (any && out.failed)
		question->failed = true;
	else if (any)
		out_span(question, out_view(&out));
	out_free(&out);
	return any;
}
