/* listeners.c: one message for each, and one that says that was all. */
#include "warden/listeners.h"

#include <fcntl.h>

#include "base/log.h"
#include "base/must.h"
#include "msg/post.h"
#include "out.h"
#include "warden/store.h"

static void
tell(struct post *post, const struct stored *row)
{
	struct out body = out_new(9);

	out_be64(&body, row->netns);
	out_u8(&body, row->family);
	(void)post_send(post, SLOT_LOADER, MSG_LISTENER_KEPT, 0, out_view(&body), row->fd);
	out_free(&body);
}

void
listeners_tell(const struct store *store, struct post *post)
{
	for (size_t i = 0; i < store->count; i++)
		tell(post, &store->rows[i]);
	tell(post, &(struct stored){ .fd = -1 });
}

bool
listeners_hear(struct store *store, struct span body, int fd)
{
	uint8_t family = body.p[8];
	int low = fd;

	/* out of the way of channels */
	fd = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, MSG_FD_PRIVATE);
	close_fd(&low);
	if (fd < 0 || (family != 4 && family != 6)) {
		close_fd(&fd);
		return false;
	}
	if (store_put(store, span_be64(body, 0), family, fd))
		log_error("a listener cannot be kept: when the loader ends, it ends");
	return true;
}
