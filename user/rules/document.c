/*
 * document.c: JSON by jansson, which refuses keys given twice; YAML by libyaml's
 * events, from which the same tree is built.
 */
#include "rules/document.h"

#include <stdio.h>
#include <yaml.h>

struct reader {
	yaml_parser_t parser;
	char *fault;
	size_t nodes;
};

static json_t *read_node(struct reader *, const yaml_event_t *, unsigned int depth);

static json_t *
refuse(struct reader *reader, yaml_mark_t mark, const char *why)
{
	if (!reader->fault[0])
		snprintf(reader->fault, DOCUMENT_FAULT, "line %zu, column %zu: %s", mark.line + 1, mark.column + 1, why);
	return NULL;
}

static bool
next_event(struct reader *reader, yaml_event_t *event)
{
	if (yaml_parser_parse(&reader->parser, event))
		return true;
	(void)refuse(reader, reader->parser.problem_mark, reader->parser.problem ? reader->parser.problem : "not YAML");
	return false;
}

static json_t *
text_of(struct reader *reader, const yaml_event_t *event)
{
	json_t *text = json_stringn((const char *)event->data.scalar.value, event->data.scalar.length);

	return text ? text : refuse(reader, event->start_mark, "not text");
}

/* One more child of a list or mapping. False: there are no more, or it cannot be read (*bad). */
static bool
read_child(struct reader *reader, yaml_event_type_t end, unsigned int depth, json_t **out, bool *bad)
{
	yaml_event_t event;
	bool is_end;

	*out = NULL;
	if (!next_event(reader, &event)) {
		*bad = true;
		return false;
	}
	is_end = event.type == end;
	if (!is_end)
		*out = read_node(reader, &event, depth);
	yaml_event_delete(&event);
	*bad = !is_end && !*out;
	return *out;
}

static json_t *
read_list(struct reader *reader, unsigned int depth)
{
	json_t *list = json_array(), *item;
	bool bad = !list;

	while (!bad && read_child(reader, YAML_SEQUENCE_END_EVENT, depth, &item, &bad))
		bad = json_array_append_new(list, item) < 0;
	if (!bad)
		return list;
	json_decref(list);
	return NULL;
}

/* A key given twice could be read either way. */
static bool
put_member(struct reader *reader, json_t *map, const json_t *key, json_t *value)
{
	const char *name = json_string_value(key);

	if (!name || json_object_get(map, name)) {
		(void)refuse(reader, reader->parser.mark, name ? "a key is given twice" : "a key is no text");
		json_decref(value);
		return false;
	}
	return json_object_set_new(map, name, value) == 0;
}

static json_t *
read_map(struct reader *reader, unsigned int depth)
{
	json_t *map = json_object(), *key = NULL, *value;
	bool bad = !map;

	while (!bad && read_child(reader, YAML_MAPPING_END_EVENT, depth, &key, &bad)) {
		if (read_child(reader, YAML_NO_EVENT, depth, &value, &bad))
			bad = !put_member(reader, map, key, value);
		json_decref(key);
	}
	if (!bad)
		return map;
	json_decref(map);
	return NULL;
}

static json_t *
read_node(struct reader *reader, const yaml_event_t *event, unsigned int depth)
{
	if (++reader->nodes > DOCUMENT_NODES || depth > DOCUMENT_DEPTH)
		return refuse(reader, event->start_mark, "too large or nested too deep");
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return text_of(reader, event);
	case YAML_SEQUENCE_START_EVENT:
		return read_list(reader, depth + 1);
	case YAML_MAPPING_START_EVENT:
		return read_map(reader, depth + 1);
	case YAML_ALIAS_EVENT:
		return json_null();
	default:
		return refuse(reader, event->start_mark, "not a document");
	}
}

/* Past the beginnings of stream and document. */
static json_t *
read_stream(struct reader *reader)
{
	json_t *root = NULL;
	yaml_event_t event;

	for (int i = 0; i < 3 && !root && next_event(reader, &event); i++) {
		if (event.type != YAML_STREAM_START_EVENT && event.type != YAML_DOCUMENT_START_EVENT)
			root = read_node(reader, &event, 0);
		yaml_event_delete(&event);
		if (reader->fault[0])
			break;
	}
	return root;
}

static json_t *
read_yaml(struct span text, char *fault)
{
	struct reader reader = { .fault = fault };
	json_t *root;

	if (!yaml_parser_initialize(&reader.parser))
		return NULL;
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, text.p, text.n);
	root = read_stream(&reader);
	yaml_parser_delete(&reader.parser);
	return root;
}

json_t *
document_read(struct span text, char *fault)
{
	json_error_t error;
	json_t *root;
	size_t at = 0;

	fault[0] = '\0';
	while (at < text.n && (text.p[at] == ' ' || text.p[at] == '\t' || text.p[at] == '\n' || text.p[at] == '\r'))
		at++;
	if (at == text.n || text.p[at] != '{') {
		root = read_yaml(text, fault);
	} else {
		root = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
		if (!root)
			snprintf(fault, DOCUMENT_FAULT, "line %d, column %d: %.100s", error.line, error.column, error.text);
	}
	if (!root && !fault[0])
		snprintf(fault, DOCUMENT_FAULT, "it cannot be read");
	return root;
}
