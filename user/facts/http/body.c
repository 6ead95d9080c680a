/*
 * body.c: the names a body has. JSON gives paths ("customer.name", "items[].card"),
 * forms their names; both are fields. What is no such body, is longer than was
 * held, or cannot be read as every server would, has names that are not known.
 */
#include "facts/http/http.h"
#include "facts/http/inside.h"

#define PATH_MOST 512	/* bytes of a name */

static enum http_form
form_of(enum json_kind kind)
{
	if (kind == JSON_IS_OBJECT || kind == JSON_IS_LIST)
		return HTTP_OPAQUE;
	return kind == JSON_IS_TEXT ? HTTP_TEXT : HTTP_OTHER;
}

/* The name of a value: that of what it is in, and its key. */
static struct span
path_of(struct explaining *explaining, const struct json_value *parent, struct span outer, struct span key)
{
	bool is_member = parent->kind == JSON_IS_OBJECT;
	size_t dot = is_member && outer.n > 0, n = outer.n + dot + (is_member ? key.n : 2);
	uint8_t *p;

	if (is_member && outer.n == 0)
		return key;
	p = n <= PATH_MOST ? http_take(explaining, n) : NULL;
	if (!p)
		return (struct span){ 0 };
	if (outer.n)
		memcpy(p, outer.p, outer.n);
	if (dot)
		p[outer.n] = '.';
	if (is_member && key.n)
		memcpy(p + outer.n + dot, key.p, key.n);
	else if (!is_member)
		memcpy(p + outer.n, "[]", 2);
	return span_of(p, n);
}

void
http_read_json(struct explaining *explaining, const struct json_tree *tree, uint32_t at, struct pairs *pairs)
{
	uint32_t end = at < tree->count ? tree->values[at].next : at;
	struct span *paths = http_take(explaining, (end - at) * sizeof(*paths));	/* of objects and lists */
	struct span *items = http_take(explaining, (end - at) * sizeof(*items));	/* of the values of a list, once made */

	if (!paths || !items || at == end)
		return;
	paths[0] = span_of("", 0);
	for (uint32_t i = at; i < end && explaining->has_memory; i++) {
		const struct json_value *value = &tree->values[i];
		uint32_t parent = value->parent - at;
		struct span path = paths[0];

		if (i > at && tree->values[value->parent].kind == JSON_IS_LIST) {
			if (!items[parent].p)
				items[parent] = path_of(explaining, &tree->values[value->parent], paths[parent], value->key);
			path = items[parent];
		} else if (i > at) {
			path = path_of(explaining, &tree->values[value->parent], paths[parent], value->key);
		}
		if (!path.p || pairs->n == HTTP_PAIRS_MOST) {
			pairs->is_open = true;
			return;
		}
		paths[i - at] = path;
		if (i == at && form_of(value->kind) == HTTP_OPAQUE)
			continue;	/* the body itself has no name */
		pairs_add(explaining, pairs, (struct http_pair){ .name = path, .form = form_of(value->kind),
		    .value = form_of(value->kind) == HTTP_OPAQUE ? span_of("", 0) : value->text });
	}
}

static void
note_fault(struct explaining *explaining, const char *fault)
{
	static const char head[] = "its body says that it is JSON, but ";
	size_t size = sizeof(head) + strlen(fault);
	char *text = http_take(explaining, size);

	if (!text)
		return;
	memcpy(text, head, sizeof(head) - 1);
	memcpy(text + sizeof(head) - 1, fault, size - sizeof(head) + 1);
	http_note(explaining, text);
}

static void
read_json(struct explaining *explaining)
{
	struct json_tree *tree = &explaining->json;
	struct pairs *fields = &explaining->pairs[HTTP_FIELD];

	if (json_read(explaining->request->body, explaining->arena, tree) < 0) {
		explaining->has_memory = false;
	} else if (tree->fault) {
		fields->is_open = true;
		note_fault(explaining, tree->fault);
	} else {
		http_read_json(explaining, tree, 0, fields);
	}
	/* frameworks give both kinds of body to the same code */
	explaining->pairs[HTTP_FORM].is_open = true;
}

static bool
has_body(const struct wire_request *request)
{
	return request->body.n > 0 || request->is_open ||
	    (request->body_length != 0 && request->body_length != UINT64_MAX);
}

/* What a form says, fields say too. */
static void
copy_form(struct explaining *explaining)
{
	const struct pairs *form = &explaining->pairs[HTTP_FORM];
	struct pairs *fields = &explaining->pairs[HTTP_FIELD];

	for (size_t i = 0; i < form->n; i++)
		pairs_add(explaining, fields, form->v[i]);
	fields->is_open |= form->is_open;
}

static void
read_length(struct explaining *explaining)
{
	const struct wire_request *request = explaining->request;
	bool is_told = request->is_open && request->body_length != UINT64_MAX;

	explaining->facts->length = is_told ? request->body_length : request->body.n;
	explaining->facts->is_longer = request->is_open && !is_told;
}

void
http_read_body(struct explaining *explaining)
{
	const struct wire_request *request = explaining->request;
	struct pairs *form = &explaining->pairs[HTTP_FORM];

	read_length(explaining);
	if (!has_body(request)) {
		explaining->media = MEDIA_NONE;
		return;
	}
	if (request->channel)
		explaining->media = request->channel == CHANNEL_TEXT ? MEDIA_JSON : MEDIA_OTHER;
	else if (effect_of_method(request->method) == EFFECT_READ)
		http_note(explaining, "it has a body, which its method has no use for");
	if (request->is_open) {
		http_note(explaining, "its body is too long to be looked through");
		form->is_open = explaining->pairs[HTTP_FIELD].is_open = true;
	} else if (explaining->media == MEDIA_JSON) {
		read_json(explaining);
	} else if (explaining->media == MEDIA_FORM) {
		http_read_urlencoded(explaining, request->body, form);
		copy_form(explaining);
	} else if (explaining->media == MEDIA_MULTIPART) {
		http_read_multipart(explaining, request->body, form);
		copy_form(explaining);
	} else {
		form->is_open = explaining->pairs[HTTP_FIELD].is_open = true;
	}
}
