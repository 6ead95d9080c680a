/* work.c: small things that all sections need: memory, lists, names, digests. */
#include "rules/work.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/glob.h"
#include "base/must.h"

void *
work_take(struct work *work, size_t n)
{
	void *p = arena_take(work->arena, n ? n : 1);

	if (!p)
		work->has_memory = false;
	return p;
}

const char *
work_text(struct work *work, const char *format, ...)
{
	char room[512];
	struct span copy;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(room, sizeof(room), format, arguments);
	va_end(arguments);
	copy = arena_copy(work->arena, span_text(room));
	if (!copy.p) {
		work->has_memory = false;
		return "";
	}
	return (const char *)copy.p;
}

void
list_add(struct work *work, struct list *list, void *item)
{
	if (!item)
		return;
	if (list->n == list->room) {
		size_t room = list->room ? list->room * 2 : 16;
		void **v = work_take(work, room * sizeof(*v));

		if (!v)
			return;
		if (list->n)
			memcpy(v, list->v, list->n * sizeof(*v));
		arena_give(work->arena, list->v);
		list->v = v;
		list->room = room;
	}
	list->v[list->n++] = item;
}

void *
list_find(const struct list *list, const char *name, uint32_t *index)
{
	for (size_t i = 0; i < list->n; i++) {
		struct draft *draft = list->v[i];

		if (strcmp(draft->name, name) == 0) {
			if (index)
				*index = (uint32_t)i;
			return draft;
		}
	}
	return NULL;
}

void *
list_need(struct work *work, const struct list *list, const struct node *node,
    const char *what, const char *kind, uint32_t *index)
{
	char found[SCHEMA_FOUND];
	void *draft;

	if (node->kind != NODE_SCALAR)
		return NULL;
	draft = list_find(list, node->text, index);
	if (!draft)
		fault_add(work->faults, node->place,
		    "%s: found %s, expected the name of a defined %s", what,
		    schema_found(node, found), kind);
	return draft;
}

const char **
work_texts(struct work *work, const struct node *node, size_t *count)
{
	const char **texts;

	*count = 0;
	if (!node || node->kind != NODE_LIST || node->count == 0)
		return NULL;
	texts = work_take(work, node->count * sizeof(*texts));
	if (!texts)
		return NULL;
	for (const struct node *item = node->first; item; item = item->next) {
		if (item->kind == NODE_SCALAR && item->n > 0)
			texts[(*count)++] = item->text;
	}
	return texts;
}

const char *
work_scalar(const struct node *node)
{
	return node && node->kind == NODE_SCALAR ? node->text : "";
}

void
work_no_doubles(struct work *work, const struct node *node, const char *what)
{
	size_t left = 1000;	/* longer lists are compared no further */

	for (const struct node *a = node ? node->first : NULL; a && left;
	    a = a->next, left--) {
		for (const struct node *b = node->first; b != a; b = b->next) {
			if (strcmp(a->text, b->text) != 0 || a->n == 0)
				continue;
			fault_add(work->faults, a->place,
			    "%s: found \"%.60s\" twice, expected it once",
			    what, a->text);
			break;
		}
	}
}

void
work_check_globs(struct work *work, const struct node *node, const char *what)
{
	for (const struct node *item = node ? node->first : NULL; item;
	    item = item->next) {
		if (!glob_is_valid(item->text))
			fault_add(work->faults, item->place, "%s: pattern too "
			    "long: expected at most %d bytes", what, GLOB_LIMIT);
	}
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
work_digest(const char *text, uint8_t out[32])
{
	if (strncmp(text, "sha256:", 7) == 0)
		text += 7;
	if (strlen(text) != 64)
		return false;
	for (size_t i = 0; i < 32; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* Local accounts only: asking a directory service would need the network. */
bool
work_user(const char *text, uint32_t *uid, uint32_t *gid, const char **name,
    struct work *work)
{
	struct passwd *entry;
	uint64_t number = UINT64_MAX;
	bool is_number = schema_number(text, &number) && number < UINT32_MAX;
	FILE *file;

	if (work->options->is_offline) {
		*uid = *gid = is_number ? (uint32_t)number : 65534;
		*name = text;
		return true;
	}
	file = fopen("/etc/passwd", "re");
	while (file && (entry = fgetpwent(file))) {
		if (is_number ? entry->pw_uid != number :
		    strcmp(entry->pw_name, text) != 0)
			continue;
		*uid = entry->pw_uid;
		*gid = entry->pw_gid;
		*name = work_text(work, "%s", entry->pw_name);
		fclose(file);
		return true;
	}
	if (file)
		fclose(file);
	if (!is_number)
		return false;
	*uid = *gid = (uint32_t)number;
	*name = text;
	return true;
}
