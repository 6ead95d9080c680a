/*
 * grammar.c: the process that reads SQL.
 * It holds nothing and may crash on what it reads: the warden starts it again, and
 * the worker refuses that statement. With --once it reads one text on standard
 * input and writes the packed analysis on standard output, for `interlock policy
 * explain`; boxed as well.
 * MSG_PARSE's body is the text itself, as a block; the answer MSG_ANALYSIS is a
 * status (0, or a positive errno) and the packed analysis.
 */
#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/instance.h"
#include "base/log.h"
#include "base/must.h"
#include "box/box.h"
#include "facts/sql/analysis.h"
#include "grammar/grammar.h"
#include "loop/loop.h"
#include "msg/post.h"
#include "out.h"

#define NOBODY 65534

/* syscalls(grammar): none beside the common ones; setlocale reads no file in "C" */
static const char *const calls[] = { "lseek", NULL };

struct grammar {
	struct post *post;
	struct loop *loop;
};

static bool
on_message(void *arg, unsigned int from, const struct msg_head *head,
    struct span body, int fd)
{
	struct grammar *grammar = arg;
	struct out answer = out_new(ANALYSIS_LIMIT + 4);
	struct span text;
	int r;

	close_fd(&fd);
	if (head->type != MSG_PARSE)
		return true;	/* news about peers: nothing is owed */
	if (!take_block(&body, &text) || body.n)
		return false;
	out_be32(&answer, 0);
	r = grammar_analyse(text, &answer);
	if (r) {
		out_clear(&answer);
		out_be32(&answer, (uint32_t)-r);
	}
	r = post_send(grammar->post, from, MSG_ANALYSIS, head->id,
	    out_view(&answer), -1);
	if (r)
		log_warning("an answer to %s was not sent: %s",
		    msg_slot_name(from), strerror(-r));
	out_free(&answer);
	return true;
}

static int
serve(void)
{
	struct grammar grammar = { 0 };
	struct instance instance;
	struct box box = { .descriptors = 64, .calls = calls };
	int r = instance_inherit(&instance);

	log_open("grammar", r ? LOG_LEVEL_INFO :
	    (enum log_level)instance.log_level);
	if (!r)
		r = grammar_prepare();
	if (!r)
		r = loop_new(&grammar.loop);
	if (!r)
		r = post_new(&grammar.post, grammar.loop, SLOT_GRAMMAR,
		    on_message, &grammar);
	if (!r) {
		box.uid = instance.uid_base + SLOT_GRAMMAR;
		r = box_enter(&box);
	}
	if (r) {
		log_error("cannot start: %s", strerror(-r));
		return 1;
	}
	post_ready(grammar.post);
	r = loop_run(grammar.loop);
	post_free(&grammar.post);
	loop_free(&grammar.loop);
	return r;
}

/* The box of someone who is not root: no new rights, and the same calls. */
static int
enter_small_box(void)
{
	struct rlimit none = { 0, 0 };
	scmp_filter_ctx filter;
	int r = 0;

	if (setrlimit(RLIMIT_CORE, &none) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (!filter)
		return -ENOMEM;
	for (const char *const *call = box_common_calls; *call && !r; call++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
		    seccomp_syscall_resolve_name(*call), 0);
	if (!r)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}

static bool
read_all(struct out *text)
{
	char room[4096];
	ssize_t n;

	while ((n = read(STDIN_FILENO, room, sizeof(room))) > 0)
		out_bytes(text, room, (size_t)n);
	return n == 0 && !text->failed;
}

static bool
write_all(struct span in)
{
	while (in.n) {
		ssize_t n = write(STDOUT_FILENO, in.p, in.n);

		if (n <= 0)
			return false;
		in = span_skip(in, (size_t)n);
	}
	return true;
}

static int
once(void)
{
	struct out text = out_new(SQL_TEXT_LIMIT + 1);
	struct out packed = out_new(ANALYSIS_LIMIT);
	struct box box = { .uid = NOBODY, .calls = calls };
	int r = grammar_prepare();

	log_open("grammar", LOG_LEVEL_INFO);
	if (!r)
		r = geteuid() ? enter_small_box() : box_enter(&box);
	if (r) {
		log_error("cannot start: %s", strerror(-r));
		return 1;
	}
	if (!read_all(&text) || grammar_analyse(out_view(&text), &packed) ||
	    !write_all(out_view(&packed)))
		r = 1;
	out_free(&text);
	out_free(&packed);
	return r;
}

int
main(int count, char **words)
{
	if (count == 2 && !strcmp(words[1], "--once"))
		return once();
	return serve();
}
