/*
 * What a taken-over process can do to another over its channel: be found out, and
 * no more. Each row is sent raw by a worker to a keeper, with a right message behind
 * it that must still be heard; the warden must be told who it was.
 */
#include "msg/post_own.h"
#include "stand.h"

static int warden, worker;		/* the test's ends */
static unsigned int heard, faults, fault_slot, fault_type;
static unsigned int wanted_heard, wanted_faults;

static bool
hear(void *arg, unsigned int from, const struct msg_head *head, struct span body, int fd)
{
	(void)arg;
	if (fd >= 0)
		close(fd);
	if (head->type == MSG_SENDER_FAULT) {
		CHECK(from == SLOT_WARDEN && body.n == 3);
		fault_slot = body.p[0];
		faults++;
	}
	heard += head->type == MSG_MASK_KEYS || head->type == MSG_BEAT;
	return true;
}

/* Count what the warden was told. */
static bool
is_told(void)
{
	struct msg_head head;
	struct span body;

	while (stand_read(warden, &head, &body)) {
		if (head.type != MSG_SENDER_FAULT)
			continue;
		fault_slot = body.p[0];
		fault_type = span_be16(body, 1);
		faults++;
	}
	return heard >= wanted_heard && faults >= wanted_faults;
}

static void
say(uint16_t type)
{
	struct msg_head head = { .version = MSG_VERSION, .type = type, .build = post->build };

	CHECK(send(worker, &head, sizeof(head), 0) == sizeof(head));
}

static void
begin(void)
{
	int a[2], b[2];

	stand_channel(a);
	stand_channel(b);
	stand_among(SLOT_KEEPER, (struct stand_peer[]){
		{ SLOT_WARDEN, a[0] }, { SLOT_WORKER, b[0] } }, 2, hear);
	close(a[0]);
	close(b[0]);
	warden = a[1];
	worker = b[1];
	heard = faults = 0;
}

static void
end(void)
{
	post_free(&post);
	loop_free(&loop);
	close(warden);
	close(worker);
}

/* A packet of no bytes is its sender's fault, and not the end of anybody else. */
static void
empty_packet(void)
{
	begin();
	CHECK(send(worker, "", 0, 0) == 0);
	CHECK(send(worker, "", 0, 0) == 0);
	say(MSG_MASK_KEYS);
	wanted_heard = 1, wanted_faults = 2;
	CHECK(stand_until(is_told));
	CHECK(heard == 1 && faults == 2);
	CHECK(fault_slot == SLOT_WORKER && fault_type == MSG_NONE);
	end();
}

/* A channel that its other side has shut is over, and only that one. */
static void
shut_channel(void)
{
	begin();
	say(MSG_MASK_KEYS);
	CHECK(shutdown(worker, SHUT_RDWR) == 0);
	wanted_heard = 1, wanted_faults = 1;
	CHECK(stand_until(is_told));
	CHECK(heard == 1 && faults == 1 && fault_slot == SLOT_WORKER);
	CHECK(post_send(post, SLOT_WORKER, MSG_MASK_KEYS_ARE, 0, SPAN("12345678"), -1) == -ENOTCONN);
	end();
}

/* The warden's channel is over when the warden is: then everything ends. */
static void
warden_gone(void)
{
	begin();
	close(warden);
	loop_set(loop, &(struct timer){ 0 }, 5 * SECOND_NS, stand_halt, NULL);
	CHECK(loop_run(loop) == 1);
	end();
}

/* The warden hears of what is sent to itself, too. */
static void
to_the_warden(void)
{
	int pair[2];

	stand_channel(pair);
	warden = -1;
	stand_as(SLOT_WARDEN, SLOT_WORKER + 2, pair[0], hear);
	worker = pair[1];
	heard = faults = 0;
	CHECK(send(worker, "", 0, 0) == 0);
	say(MSG_BEAT);
	wanted_heard = 1, wanted_faults = 1;
	CHECK(stand_until(is_told));
	CHECK(heard == 1 && faults == 1 && fault_slot == SLOT_WORKER + 2);
	end();
}

int
main(void)
{
	empty_packet();
	shut_channel();
	warden_gone();
	to_the_warden();
	return check_end();
}
