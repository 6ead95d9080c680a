/*
 * openapi.c: operations from an OpenAPI document (3.0, 3.1): each path and method,
 * below each base path of its servers. Its name is the operationId, its effect what
 * x-interlock-effect says (at the operation or at the path), or the method. What the
 * document says that cannot be a template is left out, with a warning: it is then
 * none of the operations, and so unknown.
 */
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "base/template.h"
#include "rules/document.h"
#include "rules/work.h"

#define BASES_MOST 16
#define PATH_SIZE (TEMPLATE_LIMIT + 1)
#define COVERED_MOST 16384	/* operations; no more are added: operation.c refuses as many */

struct reading {
	struct work *work;
	const struct node *at;
	const char *what;
	const json_t *root;
	struct list *to;
};

static void
release(json_t **json)
{
	json_decref(*json);
}

/* A variable of a server's URL by its default; one without is a place. */
static size_t
put_variable(const json_t *server, const char *name, size_t n, char *to, size_t size)
{
	char key[128];
	const json_t *variable;
	const char *value;

	snprintf(key, sizeof(key), "%.*s", (int)n, name);
	variable = json_object_get(json_object_get(server, "variables"), key);
	value = json_string_value(json_object_get(variable, "default"));
	return (size_t)(value ? snprintf(to, size, "%s", value) : snprintf(to, size, "{%s}", key));
}

/* The path of a server's URL, without a slash at its end. */
static bool
read_base(const json_t *server, char *base)
{
	const char *url = json_string_value(json_object_get(server, "url")), *path;
	char room[PATH_SIZE];
	size_t n = 0;

	for (const char *p = url ? url : ""; *p; p++) {
		const char *end = *p == '{' ? strchr(p, '}') : NULL;

		if (end)
			n += put_variable(server, p + 1, (size_t)(end - p) - 1, room + n, sizeof(room) - n);
		else
			room[n++] = *p;
		if (n + 1 >= sizeof(room))
			return false;
		p = end ? end : p;
	}
	room[n] = '\0';
	path = strstr(room, "://");
	path = path ? strchr(path + 3, '/') : room;
	n = path ? strcspn(path, "?#") : 0;
	while (n > 0 && path[n - 1] == '/')
		n--;
	snprintf(base, PATH_SIZE, "%.*s", (int)n, path ? path : "");
	return base[0] == '\0' || base[0] == '/';
}

static void
leave_out(const struct reading *reading, const char *method, const char *path, const char *why)
{
	fault_warn(reading->work->faults, reading->at->place, "%s: %s %.120s is left out: %s", reading->what, method, path, why);
}

static enum effect
effect_from(const struct reading *reading, const json_t *operation, const json_t *item, const char *method)
{
	const json_t *said = json_object_get(operation, "x-interlock-effect");
	enum effect effect;

	if (!said)
		said = json_object_get(item, "x-interlock-effect");
	if (!said)
		return effect_of_method(span_text(method));
	effect = json_is_string(said) ? effect_of(span_text(json_string_value(said))) : EFFECTS;
	if (effect == EFFECTS)
		fault_add(reading->work->faults, reading->at->place, "%s: x-interlock-effect: found \"%.40s\", expected an effect",
		    reading->what, json_is_string(said) ? json_string_value(said) : "no text");
	return effect == EFFECTS ? EFFECT_UNKNOWN : effect;
}

/* Below one server. */
static void
add_operation(struct reading *reading, const char *base, const char *path, const char *method, const char *name,
    enum effect effect)
{
	struct view_operation *operation;
	size_t n = strlen(path);

	while (n > 0 && path[n - 1] == '/')
		n--;
	if (strpbrk(path, "*%?#;\\") || strpbrk(base, "*%;\\")) {
		leave_out(reading, method, path, "it has a character that no template can stand for");
		return;
	}
	operation = work_take(reading->work, sizeof(*operation));
	if (!operation)
		return;
	operation->path = work_text(reading->work, "%s%.*s", base, (int)n, path);
	if (!operation->path[0])
		operation->path = "/";
	if (strlen(base) + n > 500 || !template_is_valid(operation->path)) {
		leave_out(reading, method, path, "it is no template");
		return;
	}
	operation->method = method;
	operation->name = *name ? work_text(reading->work, "%s", name) : work_text(reading->work, "%s %s", method, path);
	operation->effect = effect;
	if (reading->to->n < COVERED_MOST)
		list_add(reading->work, reading->to, operation);
}

static bool
is_earlier_base(const json_t *servers, size_t i, const char *base)
{
	char other[PATH_SIZE];

	for (size_t n = 0; n < i; n++) {
		if (read_base(json_array_get(servers, n), other) && strcmp(other, base) == 0)
			return true;
	}
	return false;
}

/* The servers closest to an operation are its own. */
static const json_t *
servers_of(const struct reading *reading, const json_t *operation, const json_t *item)
{
	const json_t *places[] = { operation, item, reading->root };

	for (size_t i = 0; i < COUNT(places); i++) {
		const json_t *servers = json_object_get(places[i], "servers");

		if (json_array_size(servers) > 0)
			return servers;
	}
	return NULL;
}

static void
read_operation(struct reading *reading, const char *path, const json_t *item, const char *method, const json_t *operation)
{
	const json_t *servers = servers_of(reading, operation, item);
	const char *name = json_string_value(json_object_get(operation, "operationId"));
	enum effect effect = effect_from(reading, operation, item, method);
	size_t count = json_array_size(servers);
	char base[PATH_SIZE];

	if (count == 0)
		add_operation(reading, "", path, method, name ? name : "", effect);
	for (size_t i = 0; i < count && i < BASES_MOST; i++) {
		if (!read_base(json_array_get(servers, i), base))
			leave_out(reading, method, path, "the URL of its server has no path that can be told");
		else if (!is_earlier_base(servers, i, base))
			add_operation(reading, base, path, method, name ? name : "", effect);
	}
}

/* What "#/components/pathItems/x" stands for; NULL: nothing in this document. */
static const json_t *
follow(const struct reading *reading, const char *reference)
{
	const json_t *at = reading->root;

	if (strncmp(reference, "#/", 2) != 0)
		return NULL;
	for (const char *p = reference + 1; at && *p == '/';) {
		size_t n = strcspn(p + 1, "/"), used = 0;
		char key[PATH_SIZE];

		for (size_t i = 0; i < n && used + 1 < sizeof(key); i++) {
			char c = p[1 + i];

			if (c == '~' && i + 1 < n) {	/* RFC 6901 section 3 */
				c = p[1 + ++i] == '1' ? '/' : '~';
			}
			key[used++] = c;
		}
		key[used] = '\0';
		at = json_object_get(at, key);
		p += 1 + n;
	}
	return at;
}

static void
read_path(struct reading *reading, const char *path, const json_t *item)
{
	static const char *const methods[][2] = {
		{ "get", "GET" }, { "put", "PUT" }, { "post", "POST" }, { "delete", "DELETE" }, { "options", "OPTIONS" },
		{ "head", "HEAD" }, { "patch", "PATCH" }, { "trace", "TRACE" },
	};
	const char *reference = json_string_value(json_object_get(item, "$ref"));

	if (reference)
		item = follow(reading, reference);
	if (!json_is_object(item)) {
		leave_out(reading, "", path, "it is not in this document");
		return;
	}
	for (size_t i = 0; i < COUNT(methods); i++) {
		const json_t *operation = json_object_get(item, methods[i][0]);

		if (json_is_object(operation))
			read_operation(reading, path, item, methods[i][1], operation);
	}
}

void
openapi_read(struct work *work, const struct node *at, const char *what, struct list *to)
{
	struct reading reading = { .work = work, .at = at, .what = what, .to = to };
	char fault[DOCUMENT_FAULT];
	json_t *root cleanup(release) = NULL;
	const char *version;
	struct span text;
	json_t *paths;

	if (!work_read_file(work, at, what, &text))
		return;
	root = document_read(text, fault);
	if (!root) {
		fault_add(work->faults, at->place, "%s: %.120s: %s", what, at->text, fault);
		return;
	}
	reading.root = root;
	version = json_string_value(json_object_get(root, "openapi"));
	paths = json_object_get(root, "paths");
	if (!version || strncmp(version, "3.", 2) != 0 || !json_is_object(paths)) {
		fault_add(work->faults, at->place, "%s: %.120s: expected an OpenAPI document of version 3.0 or 3.1 with "
		    "paths", what, at->text);
		return;
	}
	for (void *i = json_object_iter(paths); i; i = json_object_iter_next(paths, i)) {
		if (json_object_iter_key(i)[0] == '/')
			read_path(&reading, json_object_iter_key(i), json_object_iter_value(i));
	}
}
