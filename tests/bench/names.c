/*
 * names.c (bench): what an answer to a question for a name costs. Arguments: how often,
 * an IPv4 address and a port of a DNS server, a name. Prints the microseconds from asking
 * to having the answer, a line for each; ends with 1 when one has no address in it.
 */
#include <ares.h>
#include <arpa/inet.h>
#include <ares_nameser.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

/* Microseconds, or -1. A socket for each, as a resolver library has. */
static double
one(const struct sockaddr_in *to, const unsigned char *question, int size)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), count = 1;
	struct timeval patience = { .tv_sec = 5 };
	struct ares_addrttl address;
	unsigned char answer[1500];
	uint64_t before = clock_mono();
	ssize_t n = -1;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) == 0 && send(fd, question, (size_t)size, 0) == size)
		n = recv(fd, answer, sizeof(answer), 0);
	before = clock_mono() - before;
	close(fd);
	if (n < 0 || ares_parse_a_reply(answer, (int)n, NULL, &address, &count) != ARES_SUCCESS)
		return -1;
	return (double)before / 1000;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	unsigned char *question;
	int size;

	if (argc != 5 || inet_pton(AF_INET, argv[2], &to.sin_addr) != 1 ||
	    ares_create_query(argv[4], ns_c_in, ns_t_a, 77, 1, &question, &size, 1232) != ARES_SUCCESS)
		return 2;
	to.sin_port = htons((uint16_t)atoi(argv[3]));
	for (int n = atoi(argv[1]); n; n--) {
		double us = one(&to, question, size);

		if (us < 0) {
			fputs("no answer\n", stderr);
			return 1;
		}
		printf("%.2f\n", us);
		usleep(25000);	/* fewer in a second than a session may ask */
	}
	ares_free_string(question);
	return 0;
}
