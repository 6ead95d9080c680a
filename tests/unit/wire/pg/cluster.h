/*
 * cluster.h: a real PostgreSQL of the test's own, and the codec between it and
 * libpq. The server listens on a socket in a temporary folder; beside it a relay
 * listens in another, one process per connection, so that libpq reaches either
 * by its host. All of it goes when the test ends.
 */
#ifndef CLUSTER_H
#define CLUSTER_H

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "wire/relay.h"

#define CLUSTER_BIN "/usr/lib/postgresql/15/bin/"
#define CLUSTER_FLOWS 256

struct cluster {
	char folder[64];	/* data in data/, sockets in real/ and relay/ */
	pid_t relay;
	struct { uint8_t bytes[64]; size_t n; } *cancels;	/* by flow, shared */
};

static void
cluster_run(const char *const argv[])
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		const struct passwd *user = getpwnam("postgres");

		if (!user || setgid(user->pw_gid) || setuid(user->pw_uid) || !freopen("/dev/null", "w", stdout))
			_exit(126);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status) {
		fprintf(stderr, "%s failed: %d\n", argv[0], status);
		exit(1);
	}
}

static void
cluster_folder(const char *path)
{
	const struct passwd *user = getpwnam("postgres");

	if (!user || (mkdir(path, 0700) && errno != EEXIST) || chown(path, user->pw_uid, user->pw_gid)) {
		perror(path);
		exit(1);
	}
}

static void
cluster_start(struct cluster *cluster)
{
	char data[128], real[128], options[256];
	FILE *hba;

	snprintf(cluster->folder, sizeof(cluster->folder), "/tmp/ilk-wire-XXXXXX");
	if (!mkdtemp(cluster->folder))
		exit(1);
	cluster_folder(cluster->folder);
	snprintf(real, sizeof(real), "%s/real", cluster->folder);
	cluster_folder(real);
	snprintf(data, sizeof(data), "%s/data", cluster->folder);
	cluster_run((const char *const[]){ CLUSTER_BIN "initdb", "-D", data, "-U", "owner", "-A", "trust", "-N",
		"-E", "UTF8", "--locale=C", NULL });
	snprintf(options, sizeof(options), "%s/pg_hba.conf", data);
	hba = fopen(options, "w");
	fprintf(hba, "local all scrammer scram-sha-256\nlocal all hasher md5\nlocal all all trust\n");
	fclose(hba);
	snprintf(options, sizeof(options), "-k %s -c listen_addresses='' -c fsync=off -c max_connections=40", real);
	cluster_run((const char *const[]){ CLUSTER_BIN "pg_ctl", "-D", data, "-w", "-o", options, "-l",
		"/dev/null", "start", NULL });
}

static void
cluster_stop(struct cluster *cluster)
{
	char data[128], command[160];

	kill(cluster->relay, SIGTERM);
	waitpid(cluster->relay, NULL, 0);
	snprintf(data, sizeof(data), "%s/data", cluster->folder);
	cluster_run((const char *const[]){ CLUSTER_BIN "pg_ctl", "-D", data, "-m", "immediate", "stop", NULL });
	snprintf(command, sizeof(command), "rm -rf '%s'", cluster->folder);
	if (system(command))
		perror(command);
}

static int
cluster_socket(const struct cluster *cluster, const char *which, bool listens)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s/.s.PGSQL.5432", cluster->folder, which);
	if (listens ? bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 64) :
	    connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		perror(address.sun_path);
		_exit(1);
	}
	return fd;
}

static void
cluster_write(int fd, struct out *out)
{
	while (out->n) {
		ssize_t n = write(fd, out->p, out->n);

		if (n <= 0)
			_exit(0);
		out_drop(out, (size_t)n);
	}
}

static void
cluster_note_cancel(struct cluster *cluster, struct relay *r, unsigned int flow)
{
	struct out bytes = out_new(64);

	if (r->codec->cancel(r->state, &bytes) && !bytes.failed) {
		memcpy(cluster->cancels[flow].bytes, bytes.p, bytes.n);
		cluster->cancels[flow].n = bytes.n;
	}
	out_free(&bytes);
}

/* A client's cancel: its flow's own, if it was given out, and the server closes. */
static void
cluster_cancel(struct cluster *cluster, struct relay *r, int client, int server)
{
	struct out bytes = out_new(64);
	size_t flow = span_be32(span_of(r->cancel.key.p, 4), 0) % CLUSTER_FLOWS;
	char byte;

	out_span(&bytes, span_of(cluster->cancels[flow].bytes, cluster->cancels[flow].n));
	cluster_write(server, &bytes);
	while (read(server, &byte, 1) > 0)
		;
	close(client);
	_exit(0);
}

/* Carry one connection until either side closes. */
static void
cluster_carry(struct cluster *cluster, struct relay *r, int client, unsigned int flow)
{
	static uint8_t room[65536];
	int fds[WIRE_SIDES] = { client, cluster_socket(cluster, "real", false) };

	for (;;) {
		struct pollfd polled[2] = { { fds[0], POLLIN, 0 }, { fds[1], POLLIN, 0 } };

		if (poll(polled, 2, -1) < 0)
			_exit(0);
		for (int side = 0; side < WIRE_SIDES; side++) {
			ssize_t n;

			if (!polled[side].revents)
				continue;
			n = read(fds[side], room, sizeof(room));
			if (n <= 0)
				_exit(0);
			relay_feed(r, (enum wire_side)side, span_of(room, (size_t)n));
			if (r->cancel.key.n)
				cluster_cancel(cluster, r, client, fds[WIRE_SERVER]);
			cluster_write(fds[0], &r->to[0]);
			cluster_write(fds[1], &r->to[1]);
			cluster_note_cancel(cluster, r, flow);
			if (r->is_bad)
				fprintf(stderr, "%.*s", (int)r->log.n, (const char *)r->log.p);
			if (r->is_bad || r->is_final)
				_exit(0);
			if (r->log.n > 1 << 20)
				out_clear(&r->log);
		}
	}
}

/* Listen in `which`; `set` dresses each relay before its first byte. */
static void
cluster_relay(struct cluster *cluster, const char *which, void (*set)(struct relay *, unsigned int))
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", cluster->folder, which);
	cluster_folder(path);
	fd = cluster_socket(cluster, which, true);
	cluster->cancels = mmap(NULL, sizeof(*cluster->cancels) * CLUSTER_FLOWS, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cluster->relay = fork();
	if (cluster->relay) {
		close(fd);
		return;
	}
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (unsigned int flow = 1;; flow++) {
		int client = accept(fd, NULL, NULL);
		struct relay r = { 0 };

		if (client >= 0 && fork() == 0) {
			close(fd);
			r.key = flow;
			set(&r, flow);
			cluster_carry(cluster, &r, client, flow % CLUSTER_FLOWS);
		}
		close(client);
	}
}

#endif
