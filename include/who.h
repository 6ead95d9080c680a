/* who.h: who is asking. Filled once per flow by identify/; text lives as long as the flow. */
#ifndef WHO_H
#define WHO_H

#include <stdbool.h>
#include <stdint.h>

#include "abi.h"
#include "id.h"

#define WHO_NAME_SIZE 64

struct who {
	struct abi_origin origin;	/* as the kernel saw it */
	struct id session;
	char skill[ABI_NAME_SIZE];
	char starter[WHO_NAME_SIZE];	/* person who started it, from policy's people, or "uid:N" */
	uint32_t starter_uid;
	bool is_measured;		/* a digest is required by policy and was right */
	uint8_t digest[32];		/* of the skill's folder; zero when not pinned */
};

#endif
