/*
 * pin.c: links and maps outlive the loader below the pin directory.
 *   PIN/links/NAME   one bpf_link for each program
 *   PIN/maps/NAME    the maps
 *   PIN/progs/NAME   the programs, for whoever looks: links hold them anyway
 * A pinned link is updated in place, so that no connection finds a moment
 * without a program. One whose cgroup is gone, or another than ours, is replaced
 * by a rename, after the new one is attached.
 */
#include "hooks/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#include <linux/magic.h>

#define BPFFS "/sys/fs/bpf"

static const char *const folders[] = { "links", "maps", "progs" };

int
hooks_pin_path(char *path, size_t size, const struct instance *instance,
    const char *folder, const char *name)
{
	int n = snprintf(path, size, "%s/%s%s%s", instance->pin_directory, folder,
	    name[0] ? "/" : "", name);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static bool
is_bpffs(const char *path)
{
	struct statfs at;

	return !statfs(path, &at) && at.f_type == BPF_FS_MAGIC;
}

bool
hooks_pin_has_mount(void)
{
	return is_bpffs(BPFFS);
}

static int
make_directory(const char *path)
{
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

/* One of ours: for root alone, also when somebody made it before us. */
static int
make_folder(const char *path)
{
	int error = make_directory(path);

	return error ? error : chmod(path, 0700) ? -errno : 0;
}

/* Directories between bpffs and the pin directory, then the pin directory. */
static int
make_directories(const char *pin_directory)
{
	char path[INSTANCE_PATH_SIZE];
	int error;

	snprintf(path, sizeof(path), "%s", pin_directory);
	for (char *p = path + strlen(BPFFS) + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		error = make_directory(path);
		*p = '/';
		if (error)
			return error;
	}
	return make_folder(path);
}

int
hooks_pin_prepare(const struct instance *instance, char *why, size_t size)
{
	char path[INSTANCE_PATH_SIZE + 64];
	int error;

	if (strncmp(instance->pin_directory, BPFFS "/", strlen(BPFFS "/"))) {
		snprintf(why, size, "pin_directory must lie below " BPFFS);
		return -EINVAL;
	}
	if (!is_bpffs(BPFFS) && mount("bpf", BPFFS, "bpf",
	    MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700")) {
		error = -errno;
		snprintf(why, size, "cannot mount bpffs at " BPFFS ": %s",
		    strerror(-error));
		return error;
	}
	error = make_directories(instance->pin_directory);
	for (size_t i = 0; !error && i < COUNT(folders); i++) {
		error = hooks_pin_path(path, sizeof(path), instance, folders[i], "");
		if (!error)
			error = make_folder(path);
	}
	if (error)
		snprintf(why, size, "cannot make %s: %s", instance->pin_directory,
		    strerror(-error));
	return error;
}

bool
hooks_pin_is_there(const struct instance *instance)
{
	char path[INSTANCE_PATH_SIZE + 64];

	return !hooks_pin_path(path, sizeof(path), instance, "links", "ilk_connect4") &&
	    !access(path, F_OK);
}

/* Is this link alive, at our cgroup, for this attach type? */
static bool
link_is_ours(int link, uint64_t cgroup_id, int attach_type)
{
	struct bpf_link_info info = { 0 };
	uint32_t size = sizeof(info);

	return !bpf_obj_get_info_by_fd(link, &info, &size) &&
	    info.type == BPF_LINK_TYPE_CGROUP &&
	    info.cgroup.cgroup_id == cgroup_id &&
	    (int)info.cgroup.attach_type == attach_type;
}

/* Give it this name, in place of what may have it. */
static int
put_pin(int fd, const char *path)
{
	char fresh[INSTANCE_PATH_SIZE + 80];	/* bpffs takes no dots */

	snprintf(fresh, sizeof(fresh), "%s-new", path);
	unlink(fresh);
	if (bpf_obj_pin(fd, fresh))
		return -errno;
	if (rename(fresh, path)) {
		int error = -errno;

		unlink(fresh);
		return error;
	}
	return 0;
}

int
hooks_pin_again(const struct instance *instance, const char *folder, const char *name, int fd)
{
	char path[INSTANCE_PATH_SIZE + 64];
	int error = hooks_pin_path(path, sizeof(path), instance, folder, name);

	return error ? error : put_pin(fd, path);
}

static int
attach_new(int cgroup_fd, int attach_type, int program, const char *path)
{
	cleanup(close_fd) int link = -1;
	int error;

	link = bpf_link_create(program, cgroup_fd,
	    (enum bpf_attach_type)attach_type, NULL);
	if (link < 0)
		return -errno;
	error = put_pin(link, path);
	return error ? error : take_fd(&link);
}

int
hooks_pin_link(const struct instance *instance, int cgroup_fd, uint64_t cgroup_id,
    const struct hooks_program_row *row, int program)
{
	cleanup(close_fd) int link = -1;
	char path[INSTANCE_PATH_SIZE + 64];
	int error;

	error = hooks_pin_path(path, sizeof(path), instance, "links", row->name);
	if (error)
		return error;
	link = bpf_obj_get(path);
	if (link < 0 && errno != ENOENT)
		return -errno;
	if (link >= 0 && link_is_ours(link, cgroup_id, row->attach_type)) {
		if (bpf_link_update(link, program, NULL))
			return -errno;
		return take_fd(&link);
	}
	return attach_new(cgroup_fd, row->attach_type, program, path);
}

static bool
is_link(int fd)
{
	char path[64], name[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, name, sizeof(name) - 1);
	name[n < 0 ? 0 : n] = '\0';
	return strstr(name, "bpf") && strstr(name, "link");
}

/* A link ends here even while others hold it; a map only loses its name. */
static int
remove_pin(const char *path)
{
	cleanup(close_fd) int fd = bpf_obj_get(path);
	int error = 0;

	if (fd >= 0 && is_link(fd) &&
	    bpf_link_detach(fd) && errno != ENOLINK)
		error = -errno;
	return unlink(path) && !error ? -errno : error;
}

typedef bool (*keep_fn)(const char *name);

/* Remove every pin of a folder but those to keep. A missing folder is fine. */
static int
remove_pins(const struct instance *instance, const char *folder, keep_fn keep)
{
	char path[INSTANCE_PATH_SIZE + 320];
	const struct dirent *entry;
	int error = 0;
	DIR *d;

	hooks_pin_path(path, sizeof(path), instance, folder, "");
	d = opendir(path);
	if (!d)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(d))) {
		int failed;

		if (entry->d_name[0] == '.' || (keep && keep(entry->d_name)))
			continue;
		hooks_pin_path(path, sizeof(path), instance, folder, entry->d_name);
		failed = remove_pin(path);
		if (!error)
			error = failed;
	}
	closedir(d);
	return error;
}

static bool
is_known(const char *name)
{
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++) {
		if (!strcmp(hooks_programs[i].name, name))
			return true;
	}
	return false;
}

int
hooks_pin_sweep(const struct instance *instance)
{
	int error = remove_pins(instance, "links", is_known);
	int second = remove_pins(instance, "progs", is_known);

	return error ? error : second;
}

static int
remove_folder(const struct instance *instance, const char *folder)
{
	char path[INSTANCE_PATH_SIZE + 64];
	int error = remove_pins(instance, folder, NULL);

	hooks_pin_path(path, sizeof(path), instance, folder, "");
	return rmdir(path) && errno != ENOENT && !error ? -errno : error;
}

int
hooks_remove(const struct instance *instance)
{
	int error = 0;

	for (size_t i = 0; i < COUNT(folders); i++) {
		int failed = remove_folder(instance, folders[i]);

		error = error ? error : failed;
	}
	if (rmdir(instance->pin_directory) && errno != ENOENT && !error)
		error = -errno;
	return error;
}
