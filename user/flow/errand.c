/*
 * errand.c: one message to a flow's backend, on a connection of its own.
 * PostgreSQL takes a cancel so, and answers nothing. Where the loader must make
 * the socket it is asked first; an errand has its own request
 * for that, since its flow may be waiting for another. It ends by itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/must.h"
#include "dial/dial.h"
#include "flow/flow.h"
#include "msg/post.h"

#define ERRAND_NS (10 * SECOND_NS)
#define ERRANDS_MOST 256	/* of one worker */

struct errand {
	struct errand *next;
	struct worker *worker;
	uint64_t request;	/* waits for its socket; 0: has it */
	uint8_t ip[16];
	uint16_t port;
	bool comes_connected;
	int fd;
	struct watch *watch;
	struct timer deadline;
	struct out message;
};

static void
finish(void *arg)
{
	struct errand *errand = arg, **at = &errand->worker->errands;

	while (*at != errand)
		at = &(*at)->next;
	*at = errand->next;
	errand->worker->errand_count--;
	loop_unset(errand->worker->loop, &errand->deadline);
	loop_unwatch(errand->worker->loop, &errand->watch);
	close_fd(&errand->fd);
	out_free(&errand->message);
	free(errand);
}

static void
go(void *arg, uint32_t events)
{
	struct errand *errand = arg;
	ssize_t n;

	(void)events;
	if (dial_result(errand->fd)) {
		finish(errand);
		return;
	}
	n = send(errand->fd, errand->message.p, errand->message.n, MSG_NOSIGNAL);
	if (n < 0 && errno == EAGAIN)
		return;
	finish(errand);
}

/* With a socket, or the negative errno of having none. */
static void
begin(struct errand *errand, int fd)
{
	errand->fd = fd;
	if (fd < 0 || (!errand->comes_connected && dial_connect(fd, errand->ip, errand->port)) ||
	    loop_watch(errand->worker->loop, fd, EPOLLOUT, go, errand, &errand->watch))
		finish(errand);
}

void
errand_send(struct flow *flow, struct out *message)
{
	const struct view_target *target = &flow->policy->view->targets[flow->target];
	const struct abi_origin *origin = &flow->who.origin;
	struct worker *worker = flow->worker;
	struct errand *errand = worker->errand_count < ERRANDS_MOST ?
	    calloc(1, sizeof(*errand)) : NULL;

	if (!errand) {
		out_free(message);
		return;
	}
	*errand = (struct errand){
		.next = worker->errands, .worker = worker, .message = *message,
		.port = origin->port, .fd = -1, .comes_connected = dial_comes_connected(target),
	};
	memcpy(errand->ip, origin->ip, sizeof(errand->ip));
	worker->errands = errand;
	worker->errand_count++;
	*message = out_new(0);
	if (loop_set(worker->loop, &errand->deadline, ERRAND_NS, finish, errand)) {
		finish(errand);
		return;
	}
	if (!dial_is_asked(target)) {
		begin(errand, dial_socket(origin->ip));
		return;
	}
	errand->request = post_id(worker->post);
	if (dial_ask(worker->post, errand->request, target, origin))
		finish(errand);
}

bool
errand_hear_socket(struct worker *worker, uint64_t request, int fd)
{
	struct errand *errand = request ? worker->errands : NULL;

	while (errand && errand->request != request)
		errand = errand->next;
	if (!errand)
		return false;
	errand->request = 0;
	begin(errand, fd);
	return true;
}
