/*
 * runtime.c: the state files of OCI runtimes.
 *   runc   ROOT/ID/state.json: init_process_pid, init_process_start, and among
 *          config.labels "bundle=PATH"
 *   crun   ROOT/ID/status: pid, process-start-time, bundle
 * ROOT is the runtime's own for podman and CRI-O, and one for each namespace of
 * containerd, which is what Docker stands on. Both files appear before the
 * container's own command is executed. They are found out by trying: whoever
 * wraps runc under another name has the same file.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "registry/own.h"
#include "span.h"

#define STATE_MOST (4u << 20)
#define CONTAINERS_MOST 8192	/* looked at, for one question */

static const struct {
	const char *path;
	bool has_spaces;	/* a folder for each namespace of containerd */
} places[] = {
	{ "/run/runc", false },
	{ "/run/crun", false },
	{ "/run/containerd/runc", true },
	{ "/run/docker/runtime-runc", true },
	{ "/run/docker/runtime-crun", true },
};

void
registry_free(struct container **given)
{
	struct container *c = take(given);

	if (!c)
		return;
	json_decref(c->annotations);
	json_decref(c->labels);
	free(c);
}

bool
registry_is_id(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789_.-+";
	size_t n = strlen(text);

	return n > 0 && n < REGISTRY_ID && *text != '.' && *text != '-' &&
	    strspn(text, letters) == n;
}

static struct container *
new_container(const char *id)
{
	struct container *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->annotations = json_object();
	c->labels = json_object();
	if (!c->annotations || !c->labels || !file_copy(c->id, sizeof(c->id), id))
		registry_free(&c);
	return c;
}

/* ---- one state file ---------------------------------------------------------- */

static bool
take_process(struct container *c, const json_t *state, const char *pid, const char *start)
{
	json_int_t number = json_integer_value(json_object_get(state, pid));
	json_int_t ticks = json_integer_value(json_object_get(state, start));

	if (number <= 0 || number > INT32_MAX || ticks <= 0)
		return false;
	c->pid = (pid_t)number;
	c->ticks = (uint64_t)ticks;
	return true;
}

static const char *
bundle_of_runc(const json_t *state)
{
	const json_t *labels = json_object_get(json_object_get(state, "config"), "labels");

	for (size_t i = 0; i < json_array_size(labels); i++) {
		const char *label = json_string_value(json_array_get(labels, i));

		if (label && strncmp(label, "bundle=", 7) == 0)
			return label + 7;
	}
	return "";
}

static int
read_runc(const char *folder, struct container *c)
{
	char path[REGISTRY_PATH];
	json_t *state;
	bool is_whole;
	int r;

	if (snprintf(path, sizeof(path), "%s/state.json", folder) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	r = file_object(path, STATE_MOST, &state);
	if (r < 0)
		return r;
	is_whole = take_process(c, state, "init_process_pid", "init_process_start") &&
	    file_copy(c->bundle, sizeof(c->bundle), bundle_of_runc(state));
	json_decref(state);
	return is_whole ? 0 : -EBADMSG;
}

static int
read_crun(const char *folder, struct container *c)
{
	char path[REGISTRY_PATH];
	json_t *state;
	bool is_whole;
	int r;

	if (snprintf(path, sizeof(path), "%s/status", folder) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	r = file_object(path, STATE_MOST, &state);
	if (r < 0)
		return r;
	is_whole = take_process(c, state, "pid", "process-start-time") &&
	    file_copy(c->bundle, sizeof(c->bundle), file_text(state, "bundle"));
	json_decref(state);
	return is_whole ? 0 : -EBADMSG;
}

/* The container whose runtime keeps that folder. */
static int
read_folder(const char *root, const char *folder, const char *id, struct container **out)
{
	struct container *c cleanup(registry_free) = new_container(id);
	int r;

	if (!c)
		return -ENOMEM;
	r = read_runc(folder, c);
	if (r == -ENOENT)
		r = read_crun(folder, c);
	if (r == 0)
		r = engine_describe(root, c);
	if (r == 0)
		*out = take(&c);
	return r;
}

/* ---- all of them ----------------------------------------------------------------- */

/* Until it says other than 0. */
typedef int (*folder_fn)(void *arg, const char *folder, const char *id);

static void
close_folder(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int
each_in(const char *path, unsigned int levels, folder_fn fn, void *arg, size_t *left)
{
	DIR *d cleanup(close_folder) = opendir(path);
	char below[REGISTRY_PATH];
	const struct dirent *e;
	int r = 0;

	if (!d)
		return errno == ENOENT ? 0 : -errno;
	while (r == 0 && (e = readdir(d))) {
		if (e->d_type != DT_DIR || !registry_is_id(e->d_name))
			continue;
		if (snprintf(below, sizeof(below), "%s/%s", path, e->d_name) >= (int)sizeof(below))
			continue;
		if (levels > 0)
			r = each_in(below, levels - 1, fn, arg, left);
		else if ((*left)-- == 0)
			r = -E2BIG;
		else
			r = fn(arg, below, e->d_name);
	}
	return r;
}

static int
each(const char *root, folder_fn fn, void *arg)
{
	size_t left = CONTAINERS_MOST;
	char path[REGISTRY_PATH];
	int r = 0;

	for (size_t i = 0; r == 0 && i < COUNT(places); i++) {
		snprintf(path, sizeof(path), "%s%s", root, places[i].path);
		r = each_in(path, places[i].has_spaces, fn, arg, &left);
	}
	return r;
}

/* ---- questions ------------------------------------------------------------------- */

struct question {
	const char *root, *text;
	struct container *found;
	char *uid;		/* of a pod, when that is asked for */
	bool is_double;
};

/* It fits: keep it, unless another one did. */
static void
keep(struct question *q, struct container **c)
{
	if (q->found && strcmp(q->found->id, (*c)->id) != 0)
		q->is_double = true;
	else if (!q->found)
		q->found = take(c);
}

static int
by_id(void *arg, const char *folder, const char *id)
{
	struct question *q = arg;
	int r;

	if (strcmp(id, q->text) != 0)
		return 0;
	r = read_folder(q->root, folder, id, &q->found);
	return r < 0 ? r : 1;
}

static int
by_name(void *arg, const char *folder, const char *id)
{
	struct container *c cleanup(registry_free) = NULL;
	struct question *q = arg;

	/* one that is being made or taken away is not the one that is meant */
	if (read_folder(q->root, folder, id, &c) == 0 && strcmp(c->name, q->text) == 0)
		keep(q, &c);
	return 0;
}

static int
by_beginning(void *arg, const char *folder, const char *id)
{
	struct container *c cleanup(registry_free) = NULL;
	struct question *q = arg;

	if (strncmp(id, q->text, strlen(q->text)) == 0 && read_folder(q->root, folder, id, &c) == 0)
		keep(q, &c);
	return 0;
}

/* Where each Kubernetes runtime writes whose pod it is. */
static const struct {
	const char *space, *name, *uid;
} pods[] = {
	{ "io.kubernetes.cri.sandbox-namespace", "io.kubernetes.cri.sandbox-name",
	    "io.kubernetes.cri.sandbox-uid" },	/* containerd */
	{ "io.kubernetes.pod.namespace", "io.kubernetes.pod.name",
	    "io.kubernetes.pod.uid" },		/* CRI-O */
};

/* The uid of the pod when it is that one, or NULL. */
static const char *
pod_uid(const struct container *c, const char *text)
{
	char name[2 * REGISTRY_TEXT + 2];

	for (size_t i = 0; i < COUNT(pods); i++) {
		const char *uid = file_text(c->annotations, pods[i].uid);

		snprintf(name, sizeof(name), "%.255s/%.255s", file_text(c->annotations, pods[i].space),
		    file_text(c->annotations, pods[i].name));
		if (strcmp(name, text) == 0 && *uid && registry_is_id(uid))
			return uid;
	}
	return NULL;
}

static int
by_pod(void *arg, const char *folder, const char *id)
{
	struct container *c cleanup(registry_free) = NULL;
	struct question *q = arg;
	const char *uid;

	if (read_folder(q->root, folder, id, &c) < 0 || !c)
		return 0;
	uid = pod_uid(c, q->text);
	if (!uid)
		return 0;
	if (*q->uid && strcmp(q->uid, uid) != 0)
		q->is_double = true;	/* the old one is still being taken away */
	else if (!q->found && file_copy(q->uid, REGISTRY_TEXT, uid))
		q->found = take(&c);
	return 0;
}

static int
fail(int error, char *why, const char *format, const char *text)
{
	snprintf(why, REGISTRY_WHY, format, text);
	return error;
}

/* What the question found, for its asker. */
static int
settle(struct question *q, const char *what, struct container **out, char *why)
{
	struct container *c cleanup(registry_free) = take(&q->found);

	if (q->is_double) {
		snprintf(why, REGISTRY_WHY, "more than one %s is called %.100s; give all of its id",
		    what, q->text);
		return -ENOTUNIQ;
	}
	if (!c)
		return -ENOENT;
	*out = take(&c);
	return 0;
}

int
registry_load(const char *root, const char *id, struct container **out)
{
	struct question q = { .root = root, .text = id };
	int r = registry_is_id(id) ? each(root, by_id, &q) : -EINVAL;

	if (r < 0)
		return r;
	if (!q.found)
		return -ENOENT;
	*out = q.found;
	return 0;
}

int
registry_find(const char *root, const char *text, struct container **out, char *why)
{
	static const folder_fn ways[] = { by_name, by_beginning };
	int r = *text ? registry_load(root, text, out) : -ENOENT;

	if (r == -EINVAL)
		r = -ENOENT;	/* no id; it may be a name */
	for (size_t i = 0; r == -ENOENT && *text && i < COUNT(ways); i++) {
		struct question q = { .root = root, .text = text };

		r = each(root, ways[i], &q);
		r = r < 0 ? r : settle(&q, "container", out, why);
		registry_free(&q.found);
	}
	if (r == -ENOENT)
		return fail(r, why, "no runc or crun has a container %.100s that runs "
		    "(see: podman ps, docker ps)", text);
	if (r < 0 && r != -ENOTUNIQ)
		return fail(r, why, "the state files of the runtimes cannot be read: %.100s", strerror(-r));
	return r;
}

int
registry_find_pod(const char *root, const char *text, struct container **out,
    char uid[REGISTRY_TEXT], char *why)
{
	struct question q = { .root = root, .text = text, .uid = uid };
	int r;

	*uid = '\0';
	r = each(root, by_pod, &q);
	if (r == 0)
		r = settle(&q, "pod", out, why);
	registry_free(&q.found);
	if (r == -ENOENT)
		return fail(r, why, "no container of this node says that it belongs to pod %.100s "
		    "(NAMESPACE/NAME)", text);
	if (r < 0 && r != -ENOTUNIQ)
		return fail(r, why, "the state files of the runtimes cannot be read: %.100s", strerror(-r));
	return r;
}

int
registry_created(const char *root, const char *id, const char *bundle, pid_t pid,
    struct container **out)
{
	struct container *c cleanup(registry_free) = NULL;
	int r;

	if (!registry_is_id(id) || *bundle != '/' || pid <= 0)
		return -EINVAL;
	c = new_container(id);
	if (!c)
		return -ENOMEM;
	c->pid = pid;
	if (!file_copy(c->bundle, sizeof(c->bundle), bundle))
		return -ENAMETOOLONG;
	r = engine_describe(root, c);
	if (r == 0)
		*out = take(&c);
	return r;
}
