/* approve.c: digests and messages of holds. */
#include "approve/approve.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/json.h"
#include "msg/post.h"

#define COVER_LIMIT (4u << 20)	/* bytes one approval may be asked to cover */

/* From the salt that is there to what the digest is made of. */
static bool
cover(const struct hold *hold, struct out *out)
{
	out_clear(out);
	hold_cover(hold, out);
	return !out->failed;
}

int
approve_digest(struct hold *hold, const uint8_t key[APPROVE_KEY_SIZE])
{
	struct out bytes = out_new(COVER_LIMIT);
	int error = -EMSGSIZE;

	memset(hold->salt, 0, sizeof(hold->salt));
	if (cover(hold, &bytes))
		error = HMAC(EVP_sha256(), key, APPROVE_KEY_SIZE, bytes.p, bytes.n,
		    hold->salt, NULL) ? 0 : -EIO;
	if (!error && !cover(hold, &bytes))
		error = -EMSGSIZE;
	if (!error)
		SHA256(bytes.p, bytes.n, hold->digest);
	out_free(&bytes);
	return error;
}

static void
put_act(struct out *out, const struct act *act)
{
	static const char *const reaches[] = { "", "where", "all" };
	bool first = true;

	out_u8(out, '{');
	json_member_text(out, &first, "effect", span_text(effect_name(act->effect)));
	json_member_text(out, &first, "object", act->object);
	if (act->http)
		json_member_text(out, &first, "method", act->http->method);
	if (act->http && act->http->operation.n)
		json_member_text(out, &first, "operation", act->http->operation);
	if (act->reach)
		json_member_text(out, &first, "reach", span_text(reaches[act->reach]));
	if (act->note.n)
		json_member_text(out, &first, "note", act->note);
	out_span(out, SPAN(",\"columns\":["));
	for (size_t i = 0; i < act->column_count; i++) {
		if (i)
			out_u8(out, ',');
		json_text(out, act->columns[i]);
	}
	out_span(out, SPAN("]}"));
}

void
approve_acts(const struct action *action, struct out *out)
{
	out_u8(out, '[');
	for (size_t i = 0; i < action->act_count; i++) {
		if (i)
			out_u8(out, ',');
		put_act(out, &action->acts[i]);
	}
	out_u8(out, ']');
}

int
approve_ask_earlier(struct post *post, uint64_t id, const struct hold *hold, bool uses)
{
	struct out body = out_new(256);
	int error;

	out_bytes(&body, hold->digest, sizeof(hold->digest));
	out_block(&body, hold->skill);
	out_be32(&body, hold->epoch);
	out_u8(&body, uses);
	error = body.failed ? -ENOMEM :
	    post_send(post, SLOT_BROKER, MSG_APPROVED_ASK, id, out_view(&body), -1);
	out_free(&body);
	return error;
}

bool
approve_hear_earlier(struct span body, struct approve_answer *answer)
{
	struct approve_answer got = { 0 };
	uint32_t status;
	uint8_t standing = STANDING_NONE;

	if (!take_be32(&body, &status))
		return false;
	if (status == 0 && (!msg_take_id(&body, &got.hold) || !take_u8(&body, &standing) || standing >= STANDINGS ||
	    !take_block(&body, &got.people) || body.n))
		return false;
	got.standing = standing;
	got.is_approved = standing == STANDING_APPROVED;
	*answer = got;
	return true;
}

int
approve_open(struct post *post, const struct hold *hold)
{
	struct out body = out_new(COVER_LIMIT * 2);
	int error;

	hold_pack(hold, &body);
	error = body.failed ? -EMSGSIZE :
	    post_send(post, SLOT_BROKER, MSG_HOLD, 0, out_view(&body), -1);
	out_free(&body);
	return error;
}

bool
approve_hear_stands(struct span body, struct id *hold)
{
	struct id got;

	if (!msg_take_id(&body, &got) || body.n)
		return false;
	*hold = got;
	return true;
}

void
approve_leave(struct post *post, const struct id *hold)
{
	struct out body = out_new(16);

	msg_put_id(&body, hold);
	(void)post_send(post, SLOT_BROKER, MSG_HOLD_LEFT, 0, out_view(&body), -1);
	out_free(&body);
}

bool
approve_hear(struct span body, struct approve_answer *answer)
{
	struct approve_answer got = { 0 };
	struct span digest;
	uint8_t approved;

	if (!msg_take_id(&body, &got.hold) ||
	    !take_bytes(&body, sizeof(got.digest), &digest) ||
	    !take_u8(&body, &approved) || approved > 1 ||
	    !take_block(&body, &got.reason) || !take_block(&body, &got.people) ||
	    body.n)
		return false;
	memcpy(got.digest, digest.p, sizeof(got.digest));
	got.is_approved = approved;
	*answer = got;
	return true;
}
