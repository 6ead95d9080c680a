/*
 * surroundings.c: names, trust and environment of a skill.
 * One hosts file for all of them: every registered name with its registered
 * addresses, but for those that DNS is asked for, which the resolver answers. It is
 * bound into each skill and therefore rewritten in place, never replaced, in an
 * order in which no reader finds it empty. Bundles of authorities are seen to when
 * it has its mounts (lay.c); here is what only the environment can say: where a
 * program looks that has its authorities within. What the caller set stands.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"
#include "hooks/loader.h"
#include "out.h"
#include "roots/roots.h"
#include "view.h"

#define HOSTS_MOST (1u << 20)
#define ENV_MOST 4096

static bool
is_host_name(const char *name)
{
	struct in6_addr any;

	if (!*name || strlen(name) > 253 || *name == '-' ||
	    strcasecmp(name, "localhost") == 0)
		return false;
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(".-_", *p))
			return false;
	return inet_pton(AF_INET, name, &any) != 1;
}

static bool
is_nowhere(const uint8_t ip[16])
{
	static const uint8_t none[16], none4[16] = {
		[10] = 0xff, [11] = 0xff };

	return memcmp(ip, none, 16) == 0 || memcmp(ip, none4, 16) == 0;
}

static void
put_address(struct out *out, const uint8_t ip[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[INET6_ADDRSTRLEN];

	if (memcmp(ip, mapped, sizeof(mapped)) == 0)
		inet_ntop(AF_INET, ip + 12, text, sizeof(text));
	else
		inet_ntop(AF_INET6, ip, text, sizeof(text));
	out_printf(out, "%s", text);
}

static bool
is_first(const struct view_target *target, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (memcmp(target->addresses[j].ip, target->addresses[i].ip,
		    16) == 0)
			return false;
	return !is_nowhere(target->addresses[i].ip);
}

static void
put_target(struct out *out, const struct view_target *target)
{
	size_t names = 0;

	for (size_t i = 0; !target->is_learned && i < target->host_count; i++)
		names += is_host_name(target->hosts[i]);
	for (size_t i = 0; names && i < target->address_count; i++) {
		if (!is_first(target, i))
			continue;
		put_address(out, target->addresses[i].ip);
		for (size_t j = 0; j < target->host_count; j++)
			if (is_host_name(target->hosts[j]))
				out_printf(out, " %s", target->hosts[j]);
		out_u8(out, '\n');
	}
}

static void
put_hosts(struct out *out, const struct view_loader *view)
{
	char self[254] = "";

	out_printf(out, "127.0.0.1 localhost\n::1 localhost ip6-localhost\n");
	if (gethostname(self, sizeof(self) - 1) == 0 && is_host_name(self))
		out_printf(out, "127.0.1.1 %s\n", self);
	for (size_t i = 0; view && i < view->target_count; i++)
		put_target(out, &view->targets[i]);
}

int
surroundings_hosts(const struct loader *loader)
{
	struct out out cleanup(out_free) = out_new(HOSTS_MOST);
	int fd cleanup(close_fd) = -1;
	char path[LOADER_PATH];

	put_hosts(&out, loader->view);
	if (out.failed)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%s/hosts",
	    loader->instance.run_directory);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	if (fchmod(fd, 0644) < 0 ||
	    pwrite(fd, out.p, out.n, 0) != (ssize_t)out.n ||
	    ftruncate(fd, (off_t)out.n) < 0)
		return errno ? -errno : -EIO;
	return 0;
}

bool
surroundings_node(const struct loader *loader, char *from, char *to, size_t size)
{
	snprintf(from, size, "%s/ca.pem", loader->instance.state_directory);
	snprintf(to, size, "%s/ca.pem", loader->instance.run_directory);
	return access(from, R_OK) == 0;
}

/* ---- environment ------------------------------------------------------ */

struct environment {
	char **list;
	size_t n, room;
	bool failed;
};

static void __attribute__((format(printf, 3, 4)))
env_put(struct environment *env, const char *name, const char *format, ...)
{
	size_t n = strlen(name);
	va_list args;
	char *value, *text;

	va_start(args, format);
	if (vasprintf(&value, format, args) < 0)
		value = NULL;
	va_end(args);
	if (!value || asprintf(&text, "%s=%s", name, value) < 0)
		text = NULL;
	free(value);
	if (!text) {
		env->failed = true;
		return;
	}
	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->list[i], text, n + 1) == 0) {
			free(env->list[i]);
			env->list[i] = text;
			return;
		}
	if (env->n + 1 >= env->room) {
		free(text);
		env->failed = true;
		return;
	}
	env->list[env->n++] = text;
	env->list[env->n] = NULL;
}

/* The dynamic linker's settings would decide what the skill's code is. */
static bool
may_pass(const char *text)
{
	return strncmp(text, "LD_", 3) != 0 && *text != '=' &&
	    strchr(text, '=');
}

static void
put_caller(struct environment *env, const json_t *caller)
{
	const char *name;
	json_t *item;
	size_t i;

	json_array_foreach(caller, i, item) {
		const char *text = json_string_value(item);
		char *copy = text && may_pass(text) ? strdup(text) : NULL;
		char *equals = copy ? strchr(copy, '=') : NULL;

		env->failed |= !text;
		if (equals) {
			*equals = '\0';
			env_put(env, copy, "%s", equals + 1);
		}
		free(copy);
	}
	if (!json_is_object(caller))
		return;
	json_object_foreach((json_t *)caller, name, item) {
		env->failed |= !json_is_string(item) || strchr(name, '=');
		if (!env->failed && strncmp(name, "LD_", 3) != 0 && *name)
			env_put(env, name, "%s", json_string_value(item));
	}
}

static void
close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* From /etc/passwd and no other place: no name service in this process. */
static void
put_user(struct environment *env, const struct view_skill *skill)
{
	FILE *f cleanup(close_file) = fopen("/etc/passwd", "re");
	const struct passwd *found = NULL, *p;

	while (f && !found && (p = fgetpwent(f)))
		if (p->pw_uid == skill->uid)
			found = p;
	env_put(env, "HOME", "%s", found && *found->pw_dir ? found->pw_dir : "/");
	env_put(env, "SHELL", "%s", found && *found->pw_shell ? found->pw_shell :
	    "/bin/sh");
	env_put(env, "USER", "%s", skill->user);
	env_put(env, "LOGNAME", "%s", skill->user);
}

static bool
env_has(const struct environment *env, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->list[i], name, n) == 0 && env->list[i][n] == '=')
			return true;
	return false;
}

/* The first of the system's own bundles, or else the node's certificate alone. */
static void
put_bundle(struct environment *env, const char *node)
{
	const struct roots_place *p = roots_system;

	if (env_has(env, "SSL_CERT_FILE") || env_has(env, "SSL_CERT_DIR"))
		return;
	while (p->pattern && (p->kind != ROOTS_FILE || p->whose != ROOTS_SYSTEM ||
	    access(p->pattern, R_OK) < 0))
		p++;
	env_put(env, "SSL_CERT_FILE", "%s", p->pattern ? p->pattern : node);
}

static void
put_roots(struct environment *env, const struct loader *loader)
{
	static const char *const more[] = { "NODE_EXTRA_CA_CERTS", "DENO_CERT" };
	char from[LOADER_PATH], node[LOADER_PATH];

	if (!surroundings_node(loader, from, node, sizeof(node)))
		return;
	for (size_t i = 0; i < COUNT(more); i++)
		if (!env_has(env, more[i]))
			env_put(env, more[i], "%s", node);
	put_bundle(env, node);
}

char **
surroundings_env(const struct loader *loader, const struct view_skill *skill,
    const char *session, const json_t *caller)
{
	struct environment env = { .room = ENV_MOST };

	env.list = calloc(env.room, sizeof(*env.list));
	if (!env.list)
		return NULL;
	put_caller(&env, caller);
	put_user(&env, skill);
	env_put(&env, "INTERLOCK_SKILL", "%s", skill->name);
	env_put(&env, "INTERLOCK_SESSION", "%s", session);
	put_roots(&env, loader);
	if (env.failed) {
		surroundings_free_env(env.list);
		return NULL;
	}
	return env.list;
}

void
surroundings_free_env(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}
