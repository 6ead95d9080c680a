/*
 * dial.c (bench): what connect() alone costs. Arguments: how often, an IPv4 address, a
 * port. Prints the microseconds of each call, a line for each.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

/* Microseconds, or -1. The pause lets who accepts it do so and let go of it. */
static double
one(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint64_t before = clock_mono(), after;
	int error = fd < 0 ? -1 : connect(fd, (const struct sockaddr *)to, sizeof(*to));

	after = clock_mono();
	if (fd >= 0)
		close(fd);
	usleep(1000);
	return error ? -1 : (double)(after - before) / 1000;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };

	if (argc != 4 || inet_pton(AF_INET, argv[2], &to.sin_addr) != 1)
		return 2;
	to.sin_port = htons((uint16_t)atoi(argv[3]));
	for (int n = atoi(argv[1]); n; n--) {
		double us = one(&to);

		if (us < 0) {
			perror("connect");
			return 1;
		}
		printf("%.2f\n", us);
	}
	return 0;
}
