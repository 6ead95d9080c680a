/* meaning.c: names as written become names as they are. */
#include "facts/sql/meaning.h"

#include "base/arena.h"

void *
meaning_grow(struct meaning *m, void *list, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 8;
	void *p, *old;

	memcpy(&old, list, sizeof(old));
	if (n < *room)
		return old;
	p = arena_take(m->scratch, more * size);
	if (!p) {
		m->failed = true;
		return NULL;
	}
	if (n)
		memcpy(p, old, n * size);
	arena_give(m->scratch, old);
	memcpy(list, &p, sizeof(p));
	*room = more;
	return p;
}

struct span
meaning_join(struct meaning *m, struct span a, struct span b, const char *end)
{
	size_t n = strlen(end);
	uint8_t *p = arena_take(m->scratch, a.n + 1 + b.n + n);

	if (!p) {
		m->failed = true;
		return a;
	}
	if (a.n)
		memcpy(p, a.p, a.n);
	p[a.n] = '.';
	if (b.n)
		memcpy(p + a.n + 1, b.p, b.n);
	memcpy(p + a.n + 1 + b.n, end, n);
	return span_of(p, a.n + 1 + b.n + n);
}

static bool
begins_with(struct span text, const char *head)
{
	return text.n >= strlen(head) && !memcmp(text.p, head, strlen(head));
}

/* Without a catalogue: public, but for what only PostgreSQL itself may be called. */
static struct span
likely_schema(const struct analysis_name *name)
{
	return begins_with(name->name, "pg_") ? SPAN("pg_catalog") :
	    SPAN("public");
}

struct span
meaning_object(struct meaning *m, uint32_t relation, bool is_new,
    const struct known_relation **known, bool *missing)
{
	const struct analysis_name *name = &m->analysis->relations[relation];
	const struct known_name *found = catalogue_name(m->catalogue, 'N',
	    name->schema, name->name);
	struct span schema = name->schema;

	*known = NULL;
	*missing = false;
	if (is_new) {
		if (!schema.n)
			schema = sql_catalogue_schema(m->catalogue);
		return meaning_join(m, schema.n ? schema : SPAN("public"),
		    name->name, "");
	}
	*known = found ? catalogue_relation(m->catalogue, found->oid) : NULL;
	if (*known && !(*known)->object.n)
		*known = NULL;
	if (*known)
		return (*known)->object;
	if (schema.n && (!m->catalogue || catalogue_is_system(name) || found)) {
		*missing = found && !catalogue_is_system(name);
		return meaning_join(m, schema, name->name, "");
	}
	if (!m->catalogue)
		return meaning_join(m, likely_schema(name), name->name, "");
	*missing = true;
	return schema.n ? meaning_join(m, schema, name->name, "") : name->name;
}

enum function_class
meaning_function(const struct meaning *m, const struct analysis_name *name,
    bool *shadowed)
{
	const struct known_name *known;

	*shadowed = false;
	if (m->catalogue && !name->schema.n) {
		known = catalogue_name(m->catalogue, 'F', name->schema,
		    name->name);
		*shadowed = !known || known->shadows;
	}
	return *shadowed ? FUNCTION_UNKNOWN :
	    function_find(name->schema, name->name);
}

bool
meaning_has_column(const struct known_relation *known, struct span name)
{
	static const char *const own[] = {
		"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid",
	};

	for (size_t i = 0; i < COUNT(own); i++)
		if (span_is(name, own[i]))
			return true;
	return catalogue_column(known, name);
}
