/*
 * What a taken-over process can do to another over its channel: be found out, and
 * no more. Each row is sent raw by a worker to a keeper, with a right message behind
 * it that must still be heard; the warden must be told who it was.
 */
#include <sys/mman.h>
#include <sys/resource.h>

#include "msg/post_own.h"
#include "stand.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define SEAL_EXEC 0x20		/* F_SEAL_EXEC: added by itself where vm.memfd_noexec is set */
#define LARGE (MSG_INLINE + 5000)

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
	heard += head->type == MSG_MASK_KEYS || head->type == MSG_BEAT ||
	    (head->type == MSG_VIEW_OFFER && body.n == LARGE);
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

static unsigned int
open_count(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Say it with so many descriptors along, in as many pieces. */
static void
say_with(uint16_t type, size_t count, size_t pieces)
{
	struct msg_head head = { .version = MSG_VERSION, .type = type, .build = post->build };
	struct iovec part = { &head, sizeof(head) };
	_Alignas(struct cmsghdr) char control[256] = { 0 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = pieces * CMSG_SPACE(count * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	for (size_t i = 0; i < pieces; i++, c = CMSG_NXTHDR(&message, c)) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(count * sizeof(int));
		for (size_t n = 0; n < count; n++)
			memcpy(CMSG_DATA(c) + n * sizeof(int), &worker, sizeof(int));
	}
	CHECK(sendmsg(worker, &message, 0) == sizeof(head));
}

/* Descriptors that have no place in a message are closed, and their sender's fault. */
static void
many_descriptors(void)
{
	static const struct {
		size_t count, pieces;
	} rows[] = { { 1, 1 }, { 2, 1 }, { 3, 1 }, { 4, 1 }, { 40, 1 }, { 1, 2 }, { 2, 3 } };
	unsigned int before;

	begin();
	before = open_count();
	for (size_t i = 0; i < COUNT(rows); i++)
		say_with(MSG_MASK_KEYS, rows[i].count, rows[i].pieces);
	say(MSG_MASK_KEYS);
	wanted_heard = 1, wanted_faults = COUNT(rows);
	CHECK(stand_until(is_told));
	CHECK(heard == 1 && faults == COUNT(rows));
	CHECK(fault_slot == SLOT_WORKER && fault_type == MSG_MASK_KEYS);
	CHECK(open_count() == before);
	end();
}

/* Who has no descriptor left does not blame who sent one. */
static void
no_descriptor_left(void)
{
	struct rlimit limit, none;

	begin();
	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	none = limit;
	none.rlim_cur = 0;
	CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
	say_with(MSG_MASK_KEYS, 1, 1);
	say(MSG_MASK_KEYS);
	wanted_heard = 1, wanted_faults = 0;
	CHECK(stand_until(is_told));
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	CHECK(is_told() && heard == 1 && faults == 0);
	end();
}

/* A peer that asks for descriptors and does not read them does not take all there are. */
static void
unread_descriptors(void)
{
	unsigned int before, sent = 0;
	int pair[2], error = 0, gift;

	stand_channel(pair);
	warden = -1;
	stand_as(SLOT_LOADER, SLOT_WORKER, pair[0], hear);
	worker = pair[1];
	gift = open("/dev/null", O_RDONLY);
	before = open_count();
	for (; !error && sent < 5000; sent++)
		error = post_send(post, SLOT_WORKER, MSG_SOCKET_IS, 1, SPAN("\0\0\0\0"), gift);
	CHECK(error == -EAGAIN);
	CHECK(open_count() <= before + 512);
	/* what carries none still has room */
	CHECK(post_send(post, SLOT_WORKER, MSG_SOCKET_IS, 1, SPAN("\0\0\0\1"), -1) == 0);
	close(gift);
	end();
	CHECK(open_count() < before);
}

/* What was cut off is a byte left over. */
static void
too_long(void)
{
	static uint8_t packet[sizeof(struct msg_head) + MSG_INLINE + 1];
	struct msg_head head = {
		.version = MSG_VERSION, .type = MSG_VIEW_OFFER,
		.length = MSG_INLINE, .build = 0,
	};
	int pair[2], size = sizeof(packet) * 2;

	stand_channel(pair);
	warden = -1;
	stand_as(SLOT_WARDEN, SLOT_POLICY, pair[0], hear);
	worker = pair[1];
	CHECK(setsockopt(worker, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0);
	head.build = post->build;
	memcpy(packet, &head, sizeof(head));
	heard = faults = 0;
	CHECK(send(worker, packet, sizeof(packet), 0) == sizeof(packet));
	wanted_heard = 0, wanted_faults = 1;
	CHECK(stand_until(is_told));
	CHECK(faults == 1 && fault_slot == SLOT_POLICY);
	end();
}

/* Say a large message whose body is sealed like this. */
static void
say_sealed(int seals, off_t size)
{
	struct msg_head head = {
		.version = MSG_VERSION, .type = MSG_VIEW_OFFER, .length = LARGE, .build = post->build,
	};
	struct iovec part = { &head, sizeof(head) };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	int fd = memfd_create("body", MFD_ALLOW_SEALING);
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	CHECK(fd >= 0 && ftruncate(fd, size) == 0);
	if (fcntl(fd, F_ADD_SEALS, seals))	/* a kernel that does not know the last one */
		CHECK(fcntl(fd, F_ADD_SEALS, seals & SEALS) == 0);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	CHECK(sendmsg(worker, &message, 0) == sizeof(head));
	close(fd);
}

/* A large body is heard with all seals that count, and others beside them. */
static void
sealed_body(void)
{
	static const struct {
		int seals;
		off_t size;
		bool is_right;
	} rows[] = {
		{ SEALS, LARGE, true },
		{ SEALS | SEAL_EXEC, LARGE, true },
		{ SEALS & ~F_SEAL_WRITE, LARGE, false },
		{ SEALS & ~F_SEAL_SHRINK, LARGE, false },
		{ SEALS & ~F_SEAL_GROW, LARGE, false },
		{ SEALS, LARGE - 1, false },
		{ SEALS, LARGE + 1, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int pair[2];

		stand_channel(pair);
		warden = -1;
		stand_as(SLOT_WARDEN, SLOT_POLICY, pair[0], hear);
		worker = pair[1];
		heard = faults = 0;
		say_sealed(rows[i].seals, rows[i].size);
		wanted_heard = rows[i].is_right, wanted_faults = !rows[i].is_right;
		CHECK(stand_until(is_told));
		CHECK(heard == wanted_heard && faults == wanted_faults);
		end();
	}
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
	many_descriptors();
	no_descriptor_left();
	unread_descriptors();
	too_long();
	sealed_body();
	to_the_warden();
	return check_end();
}
