/*
 * graphql.c: GraphQL over HTTP. Each field that is asked of the root is an act,
 * called "query orders" or "mutation deleteOrder"; queries and subscriptions read, a
 * mutation is an update unless the policy says what it is. The fields of an act are
 * the variables; values that are written into the document leave them open.
 */
#include "facts/http/graphql.h"
#include "facts/http/inside.h"

#define NOT_SAID "its document is not here"

static void
explain_field(struct explaining *explaining, const struct graphql_document *document, const struct graphql_field *field,
    const struct pairs *variables)
{
	size_t n = document->kind.n + 1 + field->name.n;
	struct pairs *fields = http_take(explaining, sizeof(*fields));
	struct meant meant = { .fields = fields };
	const struct view_operation *operation;
	uint8_t *p = http_take(explaining, n);

	if (!p || !fields)
		return;
	memcpy(p, document->kind.p, document->kind.n);
	p[document->kind.n] = ' ';
	memcpy(p + document->kind.n + 1, field->name.p, field->name.n);
	*fields = *variables;
	fields->is_open |= field->has_literals || document->has_defaults;
	meant.operation = span_of(p, n);
	operation = http_find_named(explaining, meant.operation);
	meant.effect = operation ? operation->effect : span_is(document->kind, "mutation") ? EFFECT_UPDATE : EFFECT_READ;
	http_add_act(explaining, &meant);
}

static void
explain_document(struct explaining *explaining, struct span text, const struct pairs *variables)
{
	struct graphql_document *document = http_take(explaining, sizeof(*document));
	const char *doubt = document ? graphql_read(text, document) : NOT_SAID;

	if (doubt) {
		http_doubt(explaining, doubt);
		return;
	}
	if (span_is(document->kind, "mutation") && !span_is(explaining->facts->method, "POST"))
		http_doubt(explaining, "a mutation is a POST");
	for (size_t i = 0; i < document->field_count; i++)
		explain_field(explaining, document, &document->fields[i], variables);
}

/* {"query": …, "variables": …} */
static void
explain_json(struct explaining *explaining, uint32_t at)
{
	const struct json_tree *tree = &explaining->json;
	const struct json_value *query = json_member(tree, at, "query"), *variables = json_member(tree, at, "variables");
	struct pairs *fields = http_take(explaining, sizeof(*fields));

	if (!fields)
		return;
	if (!query || query->kind != JSON_IS_TEXT) {
		http_doubt(explaining, NOT_SAID);
		return;
	}
	if (variables)
		http_read_json(explaining, tree, (uint32_t)(variables - tree->values), fields);
	explain_document(explaining, query->text, fields);
}

static void
explain_body(struct explaining *explaining)
{
	static const struct pairs none = { .is_open = true };
	const struct json_tree *tree = &explaining->json;

	if (span_is(explaining->facts->content_type, "application/graphql") && !explaining->request->is_open)
		explain_document(explaining, explaining->request->body, &none);
	else if (tree->count && tree->values[0].kind == JSON_IS_LIST)
		for (uint32_t i = 1; i < tree->values[0].next; i = tree->values[i].next)
			explain_json(explaining, i);
	else
		explain_json(explaining, 0);
}

/* "?query=…": exactly one, or nobody knows which. */
static void
explain_query(struct explaining *explaining)
{
	static const struct pairs none = { .is_open = true };
	const struct pairs *pairs = &explaining->pairs[HTTP_QUERY];
	const struct http_pair *found = NULL;
	size_t count = 0;

	for (size_t i = 0; i < pairs->n; i++) {
		if (span_is(pairs->v[i].name, "query")) {
			found = &pairs->v[i];
			count++;
		}
	}
	if (count != 1 || pairs->is_open)
		http_doubt(explaining, NOT_SAID);
	else
		explain_document(explaining, found->value, &none);
}

static bool
has_query(const struct explaining *explaining)
{
	const struct pairs *pairs = &explaining->pairs[HTTP_QUERY];

	for (size_t i = 0; i < pairs->n; i++) {
		if (span_is(pairs->v[i].name, "query"))
			return true;
	}
	return pairs->is_open;
}

void
http_explain_graphql(struct explaining *explaining)
{
	struct meant meant = { .effect = EFFECT_UNKNOWN };

	if (span_is(explaining->facts->method, "POST") && has_query(explaining))
		http_doubt(explaining, "its document could be in its query");
	else if (span_is(explaining->facts->method, "POST"))
		explain_body(explaining);
	else if (span_is(explaining->facts->method, "GET") && explaining->media == MEDIA_NONE)
		explain_query(explaining);
	else
		http_doubt(explaining, "GraphQL has no such request");
	if (explaining->act_count == 0) {
		http_doubt(explaining, NOT_SAID);
		http_add_act(explaining, &meant);
	}
}
