/*
 * bundle.h: one policy as it is sent: six packed views under one epoch.
 * The last one that was put in force is kept in state_directory/policy/last,
 * so that a policy that no longer compiles leaves it in force.
 */
#ifndef RULES_BUNDLE_H
#define RULES_BUNDLE_H

#include "out.h"
#include "span.h"

struct rules;

enum bundle_view {
	BUNDLE_WORKER, BUNDLE_LOADER, BUNDLE_KEEPER, BUNDLE_BROKER,
	BUNDLE_RECORDER, BUNDLE_RESOLVER,
	BUNDLE_VIEWS
};

struct bundle {
	uint32_t epoch;
	uint8_t digest[32];
	struct out views[BUNDLE_VIEWS];
};

/* Number the rules and pack their views. Returns 0, -EMSGSIZE (a view is
 * larger than a message) or -ENOMEM. */
int bundle_make(struct bundle **out, struct rules *, uint32_t epoch);
/* Which view a process gets; BUNDLE_VIEWS: none. */
enum bundle_view bundle_view_of(unsigned int slot);
/* Write to, and read from, the file "last" in the directory `fd`. What is read
 * was checked to the last byte and by its SHA-256. Return 0 or -errno; on
 * failure *out is unchanged. */
int bundle_write(const struct bundle *, int fd);
int bundle_read(struct bundle **out, int fd);
void bundle_free(struct bundle **);

#endif
