/*
 * A recorder over real channels: what it is sent is in the ledger once and in
 * order, with its body, it says so, it survives kill -9 without doubling or missing
 * anything, refuses what is sent in another's name or with another's body, follows
 * its view, and waits out a full disk.
 */
#include "ledger/keep_record.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "action.h"
#include "ledger/blob.h"
#include "ledger/note.h"
#include "ledger/read.h"
#include "ledger/tile.h"
#include "ledger/verify.h"
#include "loop/loop.h"
#include "make.h"
#include "msg.h"
#include "view.h"

#define PATIENCE_MS 10000

static int folder;
static char path[64];
static int ends[SLOTS];	/* our ends of the recorder's channels */
static uint64_t build;
static pid_t recorder;

/* A descriptor that no channel will be put over. */
static int
clear_of_channels(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, 90);

	close(fd);
	return high;
}

static void
be_recorder(const int *theirs)
{
	struct keep_record *keep = NULL;
	struct ledger_found found;
	struct loop *loop = NULL;
	int status;

	for (int slot = 0; slot < SLOTS; slot++)
		if (theirs[slot] > 0 &&
		    dup2(theirs[slot], MSG_FD_CHANNEL(slot)) < 0)
			_exit(9);
	if (keep_record_prepare() || loop_new(&loop) ||
	    keep_record_open(&keep, loop, folder, &found))
		_exit(8);
	status = loop_run(loop);
	keep_record_close(&keep);
	loop_free(&loop);
	_exit(status ? 1 : 0);
}

/* One packet from `slot`'s channel: its type, and its body in *body. 0: none came. */
static uint16_t
hear(unsigned int slot, struct span *body)
{
	static uint8_t room[65536];
	struct pollfd wait = { .fd = ends[slot], .events = POLLIN };
	struct msg_head head;
	ssize_t n;

	if (poll(&wait, 1, PATIENCE_MS) != 1)
		return 0;
	n = recv(ends[slot], room, sizeof(room), 0);
	if (n < (ssize_t)sizeof(head))
		return 0;
	memcpy(&head, room, sizeof(head));
	build = head.build;
	*body = span_of(room + sizeof(head), (size_t)n - sizeof(head));
	return head.type;
}

/* The next message of this type; beats and others in between are skipped. */
static bool
hear_type(unsigned int slot, uint16_t type, struct span *body)
{
	uint16_t got;

	while ((got = hear(slot, body)) && got != type)
		;
	return got == type;
}

static void
start(void)
{
	int theirs[SLOTS] = { 0 };
	static const unsigned int slots[] = { SLOT_WARDEN, SLOT_POLICY, SLOT_BROKER,
		SLOT_KEEPER, SLOT_WORKER };
	struct span body;

	for (size_t i = 0; i < COUNT(slots); i++) {
		int pair[2], size = 1 << 20;

		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
			abort();
		setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		/* out of the way of the channels' numbers */
		if (ends[slots[i]] > 0)
			close(ends[slots[i]]);
		ends[slots[i]] = fcntl(pair[0], F_DUPFD_CLOEXEC, 100);
		theirs[slots[i]] = fcntl(pair[1], F_DUPFD_CLOEXEC, 150);
		close(pair[0]);
		close(pair[1]);
	}
	recorder = fork();
	if (recorder == 0)
		be_recorder(theirs);
	for (size_t i = 0; i < COUNT(slots); i++)
		close(theirs[slots[i]]);
	CHECK(hear_type(SLOT_WARDEN, MSG_READY, &body) && body.n == 0);
	CHECK(hear_type(SLOT_POLICY, MSG_VIEW_ASK, &body));
}

static void
say(unsigned int slot, uint16_t type, struct span body)
{
	struct out packet = out_new(1 << 17);
	struct msg_head head = { .version = MSG_VERSION, .type = type,
		.length = (uint32_t)body.n, .build = build, .id = 5 };

	out_bytes(&packet, &head, sizeof(head));
	out_span(&packet, body);
	if (send(ends[slot], packet.p, packet.n, MSG_NOSIGNAL) != (ssize_t)packet.n) {
		perror("the recorder does not listen");
		exit(1);
	}
	out_free(&packet);
}

static void
say_entry(unsigned int slot, const char *process, enum level level,
    uint64_t incarnation, uint64_t sequence)
{
	struct out body = out_new(1 << 17);

	out_u8(&body, (uint8_t)level);
	out_be64(&body, incarnation);
	out_be64(&body, sequence);
	out_block(&body, make_entry_of(process, incarnation, sequence, 40));
	say(slot, MSG_ENTRY, out_view(&body));
	out_free(&body);
}

/* An entry that names `body`, with `sent` as the body that comes along (NULL: none). */
static void
say_body(enum level level, uint64_t sequence, struct span body, const struct span *sent)
{
	static uint8_t room[ENTRY_LIMIT];
	struct out packet = out_new(1 << 17);
	struct entry entry;
	struct hash name;
	struct span whole;

	hash_bytes(&name, -1, body, span_of(NULL, 0));
	entry_begin(&entry, room, ENTRY_ASK);
	entry_text(&entry, KEY_PROCESS, SPAN("worker/0"));
	entry_uint(&entry, KEY_SEQUENCE, sequence);
	entry_uint(&entry, KEY_INCARNATION, 7);
	entry_uint(&entry, KEY_WALL, clock_wall());
	entry_uint(&entry, KEY_BOOT_TIME, clock_boot());
	entry_bytes(&entry, KEY_VALUES_BLOB, span_of(name.p, HASH_SIZE));
	CHECK(entry_end(&entry, &whole) == 0);
	out_u8(&packet, (uint8_t)level);
	out_be64(&packet, 7);
	out_be64(&packet, sequence);
	out_block(&packet, whole);
	if (sent)
		out_block(&packet, *sent);
	say(SLOT_WORKER, MSG_ENTRY, out_view(&packet));
	out_free(&packet);
}

static uint8_t told_full;	/* what the last MSG_KEPT said of the disk */

/* Wait until the recorder says that all up to `sequence` is kept at `level`. */
static bool
is_kept(unsigned int slot, enum level level, uint64_t incarnation, uint64_t sequence)
{
	struct span body;
	uint64_t run, up_to;
	uint8_t how;

	while (hear_type(slot, MSG_KEPT, &body)) {
		if (!take_u8(&body, &how) || !take_u8(&body, &told_full) || !take_be64(&body, &run) ||
		    !take_be64(&body, &up_to) || body.n || (run && run != incarnation))
			return false;
		if (how == level && up_to >= sequence)
			return up_to == sequence;
	}
	return false;
}

static int
quit(void)
{
	int status;

	say(SLOT_WARDEN, MSG_QUIT, span_of(NULL, 0));
	if (waitpid(recorder, &status, 0) != recorder)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Entries of a process in the ledger: they are 1, 2, 3 …; how many. */
static uint64_t
count_of(const char *process, uint64_t incarnation)
{
	struct ledger_reader *reader = NULL;
	uint64_t index, sequence, run, n = 0;
	struct span entry, name;

	CHECK(ledger_reader_open(&reader, folder) == 0);
	while (ledger_reader_next(reader, &index, &entry) == 1) {
		if (!entry_get_text(entry, KEY_PROCESS, &name) ||
		    !span_is(name, process) ||
		    !entry_get_uint(entry, KEY_INCARNATION, &run) ||
		    !entry_get_uint(entry, KEY_SEQUENCE, &sequence))
			continue;
		if (incarnation && run != incarnation)
			continue;
		n++;
		CHECK(!incarnation || sequence == n);
	}
	ledger_reader_close(&reader);
	return n;
}

static void
ignore(void *arg, const struct verify_fault *fault)
{
	(void)arg;
	fprintf(stderr, "  fault at %llu in %s: %s\n",
	    (unsigned long long)fault->index, fault->file, fault->what);
}

static bool
is_right(uint64_t signed_size)
{
	struct verify_options options = { 0 };
	struct verify_result result;

	return verify_ledger(folder, &options, ignore, NULL, &result) == 0 &&
	    result.faults == 0 && result.size == signed_size && result.later == 0;
}

/* Is every body there that an entry names, wherever the entry is? */
static bool
bodies_are_there(void)
{
	struct ledger_reader *reader = NULL;
	struct out body = out_new(ENTRY_BLOB_LIMIT);
	struct span entry, digest;
	struct hash name;
	bool right = true;
	uint64_t index;

	CHECK(ledger_reader_open(&reader, folder) == 0);
	while (ledger_reader_next(reader, &index, &entry) == 1) {
		if (!entry_get_bytes(entry, KEY_VALUES_BLOB, &digest))
			continue;
		memcpy(name.p, digest.p, sizeof(name));
		out_clear(&body);
		right &= blob_read(folder, &name, &body) == 0;
	}
	ledger_reader_close(&reader);
	out_free(&body);
	return right;
}

/* Wait for the broker's answer to a question of status. */
static bool
status_has(const char *text)
{
	struct out body = out_new(4096);
	struct span answer;

	out_block(&body, SPAN("anna"));
	out_be32(&body, 1000);
	out_be32(&body, 1);
	out_block(&body, SPAN("{\"v\":1,\"do\":\"status\"}"));
	say(SLOT_BROKER, MSG_DO, out_view(&body));
	out_free(&body);
	return hear_type(SLOT_BROKER, MSG_DONE, &answer) &&
	    memmem(answer.p, answer.n, text, strlen(text)) != NULL;
}

static void
kept_once(void)
{
	start();
	for (uint64_t i = 1; i <= 100; i++)
		say_entry(SLOT_WORKER, "worker/0", LEVEL_HANDED, 7, i);
	CHECK(is_kept(SLOT_WORKER, LEVEL_WRITTEN, 7, 100));
	say_entry(SLOT_WORKER, "worker/0", LEVEL_SYNCED, 7, 101);
	CHECK(is_kept(SLOT_WORKER, LEVEL_SYNCED, 7, 101));
	say_entry(SLOT_WORKER, "worker/0", LEVEL_SYNCED, 7, 100);	/* a double */
	CHECK(is_kept(SLOT_WORKER, LEVEL_SYNCED, 7, 101));
	say_entry(SLOT_BROKER, "broker", LEVEL_WRITTEN, 9, 1);
	CHECK(is_kept(SLOT_BROKER, LEVEL_WRITTEN, 9, 1));
	CHECK(count_of("worker/0", 7) == 101 && count_of("broker", 9) == 1);
}

static void
killed(void)
{
	for (int round = 0; round < 5; round++) {
		uint64_t last = 101 + (uint64_t)round * 30;
		int status;

		for (uint64_t i = last + 1; i <= last + 20; i++)
			say_entry(SLOT_WORKER, "worker/0", LEVEL_WRITTEN, 7, i);
		if (round % 2)
			usleep(500);
		CHECK(kill(recorder, SIGKILL) == 0);
		CHECK(waitpid(recorder, &status, 0) == recorder);
		start();
		for (uint64_t i = last + 1; i <= last + 30; i++)	/* again, and on */
			say_entry(SLOT_WORKER, "worker/0", LEVEL_SYNCED, 7, i);
		CHECK(is_kept(SLOT_WORKER, LEVEL_SYNCED, 7, last + 30));
		CHECK(count_of("worker/0", 7) == last + 30);
	}
}

/* Killed at any moment, no entry is in the ledger without its body. */
static void
killed_with_bodies(void)
{
	for (int round = 0; round < 8; round++) {
		uint64_t last = 251 + (uint64_t)round * 30;
		struct span body;
		int status;

		for (uint64_t i = last + 1; i <= last + 20; i++) {
			body = make_body(i, 50000);
			say_body(LEVEL_SYNCED, i, body, &body);
		}
		usleep((useconds_t)round * 700);
		CHECK(kill(recorder, SIGKILL) == 0);
		CHECK(waitpid(recorder, &status, 0) == recorder);
		CHECK(bodies_are_there());
		start();
		for (uint64_t i = last + 1; i <= last + 30; i++) {
			body = make_body(i, 50000);
			say_body(LEVEL_SYNCED, i, body, &body);
		}
		CHECK(is_kept(SLOT_WORKER, LEVEL_SYNCED, 7, last + 30));
		CHECK(count_of("worker/0", 7) == last + 30 && bodies_are_there());
	}
}

/* A body that is not the one named, none, or one too many: the sender's fault. */
static void
false_bodies(void)
{
	struct span body = make_body(1, 100), other = SPAN("other"), fault;
	struct out packet = out_new(1 << 16);

	say_body(LEVEL_WRITTEN, 492, body, &other);
	CHECK(hear_type(SLOT_WARDEN, MSG_SENDER_FAULT, &fault));
	say_body(LEVEL_WRITTEN, 492, body, NULL);
	CHECK(hear_type(SLOT_WARDEN, MSG_SENDER_FAULT, &fault));
	out_u8(&packet, LEVEL_WRITTEN);
	out_be64(&packet, 7);
	out_be64(&packet, 492);
	out_block(&packet, make_entry_of("worker/0", 7, 492, 40));
	out_block(&packet, body);
	say(SLOT_WORKER, MSG_ENTRY, out_view(&packet));
	CHECK(hear_type(SLOT_WARDEN, MSG_SENDER_FAULT, &fault));
	CHECK(fault.p[0] == SLOT_WORKER && span_be16(fault, 1) == MSG_ENTRY);
	CHECK(count_of("worker/0", 7) == 491);
	out_free(&packet);
}

static void
false_name(void)
{
	struct span body;

	say_entry(SLOT_WORKER, "broker", LEVEL_WRITTEN, 9, 2);
	CHECK(hear_type(SLOT_WARDEN, MSG_SENDER_FAULT, &body));
	CHECK(body.n == 3 && body.p[0] == SLOT_WORKER && span_be16(body, 1) == MSG_ENTRY);
	say(SLOT_WORKER, MSG_ENTRY, SPAN("\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\0"));
	CHECK(hear_type(SLOT_WARDEN, MSG_SENDER_FAULT, &body));
	make_now = false;	/* as if made at another time, by no clock of this machine */
	say_entry(SLOT_WORKER, "worker/0", LEVEL_WRITTEN, 11, 1);
	make_now = true;
	CHECK(hear_type(SLOT_WARDEN, MSG_SENDER_FAULT, &body));
	say_entry(SLOT_KEEPER, "keeper", LEVEL_WRITTEN, 9, 1);	/* an ask */
	CHECK(hear_type(SLOT_WARDEN, MSG_SENDER_FAULT, &body));
	CHECK(body.n == 3 && body.p[0] == SLOT_KEEPER);
	CHECK(count_of("broker", 9) == 1 && count_of("keeper", 9) == 0 &&
	    count_of("worker/0", 11) == 0);
	CHECK(status_has("\"is_full\":false,\"elsewhere\":false"));
}

static void
follows_view(void)
{
	char apart[64];
	int second = new_folder(apart);
	struct view_recorder view = { .head.epoch = 3, .checkpoint_directory = apart,
		.checkpoint_every_ms = 50 };
	struct out body = out_new(1 << 16), note = out_new(NOTE_LIMIT);
	struct checkpoint checkpoint;
	struct span answer;

	view_recorder_pack(&view, &body);
	say(SLOT_POLICY, MSG_VIEW_OFFER, out_view(&body));
	CHECK(hear_type(SLOT_POLICY, MSG_VIEW_TAKEN, &answer));
	CHECK(span_equal(answer, SPAN("\0\0\0\3\0\0\0\0")));
	say(SLOT_POLICY, MSG_VIEW_SWAP, SPAN("\0\0\0\3"));
	say_entry(SLOT_BROKER, "broker", LEVEL_SYNCED, 9, 2);
	CHECK(is_kept(SLOT_BROKER, LEVEL_SYNCED, 9, 2));
	for (int i = 0; i < 100 && tile_read(second, "checkpoint", &note); i++)
		usleep(20000);
	CHECK(note_read(out_view(&note), &checkpoint) && checkpoint.size > 250);
	CHECK(status_has("\"elsewhere\":true"));
	out_free(&body);
	out_free(&note);
	close(second);
	remove_folder(apart);
}

static void
ends_signed(void)
{
	uint64_t starts = count_of("recorder", 0);

	CHECK(starts >= 6);
	CHECK(quit() == 0);
	/* 491 of the worker, 2 of the broker, the recorder's own and its last */
	CHECK(count_of("recorder", 0) >= starts + 1);
	CHECK(is_right(491 + 2 + count_of("recorder", 0)));
}

static void
fill_up(const char *name)
{
	static char zeros[1 << 16];
	char ballast[96];
	int fd;

	snprintf(ballast, sizeof(ballast), "%s/%s", path, name);
	fd = open(ballast, O_WRONLY | O_CREAT, 0600);
	for (size_t n = sizeof(zeros); fd >= 0 && n; n /= 2)
		while (write(fd, zeros, n) > 0)
			;
	CHECK(fd >= 0 && close(fd) == 0);
}

static void
empty(const char *name)
{
	char ballast[96];

	snprintf(ballast, sizeof(ballast), "%s/%s", path, name);
	CHECK(unlink(ballast) == 0);
}

/*
 * In a mount namespace of its own: a small file system that fills up. What was
 * handed gets the reserve's room, and from then on the writers know; once that is
 * used up too, everything waits.
 */
static void
full_disk(void)
{
	struct span body;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", path, "tmpfs", 0, "size=36m")) {
		fprintf(stderr, "a full disk was not tried: this needs root\n");
		CHECK(geteuid() != 0);
		return;
	}
	close(folder);
	folder = clear_of_channels(open(path, O_RDONLY | O_DIRECTORY));
	start();
	say_entry(SLOT_WORKER, "worker/0", LEVEL_SYNCED, 7, 1);
	CHECK(is_kept(SLOT_WORKER, LEVEL_SYNCED, 7, 1) && !told_full);
	fill_up("first");
	for (uint64_t i = 2; i <= 100; i++)
		say_entry(SLOT_WORKER, "worker/0", LEVEL_HANDED, 7, i);
	CHECK(is_kept(SLOT_WORKER, LEVEL_WRITTEN, 7, 100));
	CHECK(told_full && status_has("\"is_full\":true"));
	CHECK(count_of("worker/0", 7) == 100);
	fill_up("second");
	for (uint64_t i = 101; i <= 200; i++)
		say_entry(SLOT_WORKER, "worker/0", LEVEL_SYNCED, 7, i);
	usleep(300000);
	CHECK(count_of("worker/0", 7) < 200);
	body = make_body(201, 50000);
	say_body(LEVEL_SYNCED, 201, body, &body);	/* a body waits as entries do */
	usleep(300000);
	CHECK(status_has("\"is_full\":true") && bodies_are_there());
	empty("second");
	CHECK(is_kept(SLOT_WORKER, LEVEL_SYNCED, 7, 201) && told_full);
	CHECK(count_of("worker/0", 7) == 201 && bodies_are_there());
	empty("first");
	for (int i = 0; i < 50 && !status_has("\"is_full\":false"); i++)
		usleep(100000);
	say_entry(SLOT_WORKER, "worker/0", LEVEL_SYNCED, 7, 202);
	CHECK(is_kept(SLOT_WORKER, LEVEL_SYNCED, 7, 202) && !told_full);
	CHECK(hear_type(SLOT_WARDEN, MSG_BEAT, &body));
	CHECK(quit() == 0);
	CHECK(is_right(202 + count_of("recorder", 0)));
	umount2(path, MNT_DETACH);	/* `folder` is still open in it */
}

int
main(void)
{
	make_now = true;
	folder = clear_of_channels(new_folder(path));
	kept_once();
	killed();
	killed_with_bodies();
	false_bodies();
	false_name();
	follows_view();
	ends_signed();
	full_disk();
	close(folder);
	remove_folder(path);
	return check_end();
}
