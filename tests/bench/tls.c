/*
 * tls.c (bench): new connections of HTTPS, each with one request and its answer to the end, by so many at once.
 * Arguments: seconds, how many at once, "full" or "resume" (each takes up the session of the one before), port, CA file (empty:
 * the system's), name, path. Prints the connections, how many of them took up a session, and how many a second.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

struct count {
	unsigned long all, resumed;
};

static SSL_SESSION *last;

static int
keep(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	SSL_SESSION_free(last);
	last = session;
	return 1;
}

static int
dial(unsigned int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int)) == 0 &&
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* One request, and all of its answer. False: it is no 200. */
static bool
ask(SSL *ssl, const char *name, const char *path)
{
	char text[8192];
	bool is_first = true, is_right = false;
	int n = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, name);

	if (SSL_write(ssl, text, n) != n)
		return false;
	while ((n = SSL_read(ssl, text, sizeof(text))) > 0) {
		if (is_first)
			is_right = n > 12 && memcmp(text, "HTTP/1.1 200", 12) == 0;
		is_first = false;
	}
	return is_right;
}

static bool
one(SSL_CTX *context, char **argv, struct count *count)
{
	int fd = dial((unsigned int)strtoul(argv[4], NULL, 10));
	SSL *ssl = SSL_new(context);
	bool right = fd >= 0 && ssl && SSL_set_fd(ssl, fd) == 1 && SSL_set_tlsext_host_name(ssl, argv[6]) == 1 &&
	    SSL_set1_host(ssl, argv[6]) == 1 && (!last || SSL_set_session(ssl, last) == 1) && SSL_connect(ssl) == 1 &&
	    ask(ssl, argv[6], argv[7]);

	if (!right)
		ERR_print_errors_fp(stderr);
	count->all += right;
	count->resumed += right && SSL_session_reused(ssl) == 1;
	if (ssl)
		SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(ssl);
	if (fd >= 0)
		close(fd);
	return right;
}

/* Returns 0, or 1 when one of them went wrong. */
static int
run(char **argv, struct count *count)
{
	uint64_t end = clock_mono() + strtoull(argv[1], NULL, 10) * SECOND_NS;
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	if (!context || (*argv[5] ? SSL_CTX_load_verify_locations(context, argv[5], NULL) :
	    SSL_CTX_set_default_verify_paths(context)) != 1)
		return 1;
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	if (strcmp(argv[3], "resume") == 0) {
		SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
		SSL_CTX_sess_set_new_cb(context, keep);
	}
	while (clock_mono() < end)
		if (!one(context, argv, count))
			return 1;
	return 0;
}

int
main(int argc, char **argv)
{
	unsigned int many = argc == 8 ? (unsigned int)strtoul(argv[2], NULL, 10) : 0, i;
	struct count *counts, sum = { 0 };
	uint64_t began = clock_mono();
	int status, failed = 0;

	if (!many || many > 256)
		return 2;
	counts = mmap(NULL, many * sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED)
		return 1;
	for (i = 0; i < many; i++)
		if (fork() == 0)
			_exit(run(argv, &counts[i]));
	while (wait(&status) > 0)
		failed |= status != 0;
	for (i = 0; i < many; i++) {
		sum.all += counts[i].all;
		sum.resumed += counts[i].resumed;
	}
	printf("%lu connections, %lu of them resumed, %.1f/s\n", sum.all, sum.resumed,
	    (double)sum.all * 1e9 / (double)(clock_mono() - began));
	return failed;
}
