/* json.c: just enough of RFC 8259 to put something else into a JSON text. */
#include "mask/json.h"

static bool
walk_one(struct json_place *place, uint8_t c)
{
	if (place->escape) {
		place->escape = place->escape == 1 && c == 'u' ? 5 : place->escape;
		place->escape--;
		return false;
	}
	if (place->in_string && c == '\\') {
		place->escape = 1;
		return false;
	}
	if (c != '"')
		return false;
	place->in_string = !place->in_string;
	return true;
}

bool
json_walk(struct json_place *place, struct span text)
{
	bool turned = false;

	for (size_t i = 0; i < text.n; i++)
		turned |= walk_one(place, text.p[i]);
	return turned;
}

/* What may stand beside a value: structure, space, or the end. */
static bool
is_beside(struct span text, size_t at)
{
	return at >= text.n || (text.p[at] && strchr("[]{},: \t\r\n", text.p[at]));
}

bool
json_is_token(struct span text, size_t at, size_t end)
{
	return (at == 0 || is_beside(text, at - 1)) && is_beside(text, end);
}
