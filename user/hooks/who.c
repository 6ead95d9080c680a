/*
 * who.c: a worker asks who stands behind a connection, or for a socket there.
 * The kernel's origin names the registered cgroup; that cgroup is a session,
 * and the session says the rest. The skill is measured every time, and the
 * answer waits for that. Whatever is
 * not certain is refused: an unknown cgroup, a skill the policy has lost, a pid
 * that by now is somebody else.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/must.h"
#include "hooks/hooks.h"
#include "hooks/loader.h"
#include "hooks/process.h"
#include "msg/post.h"
#include "out.h"
#include "view.h"

/* Is `pid`, if it still lives, the process that the kernel saw? */
static bool
is_same_process(const struct abi_origin *origin)
{
	uint64_t ticks;

	if (process_started((pid_t)origin->pid, &ticks) < 0)
		return true;	/* it has ended: nobody else has its number */
	return ticks == process_ticks(origin->start);
}

/* The root process, while it lives; 0 when it has ended. */
static pid_t
root_of(const struct session *s)
{
	uint64_t ticks;

	if (s->pid && process_started(s->pid, &ticks) == 0 &&
	    ticks == s->pid_ticks)
		return s->pid;
	return 0;
}

/* A worker that waits to hear who is behind a connection. */
struct asking {
	struct loader *loader;
	unsigned int from;
	uint64_t id;
	struct abi_origin origin;
};

/* All that can be said without measuring. 0 or -errno, and why. */
static int
judge(const struct session *s, const struct abi_origin *origin,
    struct right *right)
{
	const char *why = !s ? "no session has this cgroup" :
	    s->is_blocked ? "stopped by an operator" :
	    !is_same_process(origin) ?
	    "the process that connected is another one by now" : NULL;

	if (!why)
		return 0;
	snprintf(right->why, sizeof(right->why), "%s", why);
	return !s ? -ENOENT : s->is_blocked ? -EACCES : -ESTALE;
}

static void
answer(struct loader *loader, unsigned int to, uint64_t id,
    const struct session *s, int status, const struct right *right)
{
	struct out body cleanup(out_free) = out_new(MSG_INLINE);

	out_be32(&body, (uint32_t)-status);
	msg_put_id(&body, s ? &s->id : &(struct id){ 0 });
	out_block(&body, span_text(s ? s->skill : ""));
	out_block(&body, span_text(s ? s->starter : ""));
	out_be32(&body, s ? s->starter_uid : 0);
	out_u8(&body, right->is_measured);
	out_bytes(&body, right->digest, MEASURE_SIZE);
	out_block(&body, span_text(right->why));
	post_send(loader->post, to, MSG_WHO_IS, id, out_view(&body), -1);
}

/* Measured; meanwhile the session may have ended, or been stopped. */
static void
on_measured(void *arg, const struct finding *finding)
{
	struct asking *asking cleanup(free_memory) = arg;
	struct loader *loader = asking->loader;
	struct session *s = session_of_cgroup(loader, asking->origin.cgroup);
	struct right right = { 0 };
	int status = judge(s, &asking->origin, &right);

	if (status == 0 && right_judge(loader, s->skill, finding, &right) < 0) {
		status = -EACCES;
		if (finding->status != -ECANCELED)
			right_enter(loader, s->skill, &right);
	}
	answer(loader, asking->from, asking->id, s, status, &right);
}

bool
who_hear(struct loader *loader, unsigned int from, uint64_t id,
    struct span body)
{
	struct asking *asking = NULL;
	struct right right = { 0 };
	struct abi_origin origin;
	struct session *s;
	int status;

	if (body.n != sizeof(origin))
		return false;
	memcpy(&origin, body.p, sizeof(origin));
	s = session_of_cgroup(loader, origin.cgroup);
	status = judge(s, &origin, &right);
	if (status == 0) {
		asking = malloc(sizeof(*asking));
		status = asking ? 0 : -ENOMEM;
	}
	if (status < 0) {
		answer(loader, from, id, s, status, &right);
		return true;
	}
	*asking = (struct asking){ loader, from, id, origin };
	inspect(loader, s->skill, root_of(s), on_measured, asking);
	return true;
}
