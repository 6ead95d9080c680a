/*
 * operation.c: what a target of HTTP has besides: which API is spoken on top of it,
 * its operations, as they are listed or as a document of the API has them, and what
 * becomes of answers that cannot be looked into.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/template.h"
#include "rules/document.h"
#include "rules/source.h"
#include "rules/work.h"

#define OPERATIONS_MOST 8192	/* of a target */

const char *const api_words[] = { "rest", "json-rpc", "graphql", "mcp", "s3", "grpc", NULL };
const char *const unparsable_words[] = { "refuse", "redact", NULL };
_Static_assert(APIS == 6 && UNPARSABLES == 2, "a word each");
static const char *const effect_words[] = {
	"read", "insert", "update", "delete", "define", "grant", "call", "export", "session", "unknown", NULL
};
_Static_assert(COUNT(effect_words) == EFFECTS + 1, "a word per effect");

struct draft_operation {
	const struct node *name, *method, *path;
	uint32_t effect;
};

#define AT(name) offsetof(struct draft_operation, name)
static const struct key operation_keys[] = {
	{ "name", SHAPE_TEXT, AT(name), true, 0, 0, NULL },
	{ "method", SHAPE_TEXT, AT(method), false, 0, 0, NULL },
	{ "path", SHAPE_TEXT, AT(path), false, 0, 0, NULL },
	{ "effect", SHAPE_WORD, AT(effect), false, 0, 0, effect_words },
};

/* What only HTTP has, and what HTTP has not. */
void
operations_check(struct work *work, const struct draft_target *target, const struct node *entry, const char *what)
{
	static const char *const keys[] = { "api", "operations", "openapi", "descriptors", "unparsable" };
	bool is_http = target->protocol == PROTOCOL_HTTP, is_seen = target->inspect == INSPECT_FULL;

	for (size_t i = 0; i < COUNT(keys); i++) {
		const struct node *value = tree_find(entry, keys[i]);

		if (value && !(is_http && is_seen))
			fault_add(work->faults, value->key->place, "%s: found %s with %s, expected it with protocol http%s",
			    what, keys[i], is_http ? "inspect none" : protocol_words[target->protocol],
			    is_http ? " that is inspected" : "");
	}
	if (is_http && target->login)
		fault_add(work->faults, target->login->key->place, "%s: found login with http, expected none: "
		    "nobody logs in to it", what);
	if (target->openapi && target->api != API_REST)
		fault_add(work->faults, target->openapi->key->place, "%s: found openapi with api %s, expected it with rest",
		    what, api_words[target->api]);
	if (is_http && is_seen && !target->descriptors != (target->api != API_GRPC))
		fault_add(work->faults, target->descriptors ? target->descriptors->key->place : entry->place, target->descriptors ?
		    "%s: found descriptors with api %s, expected them with grpc" : "%s: found api %s without descriptors, expected "
		    "them: the output of protoc --descriptor_set_out --include_imports", what, api_words[target->api]);
}

bool
work_read_file(struct work *work, const struct node *at, const char *what, struct span *out)
{
	const char *path = at->text[0] == '/' ? at->text : work_text(work, "%s/%s", work->directory, at->text);
	int status = source_read_file(work->arena, path, DOCUMENT_LIMIT, out);

	if (status == 0)
		status = source_add_digest(work->rules->digest, at->text, *out);
	if (status == -ENOMEM)
		work->has_memory = false;
	else if (status < 0)
		fault_add(work->faults, at->place, "%s: %.120s cannot be read: %s; expected a file of at most %u bytes", what,
		    path, strerror(-status), DOCUMENT_LIMIT);
	return status == 0;
}

static bool
is_method(const char *text)
{
	return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == strlen(text);
}

static void
check_operation(struct work *work, const struct draft_target *target, const struct draft_operation *draft,
    const struct node *item, const char *what)
{
	bool is_rest = target->api == API_REST;

	if (is_rest && !(draft->method && draft->path))
		fault_add(work->faults, item->place, "%s: found no method or no path, expected both", what);
	if (!is_rest && (draft->method || draft->path || !tree_find(item, "effect")))
		fault_add(work->faults, item->place, "%s: expected name and effect only: api %s names its operations itself",
		    what, api_words[target->api]);
	if (!is_rest && !glob_is_valid(draft->name->text))
		fault_add(work->faults, draft->name->place, "%s: name: too long, expected at most %d bytes", what, GLOB_LIMIT);
	if (draft->method && !is_method(draft->method->text))
		fault_add(work->faults, draft->method->place, "%s: method: found \"%.40s\", expected one in capitals, like GET",
		    what, draft->method->text);
	if (draft->path && !template_is_valid(draft->path->text))
		fault_add(work->faults, draft->path->place, "%s: path: found \"%.80s\", expected one like /orders/{id} "
		    "without a / at its end", what, draft->path->text);
}

static void
build_listed(struct work *work, const struct draft_target *target, const struct node *item, const char *what,
    struct list *to)
{
	struct draft_operation draft = { .effect = EFFECTS };
	struct view_operation *operation = work_take(work, sizeof(*operation));

	if (!schema_read(work->faults, item, what, operation_keys, COUNT(operation_keys), &draft) || !operation)
		return;
	check_operation(work, target, &draft, item, what);
	operation->name = work_scalar(draft.name);
	operation->method = work_scalar(draft.method);
	operation->path = work_scalar(draft.path);
	operation->effect = draft.effect != EFFECTS ? (enum effect)draft.effect :
	    effect_of_method(span_text(operation->method));
	list_add(work, to, operation);
}

/* The template without the names of its places: two of one shape match the same paths. */
static const char *
shape_of(struct work *work, const struct view_operation *operation)
{
	char room[TEMPLATE_LIMIT + 64];
	size_t n = 0;
	bool is_inside = false;

	for (const char *p = operation->method; *p && n < 48; p++)
		room[n++] = *p;
	room[n++] = ' ';
	for (const char *p = operation->path; *p && n + 1 < sizeof(room); p++) {
		if (!is_inside || *p == '}')
			room[n++] = *p;
		is_inside = *p == '{' || (is_inside && *p != '}');
	}
	room[n] = '\0';
	return (const char *)arena_copy(work->arena, span_of(room, n)).p;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
check_shapes(struct work *work, const struct draft_target *draft, const struct list *list, const char *what)
{
	const char **shapes = work_take(work, list->n * sizeof(*shapes));
	const struct node *at = draft->operations ? draft->operations : draft->openapi;

	for (size_t i = 0; shapes && i < list->n; i++) {
		shapes[i] = shape_of(work, list->v[i]);
		if (!shapes[i]) {
			work->has_memory = false;
			return;
		}
	}
	if (!shapes || !at || draft->api != API_REST || list->n == 0)
		return;
	qsort(shapes, list->n, sizeof(*shapes), by_text);
	for (size_t i = 1; i < list->n; i++) {
		if (strcmp(shapes[i - 1], shapes[i]) == 0)
			fault_add(work->faults, at->place, "%s: found two operations for %.200s, expected one", what, shapes[i]);
	}
}

void
operations_build(struct work *work, const struct draft_target *draft, const char *what, struct view_target *target)
{
	const struct node *listed = draft->operations ? draft->operations->first : NULL;
	struct list found = { 0 };
	size_t count = 0;

	target->api = (enum view_api)draft->api;
	target->unparsable = (enum view_unparsable)draft->unparsable;
	target->is_closed = draft->openapi || draft->descriptors;
	for (const struct node *item = listed; item; item = item->next)
		build_listed(work, draft, item, work_text(work, "%s: operation %zu", what, ++count), &found);
	if (draft->openapi)
		openapi_read(work, draft->openapi, work_text(work, "%s: openapi", what), &found);
	if (draft->descriptors)
		descriptors_read(work, draft->descriptors, work_text(work, "%s: descriptors", what), &target->schema);
	if (found.n > OPERATIONS_MOST) {
		fault_add(work->faults, draft->draft.at->place, "%s: found %zu operations, expected at most %d", what, found.n,
		    OPERATIONS_MOST);
		return;
	}
	check_shapes(work, draft, &found, what);
	target->operations = work_take(work, found.n * sizeof(*target->operations));
	for (size_t i = 0; target->operations && i < found.n; i++)
		target->operations[target->operation_count++] = *(struct view_operation *)found.v[i];
}
