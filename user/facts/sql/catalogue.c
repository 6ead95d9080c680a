/* catalogue.c: keep the server's answers about names, and find them again. */
#include "facts/sql/catalogue.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/must.h"

#define PREPARED_MAX 256	/* remembered by one flow; more are unknown */

/* A PREPARE that was sent. It stays when names are forgotten: it is only a text. */
struct prepared {
	struct prepared *next;
	struct span text;
	struct sql_analysis *analysis;
};

/* What names mean. Only ever added to, so that turns which wait for their answer
 * can share it, and keep it when the catalogue itself forgets. */
struct known {
	unsigned int users;
	size_t limit;
	bool execute_known;
	struct arena *arena;
	struct known_name *names;
	struct known_relation *relations;
	struct span schema;
};

struct sql_catalogue {
	struct prepared *prepared;
	unsigned int prepared_count;
	struct known *known;
};

static struct known *
known_new(size_t limit)
{
	struct known *known = calloc(1, sizeof(*known));

	if (!known)
		return NULL;
	known->users = 1;
	known->limit = limit;
	known->arena = arena_new(limit);
	if (!known->arena) {
		free(known);
		return NULL;
	}
	return known;
}

static void
known_drop(struct known *known)
{
	if (--known->users)
		return;
	arena_free(&known->arena);
	free(known);
}

int
sql_catalogue_new(struct sql_catalogue **out, size_t limit_bytes)
{
	struct sql_catalogue *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->known = known_new(limit_bytes);
	if (!c->known) {
		free(c);
		return -ENOMEM;
	}
	*out = c;
	return 0;
}

struct sql_catalogue *
sql_catalogue_share(struct sql_catalogue *c)
{
	struct sql_catalogue *share = calloc(1, sizeof(*share));

	if (!share)
		return NULL;
	share->known = c->known;
	share->known->users++;
	return share;
}

bool
sql_catalogue_is_same(const struct sql_catalogue *a, const struct sql_catalogue *b)
{
	return a->known == b->known;
}

void
sql_catalogue_free(struct sql_catalogue **c)
{
	struct sql_catalogue *gone = *c;

	*c = NULL;
	if (!gone)
		return;
	while (gone->prepared) {
		struct prepared *next = gone->prepared->next;

		sql_drop(&gone->prepared->analysis);
		free(gone->prepared);
		gone->prepared = next;
	}
	known_drop(gone->known);
	free(gone);
}

void
sql_catalogue_clear(struct sql_catalogue *c)
{
	struct known *known = c->known;

	if (known->users > 1) {
		c->known = known_new(known->limit);
		must(c->known);
		known_drop(known);
		return;
	}
	arena_clear(known->arena);
	known->names = NULL;
	known->relations = NULL;
	known->schema = span_of(NULL, 0);
	known->execute_known = false;
}

const struct known_name *
catalogue_name(const struct sql_catalogue *c, char kind, struct span schema,
    struct span name)
{
	const struct known_name *n = c ? c->known->names : NULL;

	while (n && !(n->kind == kind && span_equal(n->name, name) &&
	    span_equal(n->schema, schema)))
		n = n->next;
	return n;
}

const struct known_relation *
catalogue_relation(const struct sql_catalogue *c, uint32_t oid)
{
	const struct known_relation *r = c && oid ? c->known->relations : NULL;

	while (r && r->oid != oid)
		r = r->next;
	return r;
}

const struct known_column *
catalogue_column(const struct known_relation *r, struct span name)
{
	const struct known_column *column = r ? r->columns : NULL;

	while (column && !span_equal(column->name, name))
		column = column->next;
	return column;
}

struct span
sql_catalogue_schema(const struct sql_catalogue *c)
{
	return c ? c->known->schema : span_of(NULL, 0);
}

bool
catalogue_is_system(const struct analysis_name *name)
{
	return span_is(name->schema, "pg_catalog") ||
	    span_is(name->schema, "information_schema");
}

/* The relation with this OID, made if need be. NULL: no room. */
static struct known_relation *
relation_for(struct sql_catalogue *c, uint32_t oid)
{
	struct known_relation *r = c->known->relations;

	while (r && r->oid != oid)
		r = r->next;
	if (r)
		return r;
	r = arena_take(c->known->arena, sizeof(*r));
	if (!r)
		return NULL;
	r->oid = oid;
	r->next = c->known->relations;
	c->known->relations = r;
	return r;
}

/* "schema.name" in the arena; p is NULL when there is no room. */
static struct span
join(struct sql_catalogue *c, struct span schema, struct span name)
{
	uint8_t *p = arena_take(c->known->arena, schema.n + 1 + name.n);

	if (!p)
		return span_of(NULL, 0);
	memcpy(p, schema.p, schema.n);
	p[schema.n] = '.';
	memcpy(p + schema.n + 1, name.p, name.n);
	return span_of(p, schema.n + 1 + name.n);
}

static bool
read_number(struct span text, uint32_t *out)
{
	uint64_t value = 0;

	if (!text.n || text.n > 10)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		value = value * 10 + (text.p[i] - '0');
	}
	*out = (uint32_t)value;
	return value <= UINT32_MAX;
}

static struct known_name *
add_name(struct sql_catalogue *c, char kind, struct span schema, struct span name)
{
	struct known_name *n = arena_take(c->known->arena, sizeof(*n));

	if (!n)
		return NULL;
	n->kind = kind;
	n->schema = arena_copy(c->known->arena, schema);
	n->name = arena_copy(c->known->arena, name);
	if (!n->schema.p || !n->name.p)
		return NULL;
	n->next = c->known->names;
	c->known->names = n;
	return n;
}

/* N: written schema, written name, oid or null */
static bool
row_name(struct sql_catalogue *c, const struct wire_field *f)
{
	struct known_name *name;
	uint32_t oid = 0;

	if (!f[3].is_null && !read_number(f[3].bytes, &oid))
		return false;
	if (catalogue_name(c, 'N', f[1].bytes, f[2].bytes))
		return true;
	name = add_name(c, 'N', f[1].bytes, f[2].bytes);
	if (name)
		name->oid = oid;
	return name;
}

/* R: oid, schema, name, relkind, has children */
static bool
row_relation(struct sql_catalogue *c, const struct wire_field *f, uint32_t oid)
{
	struct known_relation *r = relation_for(c, oid);

	if (!r || f[4].bytes.n != 1)
		return false;
	r->object = join(c, f[2].bytes, f[3].bytes);
	r->kind = (char)f[4].bytes.p[0];
	r->has_children = span_is(f[5].bytes, "true");
	return r->object.p;
}

/* C: oid, attnum, attname, type; kept by number, each once */
static bool
row_column(struct sql_catalogue *c, const struct wire_field *f, uint32_t oid)
{
	struct known_relation *r = relation_for(c, oid);
	struct known_column **at, *column;
	uint32_t number, type;

	if (!r || !read_number(f[2].bytes, &number) || number > UINT16_MAX ||
	    !read_number(f[4].bytes, &type))
		return false;
	at = &r->columns;
	while (*at && (*at)->number < number)
		at = &(*at)->next;
	if (*at && (*at)->number == number)
		return true;
	column = arena_take(c->known->arena, sizeof(*column));
	if (!column)
		return false;
	column->number = (uint16_t)number;
	column->type = type;
	column->name = arena_copy(c->known->arena, f[3].bytes);
	column->next = *at;
	*at = column;
	return column->name.p;
}

/* B, P: oid, schema, name, column or null */
static bool
row_base(struct sql_catalogue *c, const struct wire_field *f, uint32_t oid)
{
	struct known_relation *r = relation_for(c, oid);
	struct known_base *base;

	base = r ? arena_take(c->known->arena, sizeof(*base)) : NULL;
	if (!base)
		return false;
	base->object = join(c, f[2].bytes, f[3].bytes);
	base->is_parent = span_is(f[0].bytes, "P");
	base->column = arena_copy(c->known->arena, f[4].bytes);
	if (!base->object.p || !base->column.p)
		return false;
	for (struct known_base *b = r->bases; b; b = b->next)
		if (span_equal(b->object, base->object) &&
		    span_equal(b->column, base->column))
			return true;
	base->next = r->bases;
	r->bases = base;
	return true;
}

/* F, O: schema as written, name: something outside pg_catalog can be meant */
static bool
row_shadow(struct sql_catalogue *c, const struct wire_field *f)
{
	struct known_name *name = add_name(c, (char)f[0].bytes.p[0],
	    f[1].bytes, f[2].bytes);

	if (name)
		name->shadows = true;
	return name;
}

/* E: name, text of the statement that SQL prepared under it */
static bool
row_prepared(struct sql_catalogue *c, const struct wire_field *f)
{
	return add_name(c, 'E', f[2].bytes, f[1].bytes);
}

bool
sql_catalogue_row(struct sql_catalogue *c, const struct wire_field *f,
    size_t count)
{
	uint32_t oid = 0;
	char kind;

	if (count != 6 || f[0].bytes.n != 1)
		return false;
	kind = (char)f[0].bytes.p[0];
	if (strchr("RCBP", kind) && (!read_number(f[1].bytes, &oid) || !oid))
		return false;
	switch (kind) {
	case 'N':
		return row_name(c, f);
	case 'R':
		return row_relation(c, f, oid);
	case 'C':
		return row_column(c, f, oid);
	case 'B':
	case 'P':
		return row_base(c, f, oid);
	case 'F':
	case 'O':
		return row_shadow(c, f);
	case 'E':
		return row_prepared(c, f);
	case 'S':
		c->known->schema = arena_copy(c->known->arena, f[1].bytes);
		return c->known->schema.p;
	default:
		return false;
	}
}

static void
settle(struct sql_catalogue *c, char kind, const struct analysis_name *names,
    uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!catalogue_name(c, kind, names[i].schema, names[i].name))
			add_name(c, kind, names[i].schema, names[i].name);
}

static void
settle_all(struct sql_catalogue *c, const struct sql_analysis *a)
{
	settle(c, 'N', a->relations, a->relation_count);
	settle(c, 'F', a->functions, a->function_count);
	settle(c, 'F', a->attributes, a->attribute_count);
	settle(c, 'O', a->operators, a->operator_count);
}

void
sql_catalogue_done(struct sql_catalogue *c, const struct sql_analysis *a)
{
	const struct sql_analysis *prepared;

	settle_all(c, a);
	for (unsigned int i = 0; (prepared = catalogue_prepared(c, a, i)); i++)
		settle_all(c, prepared);
	c->known->execute_known |= a->flags & ANALYSIS_EXECUTES;
}

void
sql_catalogue_sent(struct sql_catalogue *c, struct sql_analysis *a,
    struct span text)
{
	struct prepared *p;

	c->known->execute_known = false;
	for (struct known_name *n = c->known->names; n; n = n->next)
		if (n->kind == 'E')
			n->kind = 0;	/* to be said again */
	if (!(a->flags & ANALYSIS_PREPARES) || c->prepared_count == PREPARED_MAX)
		return;
	p = malloc(sizeof(*p) + text.n);
	if (!p)
		return;		/* its EXECUTE will be unknown */
	memcpy(p + 1, text.p, text.n);
	*p = (struct prepared){
		.next = c->prepared, .text = span_of(p + 1, text.n),
		.analysis = sql_hold(a),
	};
	c->prepared = p;
	c->prepared_count++;
}

bool
catalogue_execute_is_known(const struct sql_catalogue *c)
{
	return c->known->execute_known;
}

const struct sql_analysis *
catalogue_prepared(const struct sql_catalogue *c, const struct sql_analysis *a,
    unsigned int n)
{
	const struct prepared *p = c && a->flags & ANALYSIS_EXECUTES ?
	    c->prepared : NULL;

	for (; p; p = p->next)
		if (span_equal(p->analysis->prepared, a->prepared) && !n--)
			return p->analysis;
	return NULL;
}

const struct sql_analysis *
catalogue_executed(const struct sql_catalogue *c, const struct sql_analysis *a)
{
	const struct known_name *said = c && a->flags & ANALYSIS_EXECUTES &&
	    c->known->execute_known ? c->known->names : NULL;
	const struct prepared *p = said ? c->prepared : NULL;

	while (said && !(said->kind == 'E' &&
	    span_equal(said->name, a->prepared)))
		said = said->next;	/* the newest stands first */
	while (said && p && !(span_equal(p->text, said->schema) &&
	    span_equal(p->analysis->prepared, a->prepared)))
		p = p->next;
	return said && p ? p->analysis : NULL;
}
