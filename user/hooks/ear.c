/*
 * ear.c: which session's questions about names the resolver hears where.
 * A session has ears beside each of its doors (hooks/ears.c makes them). They are the
 * resolver's alone, with the session's name; no copy stays here: a resolver that starts
 * later gets new ones, and questions in between find nobody.
 */
#include "hooks/loader.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "hooks/hooks.h"
#include "msg/post.h"
#include "out.h"

static int
tell(const struct session *s, uint64_t netns, bool is_stream, int fd)
{
	struct out body cleanup(out_free) = out_new(MSG_INLINE);

	out_be64(&body, netns);
	msg_put_id(&body, &s->id);
	out_be64(&body, s->cgroup_id);
	out_u8(&body, is_stream);
	out_block(&body, span_text(s->skill));
	out_block(&body, span_text(s->starter));
	return post_send(s->loader->post, SLOT_RESOLVER, MSG_EAR, 0, out_view(&body), fd);
}

static void
tell_shut(struct loader *loader, uint64_t netns, const struct id *session)
{
	struct out body cleanup(out_free) = out_new(24);

	out_be64(&body, netns);
	msg_put_id(&body, session);
	(void)post_send(loader->post, SLOT_RESOLVER, MSG_EAR_SHUT, 0, out_view(&body), -1);
}

int
ear_open(const struct session *s, const struct door *door)
{
	int fds[HOOKS_EARS] = { -1, -1, -1, -1 };
	int r = hooks_ears_open(s->loader->hooks, door->netns, door->cookie, s->cgroup_id, fds);

	if (r < 0)
		return r;
	for (size_t i = 0; i < HOOKS_EARS; i++) {
		if (fds[i] >= 0 && tell(s, door->cookie, i % 2, fds[i]) < 0)
			log_error("the resolver does not hear the names that %s asks for", s->text);
		close_fd(&fds[i]);
	}
	return 0;
}

void
ear_shut(const struct session *s, const struct door *door)
{
	(void)hooks_ears_shut(s->loader->hooks, door->cookie, s->cgroup_id);
	tell_shut(s->loader, door->cookie, &s->id);
}

void
ear_open_all(struct loader *loader)
{
	const struct id none = { 0 };

	tell_shut(loader, 0, &none);
	for (const struct session *s = loader->sessions; s; s = s->next)
		for (size_t i = 0; i < s->door_count; i++) {
			int r = ear_open(s, s->doors[i]);

			if (r < 0)
				log_error("the names that %s asks for are not heard: %s", s->text, strerror(-r));
		}
}
