/*
 * doctor.c: say what this kernel enforces, and what it does not.
 *   full       everything this version does is enforced, unix sockets among it
 *   inet-only  all but the hooks on unix sockets (before kernel 6.7)
 *   refuse     something that everything rests on does not work
 * What was found by trying comes first (trial.c). Then the surroundings. Last,
 * always as not ok, what no program of ours can see: a list of ways round is
 * worth more than silence about them.
 */
#include "hooks/inside.h"
#include "hooks/json.h"
#include "hooks/process.h"
#include "hooks/reach.h"
#include "hooks/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

struct writer {
	FILE *to;
	unsigned int count;
};

static const struct {
	enum trial_part part;
	const char *name, *yes, *no, *todo;
} parts[] = {
	{ TRIAL_NAMESPACE, "namespaces", "a network namespace can be made and entered",
	  "no network namespace can be made", "run as root, with CAP_SYS_ADMIN" },
	{ TRIAL_LOAD, "programs", "the programs load and attach",
	  "the programs do not load or attach",
	  "run as root; kernel 5.18 or later with BTF, CONFIG_CGROUP_BPF" },
	{ TRIAL_REDIRECT4, "redirect4", "IPv4 connects are diverted, with their origin",
	  "IPv4 connects are not diverted", "a newer kernel" },
	{ TRIAL_REDIRECT6, "redirect6", "IPv6 connects are diverted, with their origin",
	  "IPv6 connects are not diverted", "a newer kernel" },
	{ TRIAL_PEERNAME, "peername", "a skill sees the peer it asked for",
	  "a skill sees the daemon as its peer", "a newer kernel" },
	{ TRIAL_REFUSE, "refusal", "an unknown destination is refused with EACCES",
	  "an unknown destination is not refused with EACCES", "kernel 5.18 or later" },
	{ TRIAL_STALE, "heartbeat", "without a live daemon connects are refused",
	  "without a live daemon connects are not refused", "a newer kernel" },
	{ TRIAL_DATAGRAM, "udp", "datagrams are refused",
	  "datagrams are not refused", "a newer kernel" },
	{ TRIAL_RAW, "raw", "raw sockets are refused",
	  "raw sockets are not refused", "a newer kernel" },
	{ TRIAL_MULTIPATH, "mptcp", "multipath TCP is said to be unsupported",
	  "multipath TCP is not refused", "a newer kernel" },
	{ TRIAL_BIND, "bind", "the daemon's port cannot be taken by a skill",
	  "the daemon's port can be taken by a skill", "a newer kernel" },
	{ TRIAL_EVENT, "events", "refusals in the kernel are told to the daemon",
	  "refusals in the kernel are not told", "a newer kernel" },
	{ TRIAL_UNIX, "unix", "connects to unix sockets are refused",
	  "connects to unix sockets are not seen",
	  "kernel 6.7 or later; until then keep such sockets out of a skill's file system" },
};

/* Ways round that no program of this version closes. */
static const struct {
	const char *name, *what, *todo;
} open_ways[] = {
	{ "family-packet", "AF_PACKET and AF_XDP sockets reach no hook",
	  "never give a skill CAP_NET_RAW; `interlock run` drops it" },
	{ "family-vsock", "AF_VSOCK sockets reach no hook",
	  "a system-call filter on the skill, or no vsock device" },
	{ "family-netlink", "AF_NETLINK, AF_ALG and other families reach no hook",
	  "a system-call filter on the skill; `interlock run` drops CAP_NET_ADMIN" },
	{ "io_uring-inherited", "a ring inherited from outside whose kernel thread belongs "
	  "to another process acts as that process; `interlock attach` refuses a group that holds or maps one",
	  "start skills with `interlock run`, which closes what is inherited" },
	{ "descriptors", "a connected socket that a helper outside hands over is used unseen",
	  "no helper that hands out sockets where a skill can reach it; start skills with `interlock run`, "
	  "which begin with none" },
	{ "attached-uid", "what `interlock attach` takes in may look into, write to and so become "
	  "any other process of its uid; it says so, if there is one", "attach only what has a uid of its own, or start it with "
	  "`interlock run`, which gives it a pid namespace" },
	{ "attached-sockets", "`interlock attach` destroys the connections that its processes hold or that "
	  "were made in the group; one made elsewhere and lying in a unix socket is not found",
	  "start skills with `interlock run`" },
	{ "bpf-rights", "whoever has CAP_BPF and CAP_NET_ADMIN in the first user namespace "
	  "can detach programs", "never give these to a skill; `interlock status` notices" },
	{ "traffic-control", "with CAP_NET_ADMIN packets can be led off after the last hook",
	  "never give a skill CAP_NET_ADMIN" },
	{ "no-sockets", "files, fifos and devices that a skill shares with a helper outside are no sockets, "
	  "and are not seen", "file modes, mounts and device rules" },
	{ "reboot", "programs do not outlive a reboot: what is started before the daemon is no skill yet",
	  "start skills with `interlock run`, which needs the daemon; attach others before they matter" },
};

static void
check(struct writer *writer, const char *name, bool ok, const char *what,
    const char *todo)
{
	FILE *to = writer->to;

	fputs(writer->count++ ? ",{\"name\":" : "{\"name\":", to);
	hooks_json_string(to, name);
	fprintf(to, ",\"ok\":%s,\"what\":", ok ? "true" : "false");
	hooks_json_string(to, what);
	fputs(",\"do\":", to);
	hooks_json_string(to, ok ? "" : todo);
	fputc('}', to);
}

/* First line of a small file. False: it cannot be read. */
static bool
read_line(const char *path, char *line, size_t size)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, line, size - 1);

	if (n < 0)
		return false;
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return true;
}

static bool
has_v1(void)
{
	FILE *mounts = fopen("/proc/self/mounts", "re");
	char line[1024], type[64];
	bool found = false;

	while (mounts && !found && fgets(line, sizeof(line), mounts))
		found = sscanf(line, "%*s %*s %63s", type) == 1 &&
		    !strcmp(type, "cgroup");
	if (mounts)
		fclose(mounts);
	return found;
}

static void
check_cgroup(struct writer *writer, const struct instance *instance)
{
	char root[INSTANCE_PATH_SIZE], text[INSTANCE_PATH_SIZE + 128];

	if (instance_find_cgroup2(root, sizeof(root))) {
		check(writer, "cgroup2", false, "no cgroup2 is mounted",
		    "mount -t cgroup2 cgroup2 /sys/fs/cgroup");
		return;
	}
	snprintf(text, sizeof(text), "cgroup2 is at %s%s", root, has_v1() ?
	    ", beside version 1 hierarchies (hybrid): a container runtime that uses "
	    "only those must not be attached" : "");
	check(writer, "cgroup2", true, text, "");
	snprintf(text, sizeof(text), "programs attach at %s", instance->cgroup);
	check(writer, "root", !strcmp(root, instance->cgroup), text,
	    "set `cgroup =` empty in the instance file: sockets made outside that "
	    "cgroup are not seen");
}

/* May another than root move skills out of their groups? */
static void
check_delegation(struct writer *writer, const struct instance *instance)
{
	char root[INSTANCE_PATH_SIZE], above[INSTANCE_PATH_SIZE];
	char text[INSTANCE_PATH_SIZE + 128];
	uint32_t uid = 0;
	int r = instance_find_cgroup2(root, sizeof(root));

	if (r == 0)
		r = group_is_loose(instance->skill_cgroup, root, above,
		    sizeof(above), &uid);
	if (r == 0)
		snprintf(text, sizeof(text), "only root moves skills from group to "
		    "group; a group below one that is delegated (to a user's own "
		    "service manager, say) cannot be attached");
	else if (r == 1)
		snprintf(text, sizeof(text), "%s/cgroup.procs is not root's alone "
		    "(it is uid %u's): skills may be moved out of their groups",
		    above, uid);
	else
		snprintf(text, sizeof(text), "whose the groups above %s are cannot "
		    "be told: %s", instance->skill_cgroup, strerror(-r));
	check(writer, "delegation", r == 0, text,
	    "choose `cgroup` and `skill_cgroup` where all above belongs to root");
}

/* The kernel knows kTLS and LSM programs only when it was built so: told, not needed. */
static void
check_kernel(struct writer *writer)
{
	cleanup(close_fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char line[256] = "";
	bool tls;

	check(writer, "btf", !access("/sys/kernel/btf/vmlinux", R_OK),
	    "the kernel describes its types (BTF)", "a kernel with CONFIG_DEBUG_INFO_BTF");
	/* an unconnected socket gives ENOTCONN where TLS is known, ENOENT where not */
	tls = fd >= 0 && (!setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", 3) ||
	    errno == ENOTCONN);
	check(writer, "ktls", true, tls ? "kernel TLS is there; it is not used" :
	    "kernel TLS is absent; it is not used", "");
	if (!read_line("/sys/kernel/security/lsm", line, sizeof(line)))
		line[0] = '\0';
	check(writer, "lsm", true, strstr(line, "bpf") ?
	    "BPF security modules are there; they are not used" :
	    "BPF security modules are absent; they are not used", "");
	if (read_line("/proc/sys/kernel/unprivileged_bpf_disabled", line, sizeof(line)))
		check(writer, "unprivileged-bpf", line[0] != '0',
		    line[0] != '0' ? "bpf(2) needs rights" : "bpf(2) is open to everyone",
		    "sysctl kernel.unprivileged_bpf_disabled=2");
	if (read_line("/proc/sys/kernel/io_uring_disabled", line, sizeof(line)))
		check(writer, "io_uring", line[0] != '0', line[0] != '0' ?
		    "io_uring is restricted" :
		    "io_uring is open: its connects are seen, but no system-call filter sees it",
		    "sysctl kernel.io_uring_disabled=2");
	if (read_line("/proc/sys/kernel/yama/ptrace_scope", line, sizeof(line)))
		check(writer, "ptrace", line[0] != '0', line[0] != '0' ?
		    "a process cannot trace strangers of its uid" :
		    "what is attached may trace others of its uid", "give it a uid of its own, "
		    "or sysctl kernel.yama.ptrace_scope=1");
}

/* Who would take the node's certificates, and who would not, whatever we mount. */
static void
check_trust(struct writer *writer, const struct instance *instance)
{
	static const struct {
		enum roots_whose whose;
		const char *name, *what, *none;
	} kinds[] = {
		{ ROOTS_SYSTEM, "trust-system", "OpenSSL, GnuTLS, Go, curl, wget, git, .NET and libpq trust this "
		  "node in a skill, by", "there is no bundle of authorities on this system" },
		{ ROOTS_JAVA, "trust-java", "Java trusts this node in a skill, by", "there is no key store of Java's" },
		{ ROOTS_PYTHON, "trust-python", "Python's own bundles (certifi and others; those in a skill's folder "
		  "and environment are found when it starts) trust this node, by",
		  "there is no bundle of Python's; those in a skill's folder and environment are found when it starts" },
	};
	cleanup(free_memory) struct reach *reach = calloc(1, sizeof(*reach));
	char text[REACH_TEXT + 512];

	if (!reach)
		return;
	reach_look(reach);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		enum roots_whose whose = kinds[i].whose;

		snprintf(text, sizeof(text), "%s %s", kinds[i].what, reach->found[whose]);
		check(writer, kinds[i].name, reach->count[whose] || whose != ROOTS_SYSTEM,
		    reach->count[whose] ? text : kinds[i].none,
		    "install the package ca-certificates, or name a bundle by SSL_CERT_FILE");
	}
	check(writer, "trust-node", true, "Node and Deno have authorities within and trust this node in a skill, by "
	    "NODE_EXTRA_CA_CERTS and DENO_CERT", "");
	snprintf(text, sizeof(text), "not understood, and left as they are: %s", reach->strange);
	if (*reach->strange)
		check(writer, "trust-strange", false, text, "a key store must open with the password \"changeit\"");
	snprintf(text, sizeof(text), "point its own setting at %s/ca.pem, or give the target `inspect: none`",
	    instance->state_directory);
	check(writer, "trust-pinned", false, "a client that pins a certificate or key, or has its authorities "
	    "compiled in (webpki-roots of Rust, Chromium, Firefox), does not trust this node", text);
	snprintf(text, sizeof(text), "start it with `interlock run`, or have the host trust %s/ca.pem "
	    "(update-ca-certificates, update-ca-trust)", instance->state_directory);
	check(writer, "trust-attached", false, "what is attached and has the host's mounts (a unit, a slice, a "
	    "group, a process) has the host's bundles; a container needs `interlock trust`", text);
}

static const char *
check_trial(struct writer *writer, const struct trial *trial)
{
	const char *mode = trial->passed[TRIAL_UNIX] ? "full" : "inet-only";

	for (size_t i = 0; i < COUNT(parts); i++) {
		enum trial_part part = parts[i].part;
		bool ok = trial->passed[part];
		const char *what = ok ? parts[i].yes : parts[i].no;

		if (part == TRIAL_LOAD && !ok && trial->why[0])
			what = trial->why;
		check(writer, parts[i].name, ok, what, parts[i].todo);
		if (!ok && part != TRIAL_UNIX)
			mode = "refuse";
	}
	return mode;
}

int
hooks_doctor(const struct instance *instance, char **json)
{
	struct trial trial = { 0 };
	struct writer writer = { 0 };
	const char *mode;
	char *text = NULL;
	size_t size;

	if (hooks_trial(instance, &trial))
		snprintf(trial.why, sizeof(trial.why),
		    "no trial was possible at %s (not root, or no cgroup2?)",
		    instance->cgroup);
	writer.to = open_memstream(&text, &size);
	if (!writer.to)
		return -ENOMEM;
	fputs("{\"checks\":[", writer.to);
	mode = check_trial(&writer, &trial);
	check_cgroup(&writer, instance);
	check_delegation(&writer, instance);
	check_kernel(&writer);
	check_trust(&writer, instance);
	for (size_t i = 0; i < COUNT(open_ways); i++)
		check(&writer, open_ways[i].name, false, open_ways[i].what,
		    open_ways[i].todo);
	fprintf(writer.to, "],\"mode\":\"%s\"}", mode);
	if (fclose(writer.to)) {
		free(text);
		return -ENOMEM;
	}
	*json = text;
	return 0;
}
