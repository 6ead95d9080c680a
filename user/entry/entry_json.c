/* entry_json.c: show an entry as one JSON object. */
#include "entry/entry_json.h"

#include <time.h>

#include "action.h"
#include "base/json.h"
#include "entry.h"
#include "entry/cbor.h"

static const char *const reaches[] = {
	[REACH_NONE] = "none", [REACH_WHERE] = "where", [REACH_ALL] = "all",
};

void
json_time(struct out *out, uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / 1000000000);
	char text[40];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm))
		return;
	out_printf(out, "%s.%09uZ", text, (unsigned int)(wall_ns % 1000000000));
}

static void value_json(struct span *in, struct out *);

static void
list_json(struct span *in, uint64_t count, struct out *out)
{
	out_u8(out, '[');
	for (uint64_t i = 0; i < count; i++) {
		if (i)
			out_u8(out, ',');
		value_json(in, out);
	}
	out_u8(out, ']');
}

static void
map_json(struct span *in, uint64_t count, struct out *out)
{
	struct cbor key;

	out_u8(out, '{');
	for (uint64_t i = 0; i < count && cbor_take(in, &key); i++) {
		if (i)
			out_u8(out, ',');
		if (key.major == CBOR_TEXT)
			json_text(out, key.bytes);
		else
			out_printf(out, "\"%llu\"", (unsigned long long)key.value);
		out_u8(out, ':');
		value_json(in, out);
	}
	out_u8(out, '}');
}

static void
hex_json(struct span bytes, struct out *out)
{
	out_u8(out, '"');
	for (size_t i = 0; i < bytes.n; i++)
		out_printf(out, "%02x", bytes.p[i]);
	out_u8(out, '"');
}

/* Any value; the entry has been checked, so that nothing here can fail. */
static void
value_json(struct span *in, struct out *out)
{
	struct cbor head;

	if (!cbor_take(in, &head))
		return;
	switch (head.major) {
	case CBOR_UINT:
		out_printf(out, "%llu", (unsigned long long)head.value);
		break;
	case CBOR_BYTES:
		hex_json(head.bytes, out);
		break;
	case CBOR_TEXT:
		json_text(out, head.bytes);
		break;
	case CBOR_ARRAY:
		list_json(in, head.value, out);
		break;
	case CBOR_MAP:
		map_json(in, head.value, out);
		break;
	case CBOR_SIMPLE:
		out_printf(out, "%s", head.value == CBOR_NULL ? "null" :
		    head.value == CBOR_TRUE ? "true" : "false");
		break;
	}
}

/* One act, [effect, object, reach, [columns]]; false: it has another shape. */
static bool
act_json(struct span *in, struct out *out)
{
	struct cbor act, effect, object, reach, columns;
	struct span rest = *in;

	if (!cbor_take(&rest, &act) || act.major != CBOR_ARRAY || act.value != 4 ||
	    !cbor_take(&rest, &effect) || effect.major != CBOR_TEXT ||
	    !cbor_take(&rest, &object) || object.major != CBOR_TEXT ||
	    !cbor_take(&rest, &reach) || reach.major != CBOR_UINT ||
	    reach.value >= COUNT(reaches))
		return false;
	*in = rest;
	if (!cbor_take(&rest, &columns) || columns.major != CBOR_ARRAY)
		return false;
	out_printf(out, "{\"effect\":");
	json_text(out, effect.bytes);
	out_printf(out, ",\"object\":");
	json_text(out, object.bytes);
	out_printf(out, ",\"reach\":\"%s\",\"columns\":", reaches[reach.value]);
	value_json(in, out);
	out_u8(out, '}');
	return true;
}

static void
acts_json(struct span *in, struct out *out)
{
	struct cbor list;

	if (!cbor_take(in, &list))
		return;
	out_u8(out, '[');
	for (uint64_t i = 0; i < list.value; i++) {
		struct span was = *in;

		if (i)
			out_u8(out, ',');
		if (!act_json(in, out)) {
			*in = was;
			value_json(in, out);
		}
	}
	out_u8(out, ']');
}

/* The values that are not shown as they are stored. */
static bool
special_json(uint64_t key, struct span *in, struct out *out)
{
	struct span rest = *in;
	struct cbor head;

	if (key == KEY_ACTS) {
		acts_json(in, out);
		return true;
	}
	if (key != KEY_KIND && key != KEY_WALL && key != KEY_EXPIRES &&
	    key != KEY_INCARNATION)
		return false;
	if (!cbor_take(&rest, &head))
		return false;
	if (key == KEY_KIND && head.value >= ENTRY_KINDS)
		return false;
	*in = rest;
	out_u8(out, '"');
	if (key == KEY_KIND)
		out_printf(out, "%s", entry_kind_name((enum entry_kind)head.value));
	else if (key == KEY_INCARNATION)
		out_printf(out, "%016llx", (unsigned long long)head.value);
	else
		json_time(out, head.value);
	out_u8(out, '"');
	return true;
}

bool
entry_json_members(struct span cbor, struct out *out)
{
	struct cbor map, key;

	if (!entry_is_formed(cbor) || !cbor_take(&cbor, &map))
		return false;
	for (uint64_t i = 0; i < map.value && cbor_take(&cbor, &key); i++) {
		const char *name = key.value < UINT16_MAX ?
		    entry_key_name((unsigned int)key.value) : NULL;

		if (name)
			out_printf(out, ",\"%s\":", name);
		else
			out_printf(out, ",\"key_%llu\":",
			    (unsigned long long)key.value);
		if (!special_json(key.value, &cbor, out))
			value_json(&cbor, out);
	}
	return true;
}

bool
entry_json(struct span cbor, struct out *out)
{
	size_t at = out->n;

	if (!entry_json_members(cbor, out))
		return false;
	if (!out->failed)
		out->p[at] = '{';	/* in place of the first comma */
	out_u8(out, '}');
	return true;
}
