/* ledger_words.c: entries in words, for a terminal. Nothing an entry says can steer it. */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "cli/ledger.h"
#include "entry/cbor.h"
#include "entry/entry_json.h"

#define INDENT 6

void
cli_put_text(struct out *out, struct span text, unsigned int indent)
{
	while (text.n) {
		size_t n = utf8_length(text);
		uint8_t c = text.p[0];
		bool control = c < 0x20 || c == 0x7f ||
		    (n == 2 && c == 0xc2 && text.p[1] < 0xa0);

		if (c == '\n' && indent)
			out_printf(out, "\n%*s", (int)indent, "");
		else if (n && !control)
			out_bytes(out, text.p, n);
		else
			for (size_t i = 0; i < (n ? n : 1); i++)
				out_printf(out, "\\x%02x", text.p[i]);
		text = span_skip(text, n ? n : 1);
	}
}

void
cli_put_time(struct out *out, uint64_t wall_ns)
{
	struct out text = out_new(64);

	json_time(&text, wall_ns);
	if (text.n > 10)	/* milliseconds are enough for people */
		out_printf(out, "%.*sZ", (int)text.n - 7, (const char *)text.p);
	out_free(&text);
}

void
cli_flush(struct out *out)
{
	if (out->failed)
		fprintf(stderr, "interlock: the answer is too long, and is cut\n");
	if (out->n && fwrite(out->p, 1, out->n, stdout) != out->n)
		fprintf(stderr, "interlock: the answer could not be written\n");
	fflush(stdout);
	out_clear(out);
}

void
cli_put_line(struct out *out, struct span entry, enum entry_key key,
    const char *name)
{
	struct span text;
	uint64_t value;

	if (entry_get_text(entry, key, &text)) {
		out_printf(out, "%*s%s ", INDENT, "", name);
		cli_put_text(out, text, INDENT + 2);
		out_u8(out, '\n');
	} else if (entry_get_uint(entry, key, &value)) {
		out_printf(out, "%*s%s %llu\n", INDENT, "", name,
		    (unsigned long long)value);
	}
}

static void
put_items(struct out *out, struct span entry, enum entry_key key, const char *name)
{
	struct span value;
	struct cbor list, item;

	if (!cbor_find(entry, key, &value) || !cbor_take(&value, &list) ||
	    (list.major != CBOR_ARRAY && list.major != CBOR_MAP))
		return;
	out_printf(out, "%*s%s", INDENT, "", name);
	for (uint64_t i = 0; i < list.value && cbor_take(&value, &item); i++) {
		out_printf(out, i ? ", " : " ");
		if (item.major == CBOR_TEXT || item.major == CBOR_BYTES)
			cli_put_text(out, item.bytes, 0);
		else
			out_printf(out, "null");
		if (list.major == CBOR_MAP && cbor_take(&value, &item))
			out_printf(out, " x %llu", (unsigned long long)item.value);
	}
	out_u8(out, '\n');
}

static void
put_acts(struct out *out, struct span entry)
{
	struct cbor list, act, effect, object;
	struct span value;

	if (!cbor_find(entry, KEY_ACTS, &value) || !cbor_take(&value, &list) ||
	    list.major != CBOR_ARRAY)
		return;
	out_printf(out, "%*seffects", INDENT, "");
	for (uint64_t i = 0; i < list.value; i++) {
		struct span rest = value;

		if (!cbor_take(&rest, &act) || act.value < 2 ||
		    !cbor_take(&rest, &effect) || effect.major != CBOR_TEXT ||
		    !cbor_take(&rest, &object) || object.major != CBOR_TEXT ||
		    !cbor_skip(&value, CBOR_DEPTH))
			break;
		out_printf(out, i ? ", " : " ");
		cli_put_text(out, effect.bytes, 0);
		if (object.bytes.n)
			out_u8(out, ' ');
		cli_put_text(out, object.bytes, 0);
	}
	out_u8(out, '\n');
}

static void
put_unseen(struct out *out, struct span entry)
{
	if (cli_ledger_has(entry, KEY_INSPECT, "none"))
		out_printf(out, "%*suninspected: its bytes were carried unseen\n",
		    INDENT, "");
}

/* Lines of an entry, in the order in which people ask. */
static const struct {
	enum entry_key key;
	const char *name;
} lines[] = {
	{ KEY_STARTER, "started by" }, { KEY_TARGET, "target" },
	{ KEY_DESTINATION, "dialled" }, { KEY_SERVER_NAME, "server name" },
	{ KEY_ASKED_ROLE, "asked for role" },
	{ KEY_ROLE, "role" }, { KEY_DATABASE, "database" },
	{ KEY_TEXT, "asked" }, { KEY_RULE, "rule" }, { KEY_WHY, "because" },
	{ KEY_REFUSAL, "refusal" }, { KEY_TAG, "answer" }, { KEY_ROWS, "rows" },
	{ KEY_ERROR, "error" }, { KEY_BYTES_ASKED, "bytes from the skill" },
	{ KEY_BYTES_OUT, "bytes to the skill" }, { KEY_REASON, "reason" },
	{ KEY_PERSON, "person" }, { KEY_DECISION, "decision" },
	{ KEY_SIGNED, "signature" }, { KEY_NEED, "people needed" },
	{ KEY_NAME, "name" }, { KEY_DETAIL, "detail" }, { KEY_SCOPE, "scope" },
	{ KEY_COUNT, "count" },
	{ KEY_KERNEL_FLOWS, "connections, by the kernel" },
	{ KEY_KERNEL_IN, "bytes from the skill, by the kernel" },
	{ KEY_KERNEL_OUT, "bytes to the skill, by the kernel" },
};

void
cli_put_entry(struct out *out, struct span entry)
{
	static const enum entry_key names[] = { KEY_VERDICT, KEY_SKILL,
		KEY_SESSION, KEY_FLOW, KEY_TURN, KEY_HOLD };
	uint64_t value = 0;
	struct span text;

	if (entry_get_uint(entry, KEY_WALL, &value))
		cli_put_time(out, value);
	(void)entry_get_uint(entry, KEY_KIND, &value);
	out_printf(out, "  %-10s", entry_kind_name((enum entry_kind)value));
	for (size_t i = 0; i < COUNT(names); i++)
		if (entry_get_text(entry, names[i], &text)) {
			out_u8(out, ' ');
			cli_put_text(out, text, 0);
		}
	out_u8(out, '\n');
	put_unseen(out, entry);
	for (size_t i = 0; i < COUNT(lines); i++) {
		cli_put_line(out, entry, lines[i].key, lines[i].name);
		if (lines[i].key == KEY_TEXT) {
			put_items(out, entry, KEY_VALUES, "values");
			put_acts(out, entry);
		}
	}
	put_items(out, entry, KEY_MASKED, "masked");
	put_items(out, entry, KEY_PEOPLE, "approved by");
}
