/*
 * ledger_rule.c: from an entry to the lines of a policy, and back.
 * An entry names its rule as "FILE:LINE duty NAME rule N". Acts with the same
 * effect, reach and columns share one rule, since a rule is a product of its
 * lists and must not allow more than was asked.
 */
#include "cli/ledger_rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "action.h"
#include "base/json.h"
#include "base/must.h"
#include "cli/ledger.h"
#include "entry/cbor.h"

#define LINES_SHOWN 12
#define FILE_NAME 128
#define ACTS_MOST 256

static void
close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* "FILE:LINE …": false when the rule has no place in a file (a built-in profile). */
static bool
read_place(struct span rule, char *name, unsigned long *line)
{
	const uint8_t *colon = rule.n ? memchr(rule.p, ':', rule.n) : NULL;
	size_t n = colon ? (size_t)(colon - rule.p) : 0;
	char digits[12] = "";
	struct span rest;

	if (n == 0 || n >= FILE_NAME || memchr(rule.p, '\0', n))
		return false;
	rest = span_skip(rule, n + 1);
	memcpy(digits, rest.p, rest.n < sizeof(digits) - 1 ? rest.n :
	    sizeof(digits) - 1);
	digits[strspn(digits, "0123456789")] = '\0';
	if (!digits[0])
		return false;
	memcpy(name, rule.p, n);
	name[n] = '\0';
	*line = strtoul(digits, NULL, 10);
	return !strstr(name, "..");
}

static FILE *
open_policy(const struct instance *instance, const char *name)
{
	char path[INSTANCE_PATH_SIZE + FILE_NAME + 16];
	FILE *file;

	if (name[0] == '/')
		return fopen(name, "re");
	snprintf(path, sizeof(path), "%s/%s", instance->policy_directory, name);
	file = fopen(path, "re");
	if (file)
		return file;
	snprintf(path, sizeof(path), "%s/policy.d/%s", instance->policy_directory,
	    name);
	return fopen(path, "re");
}

/* Spaces a line begins with; a dash that begins an item counts as one. */
static size_t
depth_of(const char *line)
{
	return strspn(line, " ");
}

static void
put_lines(struct out *out, FILE *file, const char *name, unsigned long first)
{
	char line[512];
	size_t depth = 0;

	for (unsigned long n = 1; fgets(line, sizeof(line), file); n++) {
		if (n < first)
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (n == first)
			depth = depth_of(line);
		else if (n >= first + LINES_SHOWN || (line[depth_of(line)] &&
		    depth_of(line) <= depth))
			break;
		out_printf(out, "  %s:%lu  ", name, n);
		cli_put_text(out, span_text(line), 0);
		out_u8(out, '\n');
	}
}

bool
rule_put_source(struct out *out, const struct instance *instance, struct span entry)
{
	cleanup(close_file) FILE *file = NULL;
	char name[FILE_NAME];
	unsigned long line;
	struct span rule;

	if (!entry_get_text(entry, KEY_RULE, &rule) || rule.n == 0)
		return false;
	if (!read_place(rule, name, &line))
		return true;
	file = open_policy(instance, name);
	if (!file) {
		out_printf(out, "\nThe policy's file %s cannot be read from here.\n",
		    name);
		return true;
	}
	out_printf(out, "\nThe rule, as the file has it now:\n");
	put_lines(out, file, name, line);
	return true;
}

struct one {
	struct span effect, object, columns;	/* columns: CBOR array */
	uint64_t reach;
	bool done;
};

static bool
take_act(struct span *in, struct one *one)
{
	struct cbor act, effect, object, reach;
	struct span rest = *in;

	if (!cbor_skip(in, CBOR_DEPTH) || !cbor_take(&rest, &act) ||
	    act.major != CBOR_ARRAY || act.value != 4 ||
	    !cbor_take(&rest, &effect) || !cbor_take(&rest, &object) ||
	    !cbor_take(&rest, &reach))
		return false;
	*one = (struct one){ .effect = effect.bytes, .object = object.bytes,
		.reach = reach.value, .columns = span_head(rest,
		(size_t)(in->p - rest.p)) };
	return true;
}

static void
put_list(struct out *out, struct span array)
{
	struct cbor list, item;

	if (!cbor_take(&array, &list))
		return;
	out_u8(out, '[');
	for (uint64_t i = 0; i < list.value && cbor_take(&array, &item); i++) {
		out_printf(out, i ? ", " : "");
		json_text(out, item.bytes);
	}
	out_u8(out, ']');
}

/* One rule for `first` and all later acts that differ in the object only. */
static void
put_rule(struct out *out, struct one *acts, size_t count)
{
	struct cbor columns = { 0 };
	struct span array = acts[0].columns;
	bool some = false;

	if (span_is(acts[0].effect, effect_name(EFFECT_UNKNOWN)) && acts[0].object.n == 0) {
		out_printf(out, "      # nothing: a rule for what nobody can read would allow everything\n");
		acts[0].done = true;
		return;
	}
	out_printf(out, "      - effects: [%.*s]\n", (int)acts[0].effect.n,
	    (const char *)acts[0].effect.p);
	for (size_t i = 0; i < count; i++) {
		if (acts[i].done || acts[i].reach != acts[0].reach ||
		    !span_equal(acts[i].effect, acts[0].effect) ||
		    !span_equal(acts[i].columns, acts[0].columns))
			continue;
		acts[i].done = true;
		if (acts[i].object.n == 0)
			continue;
		out_printf(out, some ? ", " : "        objects: [");
		json_text(out, acts[i].object);
		some = true;
	}
	if (some)
		out_printf(out, "]\n");
	if (cbor_take(&array, &columns) && columns.value) {
		out_printf(out, "        columns: ");
		put_list(out, acts[0].columns);
		out_u8(out, '\n');
	}
	if (acts[0].reach != REACH_NONE)
		out_printf(out, "        where: %s\n",
		    acts[0].reach == REACH_WHERE ? "present" : "absent");
	out_printf(out, "        verdict: allow\n");
}

void
rule_put_allow(struct out *out, struct span entry)
{
	struct span value, skill = SPAN("?"), target = SPAN("?");
	struct one *acts = calloc(ACTS_MOST, sizeof(*acts));
	struct cbor list = { 0 };
	size_t count = 0;

	if (acts && cbor_find(entry, KEY_ACTS, &value) && cbor_take(&value, &list))
		while (count < ACTS_MOST && count < list.value &&
		    take_act(&value, &acts[count]))
			count++;
	if (count == 0 || count != list.value) {
		out_printf(out, "  (the entry does not say what it would have done, "
		    "so no exact rule can be given)\n");
		free(acts);
		return;
	}
	(void)entry_get_text(entry, KEY_SKILL, &skill);
	(void)entry_get_text(entry, KEY_TARGET, &target);
	out_printf(out, "  duties:\n    DUTY:    # one that skill ");
	cli_put_text(out, skill, 0);
	out_printf(out, " is given on target ");
	cli_put_text(out, target, 0);
	out_printf(out, "\n      rules:\n");
	for (size_t i = 0; i < count; i++)
		if (!acts[i].done)
			put_rule(out, &acts[i], count - i);
	free(acts);
}
