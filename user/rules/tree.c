/*
 * tree.c: turns libyaml's events into nodes. One function per kind of event;
 * recursion goes no deeper than TREE_DEPTH. What only spoils one value becomes
 * NODE_BAD and reading goes on, so that all faults are told at once; what
 * spoils the rest of the file (bad syntax, a limit) ends it.
 */
#include "rules/tree.h"

#include <errno.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/must.h"

struct reader {
	yaml_parser_t parser;
	struct arena *arena;
	struct faults *faults;
	const char *file;
	size_t nodes;
	int status;
};

static struct node *read_node(struct reader *, yaml_event_t *, unsigned int);

static struct place
place_of(const struct reader *reader, yaml_mark_t mark)
{
	return (struct place){ reader->file, (unsigned int)mark.line + 1,
	    (unsigned int)mark.column + 1 };
}

/* The next event, which the caller deletes. False: the file ends here. */
static bool
next_event(struct reader *reader, yaml_event_t *event)
{
	const yaml_parser_t *parser = &reader->parser;

	if (yaml_parser_parse(&reader->parser, event))
		return true;
	reader->status = parser->error == YAML_MEMORY_ERROR ? -ENOMEM : -EINVAL;
	fault_add(reader->faults, place_of(reader, parser->problem_mark),
	    "not YAML: %s%s%s", parser->problem ? parser->problem : "unreadable",
	    parser->context ? ", " : "", parser->context ? parser->context : "");
	return false;
}

static struct node *
new_node(struct reader *reader, const yaml_event_t *event, enum node_kind kind)
{
	struct node *node;

	if (++reader->nodes > TREE_NODES) {
		fault_add(reader->faults, place_of(reader, event->start_mark),
		    "too much: found more than %d values, expected fewer",
		    TREE_NODES);
		reader->status = -EINVAL;
		return NULL;
	}
	node = arena_take(reader->arena, sizeof(*node));
	if (!node) {
		reader->status = -ENOMEM;
		return NULL;
	}
	node->kind = kind;
	node->place = place_of(reader, event->start_mark);
	node->text = "";
	return node;
}

static void
refuse_extras(struct reader *reader, const yaml_event_t *event,
    const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		fault_add(reader->faults, place_of(reader, event->start_mark),
		    "found an anchor (&%s), expected the value written out",
		    anchor);
	if (tag)
		fault_add(reader->faults, place_of(reader, event->start_mark),
		    "found a tag (%s), expected a plain value", tag);
}

/* Text that people and logs can show: no control characters but tab and newline. */
static bool
is_showable(const yaml_char_t *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((text[i] < 0x20 && text[i] != '\t' && text[i] != '\n') ||
		    text[i] == 0x7f)
			return false;
	}
	return true;
}

static struct node *
read_scalar(struct reader *reader, yaml_event_t *event)
{
	struct node *node = new_node(reader, event, NODE_SCALAR);
	const yaml_char_t *text = event->data.scalar.value;
	size_t n = event->data.scalar.length;
	struct span copy;

	if (!node)
		return NULL;
	refuse_extras(reader, event, event->data.scalar.anchor,
	    event->data.scalar.tag);
	if (n > TREE_TEXT_LIMIT || !is_showable(text, n)) {
		fault_add(reader->faults, node->place, n > TREE_TEXT_LIMIT ?
		    "text too long: expected at most 16384 bytes" :
		    "found a control character, expected text");
		node->kind = NODE_BAD;
		return node;
	}
	copy = arena_copy(reader->arena, span_of(text, n));
	if (!copy.p) {
		reader->status = -ENOMEM;
		return NULL;
	}
	node->text = (const char *)copy.p;
	node->n = n;
	node->is_nothing = n == 0 &&
	    event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return node;
}

static bool
key_is_new(struct reader *reader, const struct node *map, struct node *key)
{
	for (const struct node *value = map->first; value; value = value->next) {
		if (strcmp(value->key->text, key->text) != 0)
			continue;
		fault_add(reader->faults, key->place,
		    "found key \"%.60s\" twice, first in line %u; expected it once",
		    key->text, value->key->place.line);
		return false;
	}
	return true;
}

/* One child has been read: hang it in. False: stop reading the file. */
static bool
adopt(struct reader *reader, struct node *parent, struct node ***tail,
    struct node *key, struct node *child)
{
	if (key && key->kind != NODE_SCALAR) {
		if (key->kind != NODE_BAD)
			fault_add(reader->faults, key->place,
			    "found a list or mapping as a key, expected a word");
		return true;
	}
	if (key && !key_is_new(reader, parent, key))
		return true;
	if (key && parent->count >= TREE_MAP_LIMIT) {
		fault_add(reader->faults, key->place,
		    "found more than %d keys, expected fewer", TREE_MAP_LIMIT);
		reader->status = -EINVAL;
		return false;
	}
	child->key = key;
	**tail = child;
	*tail = &child->next;
	parent->count++;
	return true;
}

/* Read the next node, or see the end of the parent: *out is then NULL. */
static bool
read_child(struct reader *reader, yaml_event_type_t end, unsigned int depth,
    struct node **out)
{
	yaml_event_t event;
	bool ended;

	*out = NULL;
	if (!next_event(reader, &event))
		return false;
	ended = event.type == end;
	if (!ended)
		*out = read_node(reader, &event, depth);
	yaml_event_delete(&event);
	return ended || *out;
}

static struct node *
read_children(struct reader *reader, struct node *parent,
    yaml_event_type_t end, unsigned int depth)
{
	struct node **tail = &parent->first;
	struct node *key = NULL, *child;

	if (depth >= TREE_DEPTH) {
		fault_add(reader->faults, parent->place,
		    "nested too deep: expected at most %d levels", TREE_DEPTH);
		reader->status = -EINVAL;
		return NULL;
	}
	for (;;) {
		if (parent->kind == NODE_MAP) {
			if (!read_child(reader, end, depth + 1, &key))
				return NULL;
			if (!key)
				return parent;
		}
		if (!read_child(reader, end, depth + 1, &child))
			return NULL;
		if (!child)
			return parent;
		if (!adopt(reader, parent, &tail, key, child))
			return NULL;
	}
}

/* The node that `event` begins, or NULL: stop (reader->status says why). */
static struct node *
read_node(struct reader *reader, yaml_event_t *event, unsigned int depth)
{
	struct node *node;

	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(reader, event);
	case YAML_SEQUENCE_START_EVENT:
		refuse_extras(reader, event, event->data.sequence_start.anchor,
		    event->data.sequence_start.tag);
		node = new_node(reader, event, NODE_LIST);
		return node ? read_children(reader, node,
		    YAML_SEQUENCE_END_EVENT, depth) : NULL;
	case YAML_MAPPING_START_EVENT:
		refuse_extras(reader, event, event->data.mapping_start.anchor,
		    event->data.mapping_start.tag);
		node = new_node(reader, event, NODE_MAP);
		return node ? read_children(reader, node,
		    YAML_MAPPING_END_EVENT, depth) : NULL;
	case YAML_ALIAS_EVENT:
		fault_add(reader->faults, place_of(reader, event->start_mark),
		    "found an alias (*%s), expected the value written out",
		    event->data.alias.anchor);
		return new_node(reader, event, NODE_BAD);
	default:
		reader->status = -EINVAL;
		return NULL;
	}
}

/* Read events up to the root node, read it, and see that nothing follows. */
static struct node *
read_document(struct reader *reader)
{
	struct node *root = NULL;
	yaml_event_t event;

	for (bool ended = false; !ended;) {
		if (!next_event(reader, &event))
			return NULL;
		ended = event.type == YAML_STREAM_END_EVENT;
		if (event.type == YAML_DOCUMENT_START_EVENT && root) {
			fault_add(reader->faults,
			    place_of(reader, event.start_mark),
			    "found a second document, expected one");
			reader->status = -EINVAL;
		} else if (event.type == YAML_DOCUMENT_START_EVENT &&
		    event.data.document_start.tag_directives.start !=
		    event.data.document_start.tag_directives.end) {
			fault_add(reader->faults,
			    place_of(reader, event.start_mark),
			    "found a tag directive, expected none");
		} else if (event.type != YAML_STREAM_START_EVENT &&
		    event.type != YAML_DOCUMENT_START_EVENT &&
		    event.type != YAML_DOCUMENT_END_EVENT && !ended) {
			root = read_node(reader, &event, 0);
		}
		yaml_event_delete(&event);
		if (reader->status < 0)
			return NULL;
	}
	return root;
}

int
tree_read(struct arena *arena, struct span text, const char *file,
    struct faults *faults, struct node **out)
{
	struct reader reader = {
		.arena = arena, .faults = faults, .file = file,
	};
	struct place whole = { file, 1, 1 };
	struct node *root;

	if (text.n > TREE_FILE_LIMIT) {
		fault_add(faults, whole, "file too large: found %zu bytes, "
		    "expected at most %u", text.n, TREE_FILE_LIMIT);
		return -EINVAL;
	}
	if (!yaml_parser_initialize(&reader.parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, text.p, text.n);
	root = read_document(&reader);
	yaml_parser_delete(&reader.parser);
	if (reader.status < 0)
		return reader.status;
	if (!root || root->kind != NODE_MAP) {
		fault_add(faults, root ? root->place : whole,
		    "found %s, expected a mapping that begins with `version: 1`",
		    root ? "something else" : "an empty file");
		return -EINVAL;
	}
	*out = root;
	return 0;
}

const struct node *
tree_find(const struct node *map, const char *key)
{
	const struct node *value = map->kind == NODE_MAP ? map->first : NULL;

	while (value && strcmp(value->key->text, key) != 0)
		value = value->next;
	return value;
}
