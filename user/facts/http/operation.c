/*
 * operation.c: which operation of its API a request is. The closest template wins
 * (base/template.h), as OpenAPI says for its own; where two are equally close, it is
 * not known which one the server takes. HEAD is the GET of its path, where the API
 * has no HEAD of its own.
 */
#include "base/glob.h"
#include "base/template.h"
#include "facts/http/http.h"
#include "facts/http/inside.h"

struct search {
	struct span method, path;
	const struct view_operation *found;
	bool is_tied;
};

static void
look_at(struct search *search, const struct view_operation *operation)
{
	int order;

	if (!span_is(search->method, operation->method) || !template_match(operation->path, search->path))
		return;
	order = search->found ? template_compare(operation->path, search->found->path) : 1;
	search->is_tied = order == 0 || (order < 0 && search->is_tied);
	if (order > 0)
		search->found = operation;
}

static struct search
look_for(const struct explaining *explaining, struct span method)
{
	struct search search = { .method = method, .path = explaining->facts->path };

	for (size_t i = 0; i < explaining->target->operation_count; i++)
		look_at(&search, &explaining->target->operations[i]);
	return search;
}

const struct view_operation *
http_find_operation(struct explaining *explaining)
{
	struct search search = look_for(explaining, explaining->facts->method);

	if (!search.found && span_is(explaining->facts->method, "HEAD"))
		search = look_for(explaining, SPAN("GET"));
	if (search.is_tied)
		http_doubt(explaining, "two operations of the API fit it equally well");
	return search.is_tied ? NULL : search.found;
}

const struct view_operation *
http_find_named(const struct explaining *explaining, struct span name)
{
	const struct view_target *target = explaining->target;

	for (size_t i = 0; name.n <= HTTP_NAME_MOST && i < target->operation_count; i++) {
		const struct view_operation *operation = &target->operations[i];

		if (!operation->method[0] && glob_match(operation->name, name))
			return operation;
	}
	return NULL;
}
