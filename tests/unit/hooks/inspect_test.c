/*
 * A skill with a large folder, of which many ask at once: it is measured a few
 * times, not once for each of them; nobody is answered from before the question;
 * and what is not that skill goes on meanwhile. See stage.h.
 */
#include "stage.h"

#include <sys/inotify.h>

#define FILES 3000
#define ASKING 400
#define ROUNDS_MOST 40	/* two, and what a busy machine scatters */

static struct abi_origin origin;

static void
fill_folder(void)
{
	char command_text[256];

	snprintf(command_text, sizeof(command_text),
	    "mkdir %s/skill/many; cd %s/skill/many && seq %d | xargs touch", scratch, scratch, FILES);
	must(system(command_text) == 0);
}

static void
accept_pinned(void)
{
	char text[4096];
	unsigned int rows;

	CHECK(is_done(command("alice", 1,
	    "{\"do\":\"skill_accept\",\"skill\":\"pinned\"}", -1), text,
	    sizeof(text), &rows));
}

/* How often the folder itself was opened since it is watched. */
static unsigned int
rounds(int watch)
{
	_Alignas(struct inotify_event) char room[65536];
	unsigned int count = 0;
	ssize_t n;

	while ((n = read(watch, room, sizeof(room))) > 0)
		for (char *p = room; p < room + n;) {
			const struct inotify_event *e = (void *)p;

			count += e->mask & IN_ISDIR && e->mask & IN_OPEN &&
			    e->len == 0;
			CHECK(!(e->mask & IN_Q_OVERFLOW));
			p += sizeof(*e) + e->len;
		}
	return count;
}

static void
ask(void)
{
	say(WORKER, MSG_WHO, ++next_id, span_of(&origin, sizeof(origin)), -1);
}

/* The status of the next answer to a worker. */
static uint32_t
answered(void)
{
	return hear(WORKER, MSG_WHO_IS) ? span_be32(got.body, 0) : 9999;
}

static void
check_many(void)
{
	char folder[128], text[4096];
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	unsigned int count, rows;
	struct running other;

	snprintf(folder, sizeof(folder), "%s/skill", scratch);
	must(watch >= 0 && inotify_add_watch(watch, folder, IN_OPEN |
	    IN_ONLYDIR) >= 0);
	ask();
	CHECK(answered() == 0);
	CHECK(rounds(watch) == 1);
	for (int i = 0; i < ASKING; i++)
		ask();
	CHECK(run(&other, "reports", "exit 0"));	/* of whom nothing is measured */
	CHECK(is_done(other.request, text, sizeof(text), &rows));
	close_run(&other);
	for (int i = 0; i < ASKING; i++)
		CHECK(answered() == 0);
	count = rounds(watch);
	CHECK(count >= 1 && count <= ROUNDS_MOST);
	close(watch);
}

/* What changes after one question and before the next is the next one's answer. */
static void
check_between(void)
{
	char file[128];

	ask();
	usleep(20000);		/* the round has begun */
	snprintf(file, sizeof(file), "%s/skill/new", scratch);
	close(open(file, O_WRONLY | O_CREAT, 0644));
	ask();
	answered();		/* of when it was asked, or later */
	CHECK(answered() == EACCES);
	unlink(file);
	ask();
	CHECK(answered() == 0);
}

/* The session ends while it is being measured: nobody is left without answer. */
static void
check_ended(struct running *r)
{
	char text[4096];
	unsigned int rows;
	uint32_t status;

	ask();
	close_fd(&r->in);
	CHECK(is_done(r->request, text, sizeof(text), &rows));
	status = answered();
	CHECK(status == 0 || status == ENOENT);
	close_run(r);
}

int
main(void)
{
	struct running r;

	set_up();
	fill_folder();
	begin_loader();
	give_view();
	accept_pinned();
	CHECK(run(&r, "pinned", "read x"));
	origin = origin_of(&r);
	drain(WORKER);
	check_many();
	check_between();
	check_ended(&r);
	CHECK(end_loader(0) == 0);
	tear_down();
	return check_end();
}
