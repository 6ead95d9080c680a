/* What a runtime tells its hook, and the hook in a bundle's configuration. */
#include "cli/container.h"

#include "check.h"

#define STATE(version, status, pid, bundle) "{\"ociVersion\":\"" version "\",\"id\":\"abc\",\"status\":\"" status \
	"\",\"pid\":" pid ",\"bundle\":\"" bundle "\",\"annotations\":{\"a\":\"b\"}}"

static const struct {
	const char *name, *text, *fault;	/* NULL: it is one */
} rows[] = {
	{ "as runc says it", STATE("1.0.2-dev", "creating", "42", "/b"), NULL },
	{ "as crun says it", STATE("1.0", "created", "42", "/b"), NULL },
	{ "nothing", "", "no state" },
	{ "no object", "[]", "no state" },
	{ "two", STATE("1.0", "created", "42", "/b") "{}", "no state" },
	{ "cut", "{\"ociVersion\":\"1.0\"", "no state" },
	{ "a member twice", "{\"ociVersion\":\"1.0\",\"pid\":1,\"pid\":2}", "no state" },
	{ "another version", STATE("2.0", "created", "42", "/b"), "another version" },
	{ "no version", "{}", "another version" },
	{ "running", STATE("1.0", "running", "42", "/b"), "createRuntime" },
	{ "stopped", STATE("1.0", "stopped", "42", "/b"), "createRuntime" },
	{ "no process", STATE("1.0", "created", "0", "/b"), "no process" },
	{ "a process below 0", STATE("1.0", "created", "-1", "/b"), "no process" },
	{ "a process too large", STATE("1.0", "created", "4294967297", "/b"), "no process" },
	{ "a process as text", STATE("1.0", "created", "\"42\"", "/b"), "no process" },
	{ "no bundle", STATE("1.0", "created", "42", ""), "no bundle" },
	{ "a bundle somewhere", STATE("1.0", "created", "42", "b"), "no bundle" },
};

static void
check_states(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *why = NULL;
		struct span text = on_cliff(span_text(rows[i].text));
		json_t *request = hook_read(text, &why);

		CHECK_ROW(rows[i].name, !request == !!rows[i].fault);
		CHECK_ROW(rows[i].name, rows[i].fault ? why && strstr(why, rows[i].fault) : !why);
		CHECK_ROW(rows[i].name, !request || json_integer_value(json_object_get(request, "pid")) == 42);
		json_decref(request);
	}
}

static const struct {
	const char *name, *before, *after;	/* NULL: it is left alone */
} configs[] = {
	{ "no hooks", "{}", "{\"hooks\":{\"createRuntime\":[{\"path\":\"/i\",\"args\":[\"interlock\",\"oci-hook\"],\"timeout\":30}]}}" },
	{ "hooks of null", "{\"hooks\":null}",
	    "{\"hooks\":{\"createRuntime\":[{\"path\":\"/i\",\"args\":[\"interlock\",\"oci-hook\"],\"timeout\":30}]}}" },
	{ "others stay, behind", "{\"a\":1,\"hooks\":{\"poststop\":[{\"path\":\"/p\"}],\"createRuntime\":[{\"path\":\"/o\"}]}}",
	    "{\"a\":1,\"hooks\":{\"poststop\":[{\"path\":\"/p\"}],\"createRuntime\":[{\"path\":\"/i\",\"args\":"
	    "[\"interlock\",\"oci-hook\"],\"timeout\":30},{\"path\":\"/o\"}]}}" },
	{ "not twice", "{\"hooks\":{\"createRuntime\":[{\"path\":\"/i\",\"args\":[\"interlock\",\"oci-hook\"]}]}}",
	    "{\"hooks\":{\"createRuntime\":[{\"path\":\"/i\",\"args\":[\"interlock\",\"oci-hook\"]}]}}" },
	{ "no object", "[]", NULL },
	{ "hooks of another form", "{\"hooks\":[]}", NULL },
	{ "a list of another form", "{\"hooks\":{\"createRuntime\":{}}}", NULL },
};

static void
check_configs(void)
{
	for (size_t i = 0; i < COUNT(configs); i++) {
		json_t *config = json_loads(configs[i].before, 0, NULL);
		json_t *after = configs[i].after ? json_loads(configs[i].after, 0, NULL) : NULL;

		CHECK_ROW(configs[i].name, hook_add(config, "/i", NULL) == (configs[i].after != NULL));
		CHECK_ROW(configs[i].name, !after || json_equal(config, after));
		json_decref(config);
		json_decref(after);
	}
}

static void
check_environment(void)
{
	json_t *config = json_object(), *hook;

	CHECK(hook_add(config, "/i", "A=b"));
	hook = json_array_get(json_object_get(json_object_get(config, "hooks"), "createRuntime"), 0);
	CHECK(strcmp(json_string_value(json_array_get(json_object_get(hook, "env"), 0)), "A=b") == 0);
	json_decref(config);
}

int
main(void)
{
	check_states();
	check_configs();
	check_environment();
	return check_end();
}
