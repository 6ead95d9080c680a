/* hook.c: the texts that OCI runtimes exchange with their hooks. See container.h. */
#include "cli/container.h"

#include <stdbool.h>
#include <string.h>

#define HOOK_SECONDS 30

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* What is wrong with it; NULL: nothing. */
static const char *
fault_of(const json_t *state)
{
	const char *status = text_of(state, "status");
	json_int_t pid = json_integer_value(json_object_get(state, "pid"));

	if (!json_is_object(state))
		return "standard input is no state of a container (one JSON object)";
	if (strncmp(text_of(state, "ociVersion"), "1.", 2) != 0)
		return "the state is of another version than 1 of the specification";
	if (strcmp(status, "creating") != 0 && strcmp(status, "created") != 0)
		return "the container is not being created: the hook belongs under createRuntime";
	if (pid <= 0 || pid > INT32_MAX)
		return "the state names no process";
	if (!*text_of(state, "id") || *text_of(state, "bundle") != '/')
		return "the state names no container, or no bundle";
	return NULL;
}

json_t *
hook_read(struct span text, const char **why)
{
	json_t *state = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	json_t *request = NULL;

	*why = fault_of(state);
	if (!*why) {
		request = json_pack("{s:s,s:s,s:s,s:I}", "do", "oci_hook", "id", text_of(state, "id"),
		    "bundle", text_of(state, "bundle"), "pid",
		    json_integer_value(json_object_get(state, "pid")));
		*why = request ? NULL : "there is no memory";
	}
	json_decref(state);
	return request;
}

/* The member, made when it is not there. NULL: it is of another form. */
static json_t *
member(json_t *object, const char *name, json_t *(*make)(void), bool is_array)
{
	json_t *found = json_object_get(object, name);

	if (!found || json_is_null(found)) {
		json_object_set_new(object, name, make());
		found = json_object_get(object, name);
	}
	return (is_array ? json_is_array(found) : json_is_object(found)) ? found : NULL;
}

static bool
is_there(const json_t *list, const char *path)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *hook = json_array_get(list, i);
		const char *verb = json_string_value(json_array_get(json_object_get(hook, "args"), 1));

		if (strcmp(text_of(hook, "path"), path) == 0 && verb && strcmp(verb, "oci-hook") == 0)
			return true;
	}
	return false;
}

bool
hook_add(json_t *config, const char *path, const char *environment)
{
	json_t *hooks = json_is_object(config) ? member(config, "hooks", json_object, false) : NULL;
	json_t *list = hooks ? member(hooks, "createRuntime", json_array, true) : NULL;
	json_t *hook;

	if (!list)
		return false;
	if (is_there(list, path))
		return true;
	hook = json_pack("{s:s,s:[s,s],s:i}", "path", path, "args", "interlock", "oci-hook",
	    "timeout", HOOK_SECONDS);
	if (hook && environment)
		json_object_set_new(hook, "env", json_pack("[s]", environment));
	/* before what others do: from here on the container is watched */
	return hook && json_array_insert_new(list, 0, hook) == 0;
}
