/* identify.c: MSG_WHO out, MSG_WHO_IS in. */
#include "identify/identify.h"

#include <stdio.h>

#include "msg/post.h"

int
identify_ask(struct post *post, uint64_t id, const struct abi_origin *origin)
{
	return post_send(post, SLOT_LOADER, MSG_WHO, id,
	    span_of(origin, sizeof(*origin)), -1);
}

static bool
copy_name(struct span in, char *out, size_t size)
{
	if (in.n >= size || (in.n && memchr(in.p, 0, in.n)))
		return false;
	if (in.n)
		memcpy(out, in.p, in.n);
	out[in.n] = '\0';
	return true;
}

bool
identify_hear(struct span body, struct who *who, int *status, char *reason, size_t size)
{
	struct who got = { .origin = who->origin };
	struct span skill, starter, digest, why;
	uint32_t code;
	uint8_t measured;

	if (!take_be32(&body, &code) || !msg_take_id(&body, &got.session) ||
	    !take_block(&body, &skill) || !take_block(&body, &starter) ||
	    !take_be32(&body, &got.starter_uid) || !take_u8(&body, &measured) ||
	    !take_bytes(&body, sizeof(got.digest), &digest) ||
	    !take_block(&body, &why) || body.n || code > 4095 || measured > 1)
		return false;
	if (!copy_name(skill, got.skill, sizeof(got.skill)) ||
	    !copy_name(starter, got.starter, sizeof(got.starter)))
		return false;
	memcpy(got.digest, digest.p, sizeof(got.digest));
	got.is_measured = measured;
	*who = got;
	*status = (int)code;
	snprintf(reason, size, "%.*s", (int)why.n, (const char *)why.p);
	return true;
}
