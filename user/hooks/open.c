/*
 * open.c: take hold of the kernel, or take it over from an earlier loader.
 * Load, then attach one program after the other, at one cgroup above all skills
 * and the daemon. The maps stay, and the links are never without a program, so
 * a connection in the middle of a take-over meets old or new code, both of which
 * read the same maps: ilk_meta says of which version they are.
 */
#include "hooks/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

/* The pinned maps of an earlier run must mean what ours mean. */
static int
check_version(const struct instance *instance, char *why, size_t size)
{
	cleanup(close_fd) int map = -1;
	char path[INSTANCE_PATH_SIZE + 64];
	struct abi_meta meta;
	uint32_t zero = 0;

	if (hooks_pin_path(path, sizeof(path), instance, "maps", hooks_maps[MAP_META]))
		return -ENAMETOOLONG;
	map = bpf_obj_get(path);
	if (map < 0)
		return errno == ENOENT ? 0 : -errno;
	if (bpf_map_lookup_elem(map, &zero, &meta))
		return -errno;
	if (meta.version == ABI_VERSION || meta.version == 0)
		return 0;
	snprintf(why, size, "the programs in force are of version %u, not %d: "
	    "detach with the interlock that attached them", meta.version, ABI_VERSION);
	return -EPROTO;
}

static int
map_meta(struct hooks *hooks)
{
	void *p = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
	    MAP_SHARED, hooks->code.maps[MAP_META], 0);

	if (p == MAP_FAILED)
		return -errno;
	hooks->meta = p;
	return 0;
}

/* The warden has made its cgroup, where there is a resolver. */
static int
fence_resolver(struct hooks *hooks)
{
	char path[INSTANCE_PATH_SIZE + 16];
	struct abi_resolver resolver = { 0 };
	uint32_t zero = 0;
	int error;

	snprintf(path, sizeof(path), "%s/resolver", hooks->instance.daemon_cgroup);
	error = hooks_cgroup_id(path, false, &resolver.cgroup);
	if (error && error != -ENOENT)
		return error;
	return bpf_map_update_elem(hooks->code.maps[MAP_RESOLVER], &zero, &resolver, BPF_ANY) ? -errno : 0;
}

/* Tell the programs which cgroups are the daemon's. */
static int
fill_meta(struct hooks *hooks, char *why, size_t size)
{
	char path[INSTANCE_PATH_SIZE + 16];
	uint64_t daemon, worker;
	int error;

	error = hooks_cgroup_id(hooks->instance.daemon_cgroup, true, &daemon);
	if (!error) {
		snprintf(path, sizeof(path), "%s/worker", hooks->instance.daemon_cgroup);
		error = hooks_cgroup_id(path, true, &worker);
	}
	if (error) {
		snprintf(why, size, "cannot make the cgroup %s: %s",
		    hooks->instance.daemon_cgroup, strerror(-error));
		return error;
	}
	error = fence_resolver(hooks);
	if (error) {
		snprintf(why, size, "cannot fence the resolver: %s", strerror(-error));
		return error;
	}
	hooks->meta->version = ABI_VERSION;
	__atomic_store_n(&hooks->meta->daemon_cgroup, daemon, __ATOMIC_RELEASE);
	__atomic_store_n(&hooks->meta->worker_cgroup, worker, __ATOMIC_RELEASE);
	hooks->expected.meta = *hooks->meta;
	return 0;
}

static int
attach_all(struct hooks *hooks, char *why, size_t size)
{
	uint64_t cgroup_id;
	int error;

	error = hooks_cgroup_id(hooks->instance.cgroup, false, &cgroup_id);
	if (error)
		return error;
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++) {
		if (hooks->code.programs[i] < 0)
			continue;
		hooks->links[i] = hooks_pin_link(&hooks->instance, hooks->cgroup_fd,
		    cgroup_id, &hooks_programs[i], hooks->code.programs[i]);
		error = hooks->links[i] < 0 ? hooks->links[i] :
		    hooks_pin_again(&hooks->instance, "progs",
		    hooks_programs[i].name, hooks->code.programs[i]);
		if (!error)
			continue;
		snprintf(why, size, "cannot attach %s at %s: %s%s",
		    hooks_programs[i].name, hooks->instance.cgroup, strerror(-error),
		    error == -EPERM ? " (another program is attached there exclusively?)" : "");
		return error;
	}
	return 0;
}

static int
open_files(struct hooks *hooks, char *why, size_t size)
{
	hooks->cgroup_fd = open(hooks->instance.cgroup,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (hooks->cgroup_fd < 0) {
		int error = -errno;

		snprintf(why, size, "cannot open the cgroup %s: %s",
		    hooks->instance.cgroup, strerror(-error));
		return error;
	}
	hooks->netns_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return hooks->netns_fd < 0 ? -errno : 0;
}

static int
open_locked(struct hooks *hooks, char *why, size_t size)
{
	char directory[INSTANCE_PATH_SIZE + 64];
	int error;

	error = check_version(&hooks->instance, why, size);
	if (!error)
		error = open_files(hooks, why, size);
	if (!error)
		error = hooks_pin_path(directory, sizeof(directory),
		    &hooks->instance, "maps", "");
	if (!error)
		error = hooks_code_load(&hooks->code, directory, why, size);
	if (!error)
		error = map_meta(hooks);
	if (!error)
		error = fill_meta(hooks, why, size);
	if (!error)
		error = hooks_counts_prepare(hooks);
	if (!error)
		error = attach_all(hooks, why, size);
	if (!error)
		error = hooks_pin_sweep(&hooks->instance);
	if (!error)
		error = hooks_expect(hooks);
	return error;
}

static struct hooks *
hooks_new(const struct instance *instance)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));

	if (!hooks)
		return NULL;
	hooks->instance = *instance;
	hooks->cgroup_fd = -1;
	hooks->netns_fd = -1;
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++)
		hooks->links[i] = -1;
	return hooks;
}

int
hooks_open(struct hooks **out, const struct instance *instance, char *why, size_t size)
{
	cleanup(close_fd) int lock = -1;
	struct hooks *hooks;
	bool was_there;
	int error;

	if (size)
		why[0] = '\0';
	error = hooks_pin_prepare(instance, why, size);
	if (error)
		return error;
	was_there = hooks_pin_is_there(instance);
	lock = open(instance->pin_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB)) {
		snprintf(why, size, "another loader is at work on %s",
		    instance->pin_directory);
		return -EBUSY;
	}
	hooks = hooks_new(instance);
	if (!hooks)
		return -ENOMEM;
	error = open_locked(hooks, why, size);
	if (error) {
		if (size && !why[0])
			snprintf(why, size, "cannot open the kernel side: %s",
			    strerror(-error));
		hooks_close(&hooks);
		if (!was_there)
			hooks_remove(instance);
		return error;
	}
	*out = hooks;
	return 0;
}

void
hooks_close(struct hooks **at)
{
	struct hooks *hooks = *at;

	*at = NULL;
	if (!hooks)
		return;
	ring_buffer__free(hooks->events);
	if (hooks->meta)
		munmap(hooks->meta, (size_t)sysconf(_SC_PAGESIZE));
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++)
		close_fd(&hooks->links[i]);
	hooks_code_free(&hooks->code);
	shadow_free(&hooks->expected.skills);
	shadow_free(&hooks->expected.targets);
	shadow_free(&hooks->expected.doors);
	close_fd(&hooks->cgroup_fd);
	close_fd(&hooks->netns_fd);
	free(hooks);
}

const struct abi_meta *
hooks_meta(const struct hooks *hooks)
{
	return hooks->meta;
}

int
hooks_beat(struct hooks *hooks, uint64_t ns)
{
	hooks->expected.meta.beat = ns;
	__atomic_store_n(&hooks->meta->beat, ns, __ATOMIC_RELEASE);
	return 0;
}
