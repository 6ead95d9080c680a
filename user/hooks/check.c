/*
 * check.c: does the kernel still have what we put there?
 * A pin, even a live link, says little; what counts is what runs. So each program is looked for
 * among the effective ones, through its link, at its cgroup, with its tag; each pin must lead to our
 * object; each row of a map that only we write must be ours. Whoever changed it is root, and may do
 * so again: this finds it within a second and puts it back, it does not prevent it. A program of
 * somebody else's that came to our cgroup after us is told and left alone: it runs after ours, and could
 * rewrite an address once more.
 */
#include "hooks/inside.h"

#include <errno.h>
#include <string.h>

#define HOW 160

struct checking {
	struct hooks *hooks;
	bool mend;
	hooks_differs_fn fn;
	void *arg;
	size_t count;
};

static void __attribute__((format(printf, 3, 4)))
tell(struct checking *checking, const char *what, const char *format, ...)
{
	char how[HOW];
	va_list args;

	va_start(args, format);
	vsnprintf(how, sizeof(how), format, args);
	va_end(args);
	checking->count++;
	checking->fn(checking->arg, what, how);
}

static uint32_t
id_of_map(int fd)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.id;
}

static uint32_t
id_of_link(int fd)
{
	struct bpf_link_info info = { 0 };
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.id;
}

static uint32_t
id_of_program(int fd)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.id;
}

/* By the folder that its pin is in. */
static uint32_t
id_of(const char *folder, int fd)
{
	return folder[0] == 'm' ? id_of_map(fd) : folder[0] == 'p' ? id_of_program(fd) : id_of_link(fd);
}

/* ---- programs ---------------------------------------------------------- */

static int
query_here(int cgroup_fd, int attach_type, uint32_t ids[HOOKS_OTHERS], uint32_t *count)
{
	*count = HOOKS_OTHERS;
	return bpf_prog_query(cgroup_fd, (enum bpf_attach_type)attach_type, 0, NULL, ids, count) ? -errno : 0;
}

static int
expect_program(struct hooks *hooks, size_t i)
{
	struct expected *expected = &hooks->expected;
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	if (hooks->code.programs[i] < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(hooks->code.programs[i], &info, &size))
		return -errno;
	expected->programs[i] = info.id;
	memcpy(expected->tags[i], info.tag, BPF_TAG_SIZE);
	expected->links[i] = id_of_link(hooks->links[i]);
	return query_here(hooks->cgroup_fd, hooks_programs[i].attach_type, expected->others[i],
	    &expected->other_count[i]);
}

int
hooks_expect(struct hooks *hooks)
{
	int none = hooks_cgroup_id(hooks->instance.cgroup, false, &hooks->cgroup_id);

	if (none)
		return none;
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++) {
		int error = expect_program(hooks, i);

		if (error)
			return error;
	}
	for (size_t i = 0; i < HOOKS_MAPS; i++)
		hooks->expected.maps[i] = id_of_map(hooks->code.maps[i]);
	return 0;
}

/* Attach it anew; the pin follows. */
static void
attach_again(struct hooks *hooks, size_t i)
{
	const struct hooks_program_row *row = &hooks_programs[i];
	int link = bpf_link_create(hooks->code.programs[i], hooks->cgroup_fd,
	    (enum bpf_attach_type)row->attach_type, NULL);

	if (link < 0)
		return;
	close_fd(&hooks->links[i]);
	hooks->links[i] = link;
	hooks->expected.links[i] = id_of_link(link);
	(void)hooks_pin_again(&hooks->instance, "links", row->name, link);
}

/* The tag of a program by its id, as hexadecimal digits; empty when it has gone. */
static void
tag_text(const uint8_t tag[BPF_TAG_SIZE], char text[2 * BPF_TAG_SIZE + 1])
{
	for (size_t i = 0; i < BPF_TAG_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", tag[i]);
}

static bool
has_tag(uint32_t id, const uint8_t tag[BPF_TAG_SIZE], char text[2 * BPF_TAG_SIZE + 1])
{
	cleanup(close_fd) int fd = bpf_prog_get_fd_by_id(id);
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	text[0] = '\0';
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return false;
	tag_text(info.tag, text);
	return memcmp(info.tag, tag, BPF_TAG_SIZE) == 0;
}

/* True: its link is there, attached, and runs our program. */
static bool
check_link(struct checking *checking, size_t i)
{
	struct hooks *hooks = checking->hooks;
	const struct expected *expected = &hooks->expected;
	const char *name = hooks_programs[i].name;
	struct bpf_link_info info = { 0 };
	uint32_t size = sizeof(info);
	char tag[2 * BPF_TAG_SIZE + 1];

	if (bpf_obj_get_info_by_fd(hooks->links[i], &info, &size) || info.cgroup.cgroup_id != hooks->cgroup_id) {
		tell(checking, name, "is not in effect: its link %u was detached", expected->links[i]);
		if (checking->mend)
			attach_again(hooks, i);
		return false;
	}
	if (info.prog_id == expected->programs[i] && has_tag(info.prog_id, expected->tags[i], tag))
		return true;
	(void)has_tag(info.prog_id, expected->tags[i], tag);
	tell(checking, name, "is not in effect: its link %u runs program %u (tag %s)", info.id, info.prog_id, tag);
	if (checking->mend)
		(void)bpf_link_update(hooks->links[i], hooks->code.programs[i], NULL);
	return false;
}

static bool
is_ours(const struct expected *expected, uint32_t id)
{
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++)
		if (expected->programs[i] == id)
			return true;
	return false;
}

static bool
was_there(const struct expected *expected, size_t i, uint32_t id)
{
	for (uint32_t n = 0; n < expected->other_count[i]; n++)
		if (expected->others[i][n] == id)
			return true;
	return false;
}

/* Programs that came to our cgroup after we were there. */
static void
check_others(struct checking *checking, size_t i)
{
	const struct hooks *hooks = checking->hooks;
	uint32_t ids[HOOKS_OTHERS], count;

	if (query_here(hooks->cgroup_fd, hooks_programs[i].attach_type, ids, &count)) {
		tell(checking, hooks_programs[i].name, "cannot be checked: %s", strerror(errno));
		return;
	}
	for (uint32_t n = 0; n < count; n++)
		if (!is_ours(&hooks->expected, ids[n]) && !was_there(&hooks->expected, i, ids[n]))
			tell(checking, hooks_programs[i].name, "is followed by program %u, which somebody attached at "
			    "our cgroup: see bpftool prog show id %u; restart the daemon if it may stay", ids[n], ids[n]);
}

static void
check_pin(struct checking *checking, const char *folder, const char *name, int fd, uint32_t id)
{
	cleanup(close_fd) int pinned = -1;
	char path[INSTANCE_PATH_SIZE + 64];
	uint32_t there;

	if (hooks_pin_path(path, sizeof(path), &checking->hooks->instance, folder, name))
		return;
	pinned = bpf_obj_get(path);
	there = pinned < 0 ? 0 : id_of(folder, pinned);
	if (there == id)
		return;
	if (pinned < 0)
		tell(checking, name, "has lost its pin %s", path);
	else
		tell(checking, name, "has something else at its pin %s", path);
	if (checking->mend)
		(void)hooks_pin_again(&checking->hooks->instance, folder, name, fd);
}

/* Without the file system there is not one pin: said once, and not of each. */
static void
check_mount(struct checking *checking)
{
	char why[256];

	if (hooks_pin_has_mount())
		return;
	tell(checking, "bpffs", "is not mounted any more: the pins have gone with it");
	if (!checking->mend || hooks_pin_prepare(&checking->hooks->instance, why, sizeof(why)))
		return;
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++)
		if (checking->hooks->links[i] >= 0) {
			(void)hooks_pin_again(&checking->hooks->instance, "links", hooks_programs[i].name,
			    checking->hooks->links[i]);
			(void)hooks_pin_again(&checking->hooks->instance, "progs", hooks_programs[i].name,
			    checking->hooks->code.programs[i]);
		}
	for (size_t i = 0; i < HOOKS_MAPS; i++)
		(void)hooks_pin_again(&checking->hooks->instance, "maps", hooks_maps[i],
		    checking->hooks->code.maps[i]);
}

static void
check_program(struct checking *checking, size_t i)
{
	struct hooks *hooks = checking->hooks;
	const struct hooks_program_row *row = &hooks_programs[i];

	if (hooks->links[i] < 0)
		return;		/* this kernel lacks it */
	if (check_link(checking, i) &&
	    !hooks_is_effective(hooks->cgroup_fd, row->attach_type, hooks->expected.programs[i]))
		tell(checking, row->name, "is not in effect, though its link %u is there", hooks->expected.links[i]);
	check_others(checking, i);
	check_pin(checking, "links", row->name, hooks->links[i], hooks->expected.links[i]);
	check_pin(checking, "progs", row->name, hooks->code.programs[i], hooks->expected.programs[i]);
}

/* ---- maps --------------------------------------------------------------- */

static void
check_rows(struct checking *checking, enum hooks_map which, struct shadow *shadow)
{
	int map = checking->hooks->code.maps[which];
	struct shadow_found found;
	int error = shadow_check(shadow, map, checking->mend, &found);

	if (error)
		tell(checking, hooks_maps[which], "cannot be checked: %s", strerror(-error));
	else if (found.changed || found.missing || found.foreign)
		tell(checking, hooks_maps[which], "was written by somebody else: %zu rows changed, %zu missing, "
		    "%zu foreign", found.changed, found.missing, found.foreign);
}

/* The beat too: nobody but us may say that we are alive. */
static void
check_meta(struct checking *checking)
{
	struct hooks *hooks = checking->hooks;
	struct abi_meta is = *(volatile struct abi_meta *)hooks->meta;

	if (memcmp(&is, &hooks->expected.meta, sizeof(is)) == 0)
		return;
	tell(checking, hooks_maps[MAP_META], "was written by somebody else");
	if (checking->mend)
		*(volatile struct abi_meta *)hooks->meta = hooks->expected.meta;
}

/* What an earlier loader had put there and nobody took over. */
void
hooks_sweep(struct hooks *hooks)
{
	struct shadow_found found;

	(void)shadow_check(&hooks->expected.skills, hooks->code.maps[MAP_SKILLS], true, &found);
	(void)shadow_check(&hooks->expected.doors, hooks->code.maps[MAP_DOORS], true, &found);
}

size_t
hooks_check(struct hooks *hooks, bool mend, hooks_differs_fn fn, void *arg)
{
	struct checking checking = { hooks, mend, fn, arg, 0 };
	char why[256];

	check_mount(&checking);
	if (mend)
		(void)hooks_pin_prepare(&hooks->instance, why, sizeof(why));	/* its directories too */
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++)
		check_program(&checking, i);
	for (size_t i = 0; i < HOOKS_MAPS; i++)
		check_pin(&checking, "maps", hooks_maps[i], hooks->code.maps[i], hooks->expected.maps[i]);
	check_rows(&checking, MAP_SKILLS, &hooks->expected.skills);
	check_rows(&checking, MAP_TARGETS, &hooks->expected.targets);
	check_rows(&checking, MAP_DOORS, &hooks->expected.doors);
	check_meta(&checking);
	return checking.count;
}
