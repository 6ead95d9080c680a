/*
 * ask.c: questions of our own, by c-ares: which servers, over which sockets, how
 * long. Its sockets are watched by our loop, its one deadline is a timer of ours. The
 * servers are those of /etc/resolv.conf as it was when this process started, or those
 * that the policy names.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "names/names.h"
#include "view.h"

#define TIMEOUT_MS 1000		/* of the first try; c-ares doubles it */
#define TRIES 3
#define EDNS_SIZE 1232
#define CLASS_IN 1

static void set_patience(struct names *);

static void
ready(void *arg, uint32_t events)
{
	const struct ask_socket *s = arg;
	bool reads = events & (EPOLLIN | EPOLLHUP | EPOLLERR), writes = events & EPOLLOUT;
	struct names *names = s->names;

	ares_process_fd(names->channel, reads ? s->fd : ARES_SOCKET_BAD, writes ? s->fd : ARES_SOCKET_BAD);
	set_patience(names);
}

static struct ask_socket *
place_of(struct names *names, int fd)
{
	for (size_t i = 0; i < NAMES_SOCKETS; i++)
		if (names->sockets[i].fd == fd)
			return &names->sockets[i];
	return NULL;
}

/* c-ares says what it waits for at a socket; nothing: it is about to close it. One that
 * finds no place is not watched, and its question runs out of time. */
static void
changed(void *arg, ares_socket_t fd, int reads, int writes)
{
	struct names *names = arg;
	uint32_t events = (reads ? EPOLLIN : 0) | (writes ? EPOLLOUT : 0);
	struct ask_socket *s = place_of(names, fd);

	if (!s)
		s = place_of(names, -1);
	if (!s)
		return;
	loop_unwatch(names->loop, &s->watch);
	s->fd = -1;
	if (events && loop_watch(names->loop, fd, events, ready, s, &s->watch) == 0)
		s->fd = fd;
}

static void
out_of_time(void *arg)
{
	struct names *names = arg;

	ares_process_fd(names->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_patience(names);
}

static void
set_patience(struct names *names)
{
	struct timeval room, *left = ares_timeout(names->channel, NULL, &room);

	if (left)
		(void)loop_set(names->loop, &names->patience, (uint64_t)left->tv_sec * SECOND_NS +
		    (uint64_t)left->tv_usec * 1000 + MILLISECOND_NS, out_of_time, names);
	else
		loop_unset(names->loop, &names->patience);
}

int
ask_open(struct names *names)
{
	struct ares_options options = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS,
		.timeout = TIMEOUT_MS, .tries = TRIES, .ednspsz = EDNS_SIZE,
		.sock_state_cb = changed, .sock_state_cb_data = names,
	};
	int status;

	for (size_t i = 0; i < NAMES_SOCKETS; i++)
		names->sockets[i] = (struct ask_socket){ .names = names, .fd = -1 };
	status = ares_library_init(ARES_LIB_INIT_ALL);
	if (status == ARES_SUCCESS)
		status = ares_init_options(&names->channel, &options, ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS |
		    ARES_OPT_TRIES | ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB);
	if (status == ARES_SUCCESS)
		status = ares_get_servers_ports(names->channel, &names->system);
	return status == ARES_SUCCESS ? 0 : status == ARES_ENOMEM ? -ENOMEM : -EIO;
}

void
ask_servers(struct names *names)
{
	const char *servers = names->view->servers;
	int status = *servers ? ares_set_servers_ports_csv(names->channel, servers) :
	    ares_set_servers_ports(names->channel, names->system);

	if (status != ARES_SUCCESS)
		log_error("the DNS servers cannot be set: %s", ares_strerror(status));
}

void
ask(struct names *names, const char *host, int type, ares_callback fn, void *arg)
{
	ares_query(names->channel, host, CLASS_IN, type, fn, arg);
	set_patience(names);
}

void
ask_give_up(struct names *names)
{
	ares_cancel(names->channel);
	set_patience(names);
}

void
ask_close(struct names *names)
{
	loop_unset(names->loop, &names->patience);
	if (names->system)
		ares_free_data(names->system);
	if (names->channel)
		ares_destroy(names->channel);
	ares_library_cleanup();
}
