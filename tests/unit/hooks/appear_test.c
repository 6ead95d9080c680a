/*
 * Groups that appear: a skill by the policy's match joins by itself; what may be a
 * container is refused until somebody knows what it is; all others are left alone.
 * See stage.h. With real containers: tests/play/container-hook.
 */
#include "stage.h"

#include <netinet/in.h>

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const char *units[] = { "shop.service", "both.service" };
static const char *paths[] = { "/jobs/*", "/system.slice/both.service" };
static const char *labels[] = { "app=nobody" };

static struct sockaddr_in echo;		/* no target of the policy's */
static int echo_fd;

static void
listen_for_echo(void)
{
	socklen_t size = sizeof(echo);

	echo = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	echo_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(bind(echo_fd, (struct sockaddr *)&echo, size) == 0 && listen(echo_fd, 64) == 0 &&
	    getsockname(echo_fd, (struct sockaddr *)&echo, &size) == 0);
}

static void
path_of(const char *name, char path[600])
{
	snprintf(path, 600, "%s%s", instance.cgroup, name);
}

/* With the groups above it. */
static void
make(const char *name)
{
	char path[600];

	path_of(name, path);
	for (char *p = path + strlen(instance.cgroup) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(path, 0755);
		*p = '/';
	}
	must(mkdir(path, 0755) == 0);
}

/* What a process that has just come into that group is told of a connect(): 0 or errno. */
static int
connect_from(const char *name)
{
	char path[700];
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int fd, joined;

		path_of(name, path);
		strcat(path, "/cgroup.procs");
		joined = open(path, O_WRONLY);
		must(joined >= 0 && write(joined, "0", 1) == 1);
		fd = socket(AF_INET, SOCK_STREAM, 0);
		_exit(fd >= 0 && connect(fd, (struct sockaddr *)&echo, sizeof(echo)) == 0 ? 0 : errno);
	}
	must(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* It is refused, now or soon. */
static bool
is_refused_soon(const char *name)
{
	for (int i = 0; i < 100; i++) {
		if (connect_from(name) == EACCES)
			return true;
		tend();
		usleep(20000);
	}
	return false;
}

/* A session of that skill has begun; at most so many others before it. */
static bool
hears_session(const char *skill)
{
	while (hear(SLOT_BROKER, MSG_SESSION)) {
		struct span body = got.body, name;
		struct id id;
		uint8_t began;

		if (take_u8(&body, &began) && msg_take_id(&body, &id) && take_block(&body, &name) &&
		    began && span_is(name, skill)) {
			tend();		/* its entry was sent before */
			return true;
		}
	}
	return false;
}

static void
check_there_before(void)
{
	CHECK(hears_session("reports"));
	CHECK(is_entered(ENTRY_ATTACH, KEY_MATCH, "cgroup /jobs/old"));
	CHECK(connect_from("/jobs/old") == EACCES);
	CHECK(connect_from("/bystander") == 0);
}

static void
check_unit(void)
{
	make("/system.slice/shop.service");
	CHECK(hears_session("lookup"));
	CHECK(is_entered(ENTRY_ATTACH, KEY_MATCH, "unit shop.service"));
	CHECK(is_entered(ENTRY_ATTACH, KEY_DETAIL, "attached by the policy's match"));
	CHECK(connect_from("/system.slice/shop.service") == EACCES);
	make("/system.slice/shop.service/below");
	CHECK(is_silent(SLOT_BROKER, MSG_SESSION, 200));	/* part of it */
	make("/jobs/new");
	CHECK(hears_session("reports"));
	CHECK(is_entered(ENTRY_ATTACH, KEY_MATCH, "cgroup /jobs/new"));
}

static void
check_others(void)
{
	make("/system.slice/other.service");
	make("/libpod-conmon-" HEX64);
	CHECK(is_silent(SLOT_BROKER, MSG_SESSION, 200));
	CHECK(connect_from("/system.slice/other.service") == 0);
	CHECK(connect_from("/libpod-conmon-" HEX64) == 0);
}

/* No runtime says what it is: nobody's session, and refused meanwhile. */
static void
check_unknown(void)
{
	static const char *const names[] = { "/libpod-" HEX64, "/machine.slice/libpod-" HEX64 ".scope",
		"/docker/" HEX64, "/kubepods/pod1/cri-containerd-" HEX64 ".scope" };
	char path[600];

	for (size_t i = 0; i < COUNT(names); i++) {
		make(names[i]);
		CHECK_ROW(names[i], is_refused_soon(names[i]));
		path_of(names[i], path);
		CHECK_ROW(names[i], rmdir(path) == 0);
	}
}

/* Two skills claim it: refused, and nobody's. */
static void
check_both(void)
{
	make("/system.slice/both.service");
	CHECK(is_refused_soon("/system.slice/both.service"));
	CHECK(is_silent(SLOT_BROKER, MSG_SESSION, 200));
	CHECK(is_refused_soon("/system.slice/both.service"));
}

/* Another loader finds what is held still held, and the sessions as they were. */
static void
check_restart(void)
{
	CHECK(end_loader(SIGKILL) == -SIGKILL);
	CHECK(connect_from("/system.slice/both.service") == EACCES);
	CHECK(connect_from("/system.slice/shop.service") == EACCES);
	begin_loader();
	give_view();
	CHECK(connect_from("/system.slice/both.service") == EACCES);
	CHECK(connect_from("/jobs/new") == EACCES);
	CHECK(connect_from("/bystander") == 0);
}

/* Nothing matches any more: what was held is free, what is attached is not. */
static void
check_no_match(void)
{
	CHECK(end_loader(0) == 0);
	memset(matches, 0, sizeof(matches));
	begin_loader();
	give_view();
	CHECK(connect_from("/system.slice/both.service") == 0);
	CHECK(connect_from("/system.slice/shop.service") == EACCES);
	make("/jobs/newer");
	CHECK(is_silent(SLOT_BROKER, MSG_SESSION, 200));
	CHECK(connect_from("/jobs/newer") == 0);
}

int
main(void)
{
	matches[0] = (struct view_match){ .cgroups = paths, .cgroup_count = 2 };
	matches[1] = (struct view_match){ .labels = labels, .label_count = 1 };
	matches[2] = (struct view_match){ .units = units, .unit_count = 2 };
	listen_for_echo();
	set_up();
	make("/bystander");
	make("/jobs/old");
	begin_loader();
	give_view();
	check_there_before();
	check_unit();
	check_others();
	check_unknown();
	check_both();
	check_restart();
	check_no_match();
	CHECK(end_loader(0) == 0);
	tear_down();
	return check_end();
}
