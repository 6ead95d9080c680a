/*
 * instance.c: the settings of one instance, from a file or from the warden.
 * syscalls(read): openat read close
 */
#include "base/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/must.h"
#include "base/seal.h"
#include "msg.h"

#define FIELD(member) \
	offsetof(struct instance, member), sizeof(((struct instance *)0)->member)

enum setting_kind { SETTING_NAME, SETTING_PATH, SETTING_RELATIVE, SETTING_NUMBER, SETTING_LEVEL };

static const struct setting {
	const char *key;
	enum setting_kind kind;
	size_t at, size;
	uint32_t least, most;
} settings[] = {
	{ "name", SETTING_NAME, FIELD(name), 0, 0 },
	{ "policy_directory", SETTING_PATH, FIELD(policy_directory), 0, 0 },
	{ "state_directory", SETTING_PATH, FIELD(state_directory), 0, 0 },
	{ "run_directory", SETTING_PATH, FIELD(run_directory), 0, 0 },
	{ "pin_directory", SETTING_PATH, FIELD(pin_directory), 0, 0 },
	{ "program_directory", SETTING_PATH, FIELD(program_directory), 0, 0 },
	{ "cgroup", SETTING_RELATIVE, FIELD(cgroup), 0, 0 },
	{ "skill_cgroup", SETTING_RELATIVE, FIELD(skill_cgroup), 0, 0 },
	{ "daemon_cgroup", SETTING_RELATIVE, FIELD(daemon_cgroup), 0, 0 },
	{ "uid_base", SETTING_NUMBER, FIELD(uid_base), 1, 0x7fffff00 },
	{ "workers", SETTING_NUMBER, FIELD(workers), 0, MSG_WORKERS },
	{ "log_level", SETTING_LEVEL, FIELD(log_level), 0, 0 },
	{ "drain", SETTING_NUMBER, FIELD(drain), 1, 86400 },
};

static const struct instance defaults = {
	.name = "interlock",
	.policy_directory = "/etc/interlock",
	.state_directory = "/var/lib/interlock",
	.run_directory = "/run/interlock",
	.pin_directory = "/sys/fs/bpf/interlock",
	.program_directory = "/usr/libexec/interlock",
	.cgroup = "",
	.skill_cgroup = "interlock.skills",
	.daemon_cgroup = "interlock.daemon",
	.uid_base = 60800,
	.workers = 0,
	.log_level = 2,
	.drain = 30,
};

static int
set_number(const struct setting *setting, const char *value, uint32_t *out)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(value, &end, 10);
	if (errno || *end || end == value || value[0] == '-' ||
	    v < setting->least || v > setting->most)
		return -EINVAL;
	*out = (uint32_t)v;
	return 0;
}

static int
set_level(const char *value, uint32_t *out)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };

	for (uint32_t i = 0; i < COUNT(names); i++)
		if (strcmp(value, names[i]) == 0) {
			*out = i;
			return 0;
		}
	return -EINVAL;
}

static int
set_text(const struct setting *setting, const char *value, char *out)
{
	size_t n = strlen(value);

	if (n >= setting->size || strstr(value, ".."))
		return -EINVAL;
	if (setting->kind == SETTING_PATH && value[0] != '/')
		return -EINVAL;
	if (setting->kind == SETTING_RELATIVE && value[0] == '/')
		return -EINVAL;
	if (setting->kind == SETTING_NAME &&
	    (n == 0 || strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-") != n))
		return -EINVAL;
	memcpy(out, value, n + 1);
	return 0;
}

static int
set(struct instance *instance, const char *key, const char *value)
{
	for (size_t i = 0; i < COUNT(settings); i++) {
		const struct setting *setting = &settings[i];
		void *at = (char *)instance + setting->at;

		if (strcmp(setting->key, key) != 0)
			continue;
		if (setting->kind == SETTING_NUMBER)
			return set_number(setting, value, at);
		if (setting->kind == SETTING_LEVEL)
			return set_level(value, at);
		return set_text(setting, value, at);
	}
	return -EINVAL;
}

static char *
trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && strchr(" \t\r\n", end[-1]))
		*--end = '\0';
	return text + strspn(text, " \t");
}

static int
read_line(struct instance *instance, char *line)
{
	char *key = trim(line);
	char *equal = strchr(key, '=');

	if (*key == '\0' || *key == '#')
		return 0;
	if (!equal)
		return -EINVAL;
	*equal = '\0';
	return set(instance, trim(key), trim(equal + 1));
}

int
instance_find_cgroup2(char *path, size_t size)
{
	char line[1024], mount[512], kind[64];
	FILE *mounts = fopen("/proc/self/mounts", "re");
	int error = -ENOENT;

	if (!mounts)
		return -errno;
	while (error && fgets(line, sizeof(line), mounts)) {
		if (sscanf(line, "%*s %511s %63s", mount, kind) == 2 &&
		    strcmp(kind, "cgroup2") == 0 && strlen(mount) < size) {
			memcpy(path, mount, strlen(mount) + 1);
			error = 0;
		}
	}
	fclose(mounts);
	return error;
}

/* Put `root` and a slash before what is in `path`. */
static int
below(const char *root, char *path, size_t size)
{
	char joined[2 * INSTANCE_PATH_SIZE];
	int n;

	n = snprintf(joined, sizeof(joined), *path ? "%s/%s" : "%s%s", root, path);
	if (n < 0 || (size_t)n >= size)
		return -EINVAL;
	memcpy(path, joined, (size_t)n + 1);
	return 0;
}

static int
make_absolute(struct instance *instance)
{
	char root[INSTANCE_PATH_SIZE];
	int error = instance_find_cgroup2(root, sizeof(root));

	if (!error)
		error = below(root, instance->cgroup, sizeof(instance->cgroup));
	if (!error)
		error = below(instance->cgroup, instance->skill_cgroup,
		    sizeof(instance->skill_cgroup));
	if (!error)
		error = below(instance->cgroup, instance->daemon_cgroup,
		    sizeof(instance->daemon_cgroup));
	return error;
}

static int
read_file(FILE *file, struct instance *instance, unsigned int *line)
{
	char text[1024];

	while (fgets(text, sizeof(text), file)) {
		(*line)++;
		if (read_line(instance, text))
			return -EINVAL;
	}
	*line = 0;
	return ferror(file) ? -EIO : 0;
}

/* As many as there are cores, where the file does not say. */
static void
count_workers(struct instance *instance)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (!instance->workers)
		instance->workers = cores < 1 ? 1 : cores > MSG_WORKERS ?
		    MSG_WORKERS : (uint32_t)cores;
}

int
instance_read(const char *path, struct instance *out, unsigned int *line)
{
	struct instance instance = defaults;
	FILE *file = fopen(path, "re");
	int error = 0;

	*line = 0;
	if (file) {
		error = read_file(file, &instance, line);
		fclose(file);
	} else if (errno != ENOENT || strcmp(path, INSTANCE_FILE) != 0) {
		return -errno;
	}
	if (!error)
		error = make_absolute(&instance);
	count_workers(&instance);
	if (!error)
		*out = instance;
	return error;
}

int
instance_seal(const struct instance *instance)
{
	return seal_new("instance", span_of(instance, sizeof(*instance)));
}

int
instance_inherit(struct instance *out)
{
	struct instance instance;

	if (!seal_is_whole(MSG_FD_INSTANCE))
		return -EINVAL;
	if (pread(MSG_FD_INSTANCE, &instance, sizeof(instance), 0) !=
	    (ssize_t)sizeof(instance))
		return -EINVAL;
	*out = instance;
	return 0;
}
