/* tree.c: small words for reading libpg_query's tree. */
#include "grammar/walk.h"

struct span
tree_text(const json_t *node, const char *key)
{
	const json_t *text = json_object_get(node, key);

	return span_of(json_string_value(text), json_string_length(text));
}

struct span
tree_name(const json_t *node)
{
	return tree_text(json_object_get(node, "String"), "sval");
}

const char *
tree_kind(const json_t *node, json_t **inside)
{
	void *at = json_object_iter((json_t *)node);

	if (!at || json_object_size(node) != 1)
		return NULL;
	*inside = json_object_iter_value(at);
	return json_object_iter_key(at);
}

bool
tree_is(const json_t *node, const char *key, const char *value)
{
	return span_is(tree_text(node, key), value);
}

void
tree_names(const json_t *list, struct span *schema, struct span *name)
{
	size_t n = json_array_size(list);

	*schema = n > 1 ? tree_name(json_array_get(list, n - 2)) :
	    span_of(NULL, 0);
	*name = n ? tree_name(json_array_get(list, n - 1)) : span_of(NULL, 0);
}

static bool
same_objects(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)a, key, value)
		if (strcmp(key, "location") &&
		    !tree_same(value, json_object_get(b, key)))
			return false;
	json_object_foreach((json_t *)b, key, value)
		if (strcmp(key, "location") && !json_object_get(a, key))
			return false;
	return true;
}

bool
tree_same(const json_t *a, const json_t *b)
{
	if (!a || !b || json_typeof(a) != json_typeof(b))
		return false;
	if (json_is_object(a))
		return same_objects(a, b);
	if (!json_is_array(a))
		return json_equal(a, b);
	if (json_array_size(a) != json_array_size(b))
		return false;
	for (size_t i = 0; i < json_array_size(a); i++)
		if (!tree_same(json_array_get(a, i), json_array_get(b, i)))
			return false;
	return true;
}
