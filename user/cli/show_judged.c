/*
 * show_judged.c: one document is made, and either printed as JSON or told in
 * lines, so that the two can never say different things.
 */
#include "cli/show_judged.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static json_t *
text_of(struct span text)
{
	json_t *json = text.n ? json_stringn((const char *)text.p, text.n) : NULL;

	return json ? json : json_string(text.n ? "?" : "");
}

static json_t *
list_masks(const struct rules *rules, uint64_t masks)
{
	json_t *list = json_array();

	for (size_t i = 0; i < rules->worker.mask_count; i++) {
		if (masks >> i & 1)
			json_array_append_new(list,
			    json_string(rules->worker.masks[i].name));
	}
	return list;
}

static json_t *
list_acts(const struct action *action)
{
	static const char *const reaches[] = { "", "where", "all" };
	json_t *list = json_array();

	for (size_t i = 0; i < action->act_count; i++) {
		const struct act *act = &action->acts[i];
		json_t *columns = json_array();

		for (size_t c = 0; c < act->column_count; c++)
			json_array_append_new(columns, text_of(act->columns[c]));
		json_array_append_new(list, json_pack("{s:s,s:o,s:s,s:o,s:o}",
		    "effect", effect_name(act->effect),
		    "object", text_of(act->object),
		    "reach", reaches[act->reach],
		    "columns", columns, "note", text_of(act->note)));
		if (act->http)
			json_object_update_new(json_array_get(list, i), json_pack("{s:o,s:o,s:o}",
			    "method", text_of(act->http->method), "host", text_of(act->http->host),
			    "operation", text_of(act->http->operation)));
	}
	return list;
}

static json_t *
list_fields(const struct rules *rules, const struct judged *judged)
{
	json_t *list = json_array();

	for (size_t i = 0; i < judged->action.field_count; i++) {
		const struct field *field = &judged->action.fields[i];
		json_t *origins = json_array();

		for (size_t o = 0; o < field->origin_count; o++) {
			const struct origin_column *from = &field->origins[o];
			char name[512];

			snprintf(name, sizeof(name), "%.*s.%.*s",
			    from->relation.n ? (int)from->relation.n : 1,
			    from->relation.n ? (const char *)from->relation.p : "*",
			    from->column.n ? (int)from->column.n : 1,
			    from->column.n ? (const char *)from->column.p : "*");
			json_array_append_new(origins, json_string(name));
		}
		json_array_append_new(list, json_pack("{s:o,s:o,s:o}",
		    "name", text_of(field->name), "from", origins, "masks",
		    list_masks(rules, judge_field_masks(rules, judged, i))));
	}
	return list;
}

static json_t *
document(const struct rules *rules, const struct judged *judged)
{
	static const char *const answers[HOLD_ANSWERS] = { "wait", "events", "retry", "retry-202" };
	const struct verdict *verdict = &judged->verdict;
	json_t *json = json_pack("{s:s,s:o,s:o,s:o,s:o,s:o}",
	    "verdict", verdict_name(verdict->kind),
	    "rule", text_of(verdict->where), "why", text_of(verdict->why),
	    "acts", list_acts(&judged->action),
	    "fields", list_fields(rules, judged),
	    "masks", list_masks(rules, verdict->masks));

	if (verdict->row_limit)
		json_object_set_new(json, "rows",
		    json_integer((json_int_t)verdict->row_limit));
	if (verdict->kind == VERDICT_HOLD &&
	    verdict->approvers < rules->broker.approver_count)
		json_object_set_new(json, "hold", json_pack("{s:s,s:i,s:i,s:i,s:s}",
		    "approvers", rules->broker.approvers[verdict->approvers].name,
		    "need", (int)verdict->need, "expires_s",
		    (int)verdict->expires_s, "retry_s", (int)verdict->retry_s,
		    "answer", answers[verdict->answer]));
	return json;
}

static void
say_list(const char *before, const json_t *list)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
		printf("%s%s", i ? ", " : before, json_string_value(item));
}

static const char *
member(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text ? text : "";
}

static void
say_acts(const json_t *acts)
{
	size_t i;
	json_t *act;

	json_array_foreach(acts, i, act) {
		const char *reach = member(act, "reach"), *operation = member(act, "operation");
		const char *method = member(act, "method");

		printf("  %-8s %s%s%s%s%s%s", member(act, "effect"), method, *method ? " " : "", member(act, "object"),
		    *operation ? ", operation " : "", operation,
		    *reach == 'a' ? ", all rows" :
		    *reach == 'w' ? ", by a WHERE" : "");
		say_list(" (", json_object_get(act, "columns"));
		printf("%s%s%s\n", json_array_size(json_object_get(act,
		    "columns")) ? ")" : "", *member(act, "note") ? ": " : "",
		    member(act, "note"));
	}
}

static void
say_fields(const json_t *fields)
{
	bool is_masked = false;
	size_t i;
	json_t *field;

	json_array_foreach(fields, i, field) {
		is_masked |= json_array_size(json_object_get(field, "masks")) > 0;
		printf("  %-16s", member(field, "name"));
		say_list(" from ", json_object_get(field, "from"));
		say_list("; masked by ", json_object_get(field, "masks"));
		putchar('\n');
	}
	if (is_masked)
		printf("  (what is computed from a masked column is redacted, whatever the mask's way)\n");
}

static void
say(const json_t *json)
{
	const json_t *hold = json_object_get(json, "hold");

	printf("verdict: %s\nwhy: %s\n", member(json, "verdict"),
	    member(json, "why"));
	if (*member(json, "rule"))
		printf("rule: %s\n", member(json, "rule"));
	if (hold)
		printf("hold: %d of %s, for %d s\n", (int)json_integer_value(
		    json_object_get(hold, "need")), member(hold, "approvers"),
		    (int)json_integer_value(json_object_get(hold, "expires_s")));
	printf("effects:\n");
	say_acts(json_object_get(json, "acts"));
	if (json_array_size(json_object_get(json, "fields"))) {
		printf("columns of the answer:\n");
		say_fields(json_object_get(json, "fields"));
	}
	if (json_array_size(json_object_get(json, "masks"))) {
		say_list("masks on the answer (their detectors look at every "
		    "value): ", json_object_get(json, "masks"));
		putchar('\n');
	}
}

void
show_judged(const struct rules *rules, const struct judged *judged, bool as_json)
{
	json_t *json = document(rules, judged);
	char *text = as_json ? json_dumps(json, JSON_COMPACT) : NULL;

	if (text)
		puts(text);
	else
		say(json);
	free(text);
	json_decref(json);
}
