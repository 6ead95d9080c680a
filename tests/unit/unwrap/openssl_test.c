/* Both faces against the real `openssl s_client` and `s_server` on loopback. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "unwrap/tls.h"
#include "vault/authority.h"

#define LIMIT (1u << 20)
#define NAME "db.example.org"
#define PATIENCE_MS 10000

static char place[] = "/tmp/openssl_test.XXXXXX";
static struct out root_pem, chain_pem, key_pem;

static void
put(const char *name, struct span text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", place, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	if (fd < 0 || write(fd, text.p, text.n) != (ssize_t)text.n)
		abort();
	close(fd);
}

/* Start `openssl ARGUMENTS`; its input and output are pipes. */
static pid_t
start(const char *arguments, int *input, int *output)
{
	char line[1024];
	int in[2], out[2];
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		abort();
	snprintf(line, sizeof(line), "exec openssl %s 2>&1", arguments);
	pid = fork();
	if (pid == 0) {
		if (chdir(place))
			_exit(126);
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl("/bin/sh", "sh", "-c", line, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	*input = in[1];
	*output = out[0];
	return pid;
}

static void
finish(pid_t pid, int input, int output)
{
	close(input);
	close(output);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

/* Read until `wanted` is seen; what was read is in `text`. */
static bool
wait_for(int fd, const char *wanted, char *text, size_t room)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	size_t n = 0;

	text[0] = 0;
	while (!strstr(text, wanted) && n + 1 < room && poll(&ready, 1, PATIENCE_MS) == 1) {
		ssize_t got = read(fd, text + n, room - 1 - n);

		if (got <= 0)
			break;
		n += (size_t)got;
		text[n] = 0;
	}
	return strstr(text, wanted) != NULL;
}

static bool
send_all(int fd, struct out *cipher)
{
	bool right = send(fd, cipher->p, cipher->n, MSG_NOSIGNAL) == (ssize_t)cipher->n;

	out_clear(cipher);
	return right;
}

/* One leg over a socket until it is open, broken, or `want` bytes have come. */
static enum tls_state
carry(int fd, struct tls *tls, struct out *plain, struct out *cipher, size_t want)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	enum tls_state state = tls_write(tls, SPAN(""), cipher);
	uint8_t room[4096];
	struct span name;

	for (;;) {
		if (tls_needs_leaf(tls, &name)) {
			CHECK(span_is(name, NAME));
			CHECK(tls_set_leaf(tls, out_view(&chain_pem), out_view(&key_pem)) == 0);
			state = tls_write(tls, SPAN(""), cipher);
		}
		if (cipher->n && !send_all(fd, cipher))
			return state;
		if (state == TLS_BROKEN || state == TLS_CLOSED || (state == TLS_OPEN && plain->n >= want))
			return state;
		if (poll(&ready, 1, PATIENCE_MS) != 1)
			return state;
		ssize_t n = recv(fd, room, sizeof(room), 0);
		if (n <= 0)
			return state;
		state = tls_read(tls, span_of(room, (size_t)n), plain, cipher);
	}
}

static const struct {
	const char *name, *arguments;
	enum tls_state state;
} clients[] = {
	{ "TLS 1.3", "-tls1_3 -verify_hostname " NAME " -verify_return_error -CAfile root.pem", TLS_OPEN },
	{ "TLS 1.2", "-tls1_2 -verify_hostname " NAME " -verify_return_error -CAfile root.pem", TLS_OPEN },
	{ "by address", "-verify_ip 10.0.0.5 -verify_return_error -CAfile root.pem", TLS_OPEN },
	{ "ALPN", "-alpn postgresql -verify_return_error -CAfile root.pem", TLS_OPEN },
	{ "strict", "-x509_strict -verify_hostname " NAME " -verify_return_error -CAfile root.pem", TLS_OPEN },
	{ "TLS 1.1", "-tls1_1 -cipher ALL:@SECLEVEL=0", TLS_BROKEN },
	{ "other CA", "-verify_return_error -no-CAfile -no-CApath -no-CAstore", TLS_BROKEN },
	{ "other name", "-verify_hostname evil.org -verify_return_error -CAfile root.pem", TLS_BROKEN },
};

/* Our server face, their client. */
static void
check_server(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char arguments[512], text[8192];

	CHECK(!bind(door, (struct sockaddr *)&address, sizeof(address)) && !listen(door, 8));
	getsockname(door, (struct sockaddr *)&address, &size);
	for (size_t i = 0; i < COUNT(clients); i++) {
		struct out plain = out_new(LIMIT), cipher = out_new(LIMIT);
		struct tls *tls = NULL;
		enum tls_state state;
		int input, output, fd;
		pid_t pid;

		snprintf(arguments, sizeof(arguments),
		    "s_client -quiet -no_ign_eof -connect 127.0.0.1:%d -servername " NAME " %s",
		    ntohs(address.sin_port), clients[i].arguments);
		pid = start(arguments, &input, &output);
		fd = accept4(door, NULL, NULL, SOCK_CLOEXEC);
		CHECK(tls_server_new(&tls, "postgresql", false) == 0);
		CHECK(write(input, "hello\n", 6) == 6);
		state = carry(fd, tls, &plain, &cipher, 6);
		CHECK_ROW(clients[i].name, state == clients[i].state);
		if (clients[i].state == TLS_OPEN) {
			CHECK_ROW(clients[i].name, span_is(out_view(&plain), "hello\n"));
			tls_write(tls, SPAN("good day\n"), &cipher);
			CHECK(send_all(fd, &cipher));
			CHECK_ROW(clients[i].name, wait_for(output, "good day", text, sizeof(text)));
		} else {
			CHECK_ROW(clients[i].name, tls_error(tls)[0]);
			CHECK_ROW(clients[i].name, plain.n == 0);
		}
		tls_free(&tls);
		out_free(&plain);
		out_free(&cipher);
		close(fd);
		finish(pid, input, output);
	}
	close(door);
}

static const struct {
	const char *name, *arguments;
	enum view_tls how;
	const char *ask;
	enum tls_state state;
	const char *why;
} servers[] = {
	{ "TLS 1.3", "-tls1_3", TLS_VERIFY_FULL, NAME, TLS_OPEN, "" },
	{ "TLS 1.2", "-tls1_2", TLS_VERIFY_FULL, NAME, TLS_OPEN, "" },
	{ "tickets", "-num_tickets 3", TLS_VERIFY_FULL, NAME, TLS_OPEN, "" },
	{ "by address", "", TLS_VERIFY_FULL, "10.0.0.5", TLS_OPEN, "" },
	{ "other name", "", TLS_VERIFY_FULL, "evil.org", TLS_BROKEN, "hostname mismatch" },
	{ "TLS 1.1", "-tls1_1 -cipher ALL:@SECLEVEL=0", TLS_REQUIRE, NAME, TLS_BROKEN, "ended TLS" },
};

/* Our client face, their server, which sends each line back reversed. */
static void
check_client(const struct tls_roots *roots)
{
	char arguments[512], text[8192];

	for (size_t i = 0; i < COUNT(servers); i++) {
		struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		struct out plain = out_new(LIMIT), cipher = out_new(LIMIT);
		struct tls *tls = NULL;
		enum tls_state state;
		int input, output, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		const char *port;
		pid_t pid;

		snprintf(arguments, sizeof(arguments), "s_server -accept 127.0.0.1:0 -naccept 1 -rev "
		    "-cert chain.pem -key key.pem %s", servers[i].arguments);
		pid = start(arguments, &input, &output);
		CHECK_ROW(servers[i].name, wait_for(output, "ACCEPT 127.0.0.1:", text, sizeof(text)));
		port = strstr(text, "ACCEPT 127.0.0.1:");
		address.sin_port = htons((uint16_t)(port ? atoi(port + 17) : 0));
		CHECK_ROW(servers[i].name, !connect(fd, (struct sockaddr *)&address, sizeof(address)));
		CHECK(tls_client_new(&tls, servers[i].how, roots, servers[i].ask, NULL) == 0);
		state = carry(fd, tls, &plain, &cipher, 0);
		CHECK_ROW(servers[i].name, state == servers[i].state);
		CHECK_ROW(servers[i].name, strstr(tls_error(tls), servers[i].why) != NULL);
		if (state == TLS_OPEN) {
			tls_write(tls, SPAN("abc\n"), &cipher);
			CHECK_ROW(servers[i].name, carry(fd, tls, &plain, &cipher, 4) == TLS_OPEN);
			CHECK_ROW(servers[i].name, span_is(out_view(&plain), "cba\n"));
		}
		tls_free(&tls);
		out_free(&plain);
		out_free(&cipher);
		close(fd);
		finish(pid, input, output);
	}
}

int
main(void)
{
	static const uint8_t ip[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 5 };
	struct span name = SPAN(NAME);
	struct leaf_terms terms = { &name, 1, ip };
	struct authority *authority = NULL;
	struct tls_roots *roots = NULL;
	uint64_t now = (uint64_t)time(NULL);
	char command[64];

	if (!mkdtemp(place))
		return 1;
	root_pem = chain_pem = key_pem = out_new(LIMIT);
	CHECK(authority_new(&authority, now) == 0);
	CHECK(authority_certificate(authority, &root_pem) == 0);
	CHECK(authority_sign(authority, &terms, now, &chain_pem, &key_pem) == 0);
	CHECK(tls_roots_new(&roots, out_view(&root_pem)) == 0);
	put("root.pem", out_view(&root_pem));
	put("chain.pem", out_view(&chain_pem));
	put("key.pem", out_view(&key_pem));
	check_server();
	check_client(roots);
	tls_roots_free(&roots);
	authority_free(&authority);
	out_free(&root_pem);
	out_free(&chain_pem);
	out_free(&key_pem);
	snprintf(command, sizeof(command), "rm -r %s", place);
	CHECK(system(command) == 0);
	return check_end();
}
