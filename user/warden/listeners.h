/* listeners.h: what the warden and the loader say to each other about listeners that are kept (store.h). */
#ifndef WARDEN_LISTENERS_H
#define WARDEN_LISTENERS_H

#include <stdbool.h>

#include "span.h"

struct post;
struct store;

/* All that are kept, to a loader that starts. */
void listeners_tell(const struct store *, struct post *);
/* MSG_LISTENER; takes the descriptor. False: bad body. */
bool listeners_hear(struct store *, struct span body, int fd);

#endif
