/*
 * Groups that live already become skills, and are let go; what must not be one
 * is refused, with nothing done to it. See stage.h.
 */
#include "stage.h"

/* A process in a group of its own, perhaps with an io_uring. */
static pid_t
other_group(const char *path, bool has_ring)
{
	char file[600];
	pid_t pid;
	FILE *f;

	must(mkdir(path, 0755) == 0 || errno == EEXIST);
	pid = fork();
	if (pid == 0) {
		struct io_uring_params ring = { 0 };

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (has_ring)
			syscall(SYS_io_uring_setup, 4, &ring);
		for (;;)
			pause();
	}
	usleep(50000);
	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	f = fopen(file, "w");
	fprintf(f, "%d\n", pid);
	fclose(f);
	return pid;
}

static void
check_attach(void)
{
	char path[512], below[560], json[1024], text[4096];
	static const char form[] =
	    "{\"do\":\"attach\",\"skill\":\"reports\",\"cgroup\":\"%s\"}";
	unsigned int rows;
	pid_t pid, with_ring;
	uint64_t id;

	snprintf(path, sizeof(path), "%s/service", instance.cgroup);
	pid = other_group(path, false);
	snprintf(below, sizeof(below), "%s/below", path);
	mkdir(below, 0755);
	const char *const never[] = { instance.cgroup, instance.skill_cgroup,
		instance.daemon_cgroup, "/", "/tmp", "/no/such" };
	for (size_t i = 0; i < COUNT(never); i++) {
		snprintf(json, sizeof(json), form, never[i]);
		id = command("admin", 1, json, -1);
		CHECK_ROW(never[i], !is_done(id, text, sizeof(text), &rows));
	}
	drain(WORKER);
	snprintf(json, sizeof(json), form, path);
	id = command("admin", 1, json, -1);
	CHECK_ROW(text, is_done(id, text, sizeof(text), &rows));
	CHECK(hear(WORKER, MSG_DOOR) && got.fd >= 0);
	close_fd(&got.fd);
	CHECK(is_entered(ENTRY_ATTACH, KEY_NAME, path));
	for (int i = 0; i < 2; i++) {	/* the same, and one below it */
		snprintf(json, sizeof(json), form, i ? below : path);
		id = command("admin", 1, json, -1);
		CHECK(!is_done(id, text, sizeof(text), &rows));
		CHECK(strstr(text, "registered already") != NULL);
	}
	kill(pid, SIGKILL);	/* an empty attached group stays attached */
	waitpid(pid, NULL, 0);
	CHECK(is_silent(WORKER, MSG_DOOR_SHUT, 300));
	id = command("admin", 1, "{\"do\":\"detach\",\"skill\":\"reports\"}",
	    -1);
	CHECK(is_done(id, text, sizeof(text), &rows));
	CHECK(is_silent(WORKER, MSG_NONE, 50));
	CHECK(is_entered(ENTRY_DETACH, KEY_PERSON, "admin"));

	with_ring = other_group(path, true);
	snprintf(json, sizeof(json), "{\"do\":\"attach\",\"skill\":\"reports\","
	    "\"pid\":%d}", with_ring);
	id = command("admin", 1, json, -1);
	CHECK(!is_done(id, text, sizeof(text), &rows));
	CHECK(strstr(text, "io_uring") != NULL);
	kill(with_ring, SIGKILL);
	waitpid(with_ring, NULL, 0);
	usleep(50000);
	CHECK(group_remove(path) == 0);
}

/* Say `attach` of that group; the answer in text[size]. */
static bool
attach(const char *path, char *text, size_t size)
{
	char json[1024];
	unsigned int rows;

	snprintf(json, sizeof(json),
	    "{\"do\":\"attach\",\"skill\":\"reports\",\"cgroup\":\"%s\"}", path);
	return is_done(command("admin", 1, json, -1), text, size, &rows);
}

static bool
detach(void)
{
	char text[1024];
	unsigned int rows;

	return is_done(command("admin", 1,
	    "{\"do\":\"detach\",\"skill\":\"reports\"}", -1), text,
	    sizeof(text), &rows);
}

/* A group that somebody else than root can move processes out of. */
static void
check_delegated(void)
{
	static const struct {
		const char *name, *file;
		uid_t uid;
		mode_t mode;
		bool is_fine;
	} loose[] = {
		{ "root's",      "user/cgroup.procs", 0, 0644, true },
		{ "parent",      "user/cgroup.procs", 54321, 0644, false },
		{ "grandparent", "cgroup.procs", 54321, 0644, false },
		{ "any group's", "user/cgroup.procs", 0, 0664, false },
		{ "anyone's",    "user/cgroup.procs", 0, 0646, false },
		{ "its own",     "user/mine/cgroup.procs", 54321, 0644, true },
		{ "a sibling",   "user/other/cgroup.procs", 54321, 0644, true },
	};
	char path[512], other[512], file[600], text[4096];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/user", instance.cgroup);
	must(mkdir(path, 0755) == 0);
	snprintf(other, sizeof(other), "%s/user/other", instance.cgroup);
	must(mkdir(other, 0755) == 0);
	snprintf(path, sizeof(path), "%s/user/mine", instance.cgroup);
	pid = other_group(path, false);
	for (size_t i = 0; i < COUNT(loose); i++) {
		bool done;

		snprintf(file, sizeof(file), "%s/%s", instance.cgroup,
		    loose[i].file);
		must(chown(file, loose[i].uid, 0) == 0 &&
		    chmod(file, loose[i].mode) == 0);
		done = attach(path, text, sizeof(text));
		CHECK_ROW(loose[i].name, done == loose[i].is_fine);
		CHECK_ROW(loose[i].name, done || strstr(text,
		    "/cgroup.procs is not root's alone"));
		CHECK_ROW(loose[i].name, !done || detach());
		must(chown(file, 0, 0) == 0 && chmod(file, 0644) == 0);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	usleep(50000);
	snprintf(path, sizeof(path), "%s/user", instance.cgroup);
	CHECK(group_remove(path) == 0);
}

int
main(void)
{
	set_up();
	begin_loader();
	give_view();
	check_attach();
	check_delegated();
	CHECK(end_loader(0) == 0);
	tear_down();
	return check_end();
}
