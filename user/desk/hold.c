/*
 * hold.c: the packed form of a hold, and the bytes an approval is bound to.
 * Packed: a version, four ids, the texts as blocks, the numbers, the values
 * (type, flags, block), the digest. Read to the last byte, with no slack.
 */
#include "desk/hold.h"

#include "msg/post.h"
#include "verdict.h"

#define HOLD_VERSION 3
#define VALUE_NULL 1
#define VALUE_BINARY 2
#define LENGTH_NULL UINT32_MAX

static void
put_value(const struct hold_value *value, struct out *out)
{
	out_be32(out, value->type);
	out_u8(out, (uint8_t)((value->is_null ? VALUE_NULL : 0) |
	    (value->is_binary ? VALUE_BINARY : 0)));
	out_block(out, value->is_null ? SPAN("") : value->bytes);
}

void
hold_pack(const struct hold *hold, struct out *out)
{
	out_u8(out, HOLD_VERSION);
	msg_put_id(out, &hold->id);
	msg_put_id(out, &hold->session);
	msg_put_id(out, &hold->flow);
	msg_put_id(out, &hold->turn);
	out_block(out, hold->skill);
	out_block(out, hold->starter);
	out_block(out, hold->target);
	out_block(out, hold->database);
	out_block(out, hold->role);
	out_block(out, hold->search_path);
	out_be32(out, hold->starter_uid);
	out_u8(out, (uint8_t)hold->transaction);
	out_u8(out, hold->phase);
	out_block(out, hold->text);
	out_be32(out, (uint32_t)hold->value_count);
	for (size_t i = 0; i < hold->value_count; i++)
		put_value(&hold->values[i], out);
	out_be32(out, hold->row_limit);
	out_block(out, hold->acts);
	out_block(out, hold->rule);
	out_block(out, hold->why);
	out_be32(out, hold->approvers);
	out_be32(out, hold->need);
	out_be32(out, hold->expires_s);
	out_be32(out, hold->retry_s);
	out_u8(out, hold->answer);
	out_be32(out, hold->epoch);
	out_bytes(out, hold->salt, sizeof(hold->salt));
	out_bytes(out, hold->digest, sizeof(hold->digest));
}

static bool
take_who(struct span *in, struct hold *hold)
{
	uint8_t version, transaction;
	bool whole = take_u8(in, &version) && version == HOLD_VERSION &&
	    msg_take_id(in, &hold->id) && msg_take_id(in, &hold->session) &&
	    msg_take_id(in, &hold->flow) && msg_take_id(in, &hold->turn) &&
	    take_block(in, &hold->skill) && take_block(in, &hold->starter) &&
	    take_block(in, &hold->target) && take_block(in, &hold->database) &&
	    take_block(in, &hold->role) && take_block(in, &hold->search_path) &&
	    take_be32(in, &hold->starter_uid) && take_u8(in, &transaction) &&
	    take_u8(in, &hold->phase);

	if (whole)
		hold->transaction = (char)transaction;
	return whole;
}

static bool
take_value(struct span *in, struct hold_value *value)
{
	uint8_t flags;

	if (!take_be32(in, &value->type) || !take_u8(in, &flags) ||
	    flags > (VALUE_NULL | VALUE_BINARY) || !take_block(in, &value->bytes))
		return false;
	value->is_null = flags & VALUE_NULL;
	value->is_binary = flags & VALUE_BINARY;
	return !value->is_null || value->bytes.n == 0;
}

static bool
take_rest(struct span *in, struct hold *hold)
{
	struct span salt, digest;

	if (!take_be32(in, &hold->row_limit) || !take_block(in, &hold->acts) ||
	    !take_block(in, &hold->rule) || !take_block(in, &hold->why) ||
	    !take_be32(in, &hold->approvers) || !take_be32(in, &hold->need) ||
	    !take_be32(in, &hold->expires_s) || !take_be32(in, &hold->retry_s) ||
	    !take_u8(in, &hold->answer) || hold->answer >= HOLD_ANSWERS ||
	    !take_be32(in, &hold->epoch) ||
	    !take_bytes(in, sizeof(hold->salt), &salt) ||
	    !take_bytes(in, sizeof(hold->digest), &digest) || in->n)
		return false;
	memcpy(hold->salt, salt.p, salt.n);
	memcpy(hold->digest, digest.p, digest.n);
	return true;
}

bool
hold_unpack(struct span in, struct hold_value *room, size_t most, struct hold *out)
{
	struct hold hold = { 0 };
	uint32_t count;

	if (!take_who(&in, &hold) || !take_block(&in, &hold.text) ||
	    !take_be32(&in, &count) || count > most)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (!take_value(&in, &room[i]))
			return false;
	}
	hold.values = room;
	hold.value_count = count;
	if (!take_rest(&in, &hold) || hold.id.kind != ID_HOLD)
		return false;
	*out = hold;
	return true;
}

/* The four parts about values: types, then values, then formats. */
static void
cover_values(const struct hold *hold, struct out *out)
{
	size_t total = 0;

	out_be32(out, (uint32_t)(4 * hold->value_count));
	for (size_t i = 0; i < hold->value_count; i++) {
		out_be32(out, hold->values[i].type);
		total += 4 + (hold->values[i].is_null ? 0 : hold->values[i].bytes.n);
	}
	if (total > UINT32_MAX)
		out->failed = true;
	out_be32(out, (uint32_t)total);
	for (size_t i = 0; i < hold->value_count; i++) {
		if (hold->values[i].is_null)
			out_be32(out, LENGTH_NULL);
		else
			out_block(out, hold->values[i].bytes);
	}
	out_be32(out, (uint32_t)hold->value_count);
	for (size_t i = 0; i < hold->value_count; i++)
		out_u8(out, hold->values[i].is_binary);
}

void
hold_cover(const struct hold *hold, struct out *out)
{
	out_span(out, SPAN("interlock hold 3\n"));
	out_block(out, hold->text);
	cover_values(hold, out);
	out_be32(out, 4);
	out_be32(out, hold->row_limit);
	out_block(out, hold->role);
	out_block(out, hold->database);
	out_block(out, hold->search_path);
	out_be32(out, 1);
	out_u8(out, (uint8_t)hold->transaction);
	out_block(out, hold->skill);
	out_block(out, hold->target);
	/* what the names meant, and who had to approve */
	out_block(out, hold->acts);
	out_block(out, hold->rule);
	out_be32(out, hold->approvers);
	out_be32(out, hold->need);
	out_u8(out, hold->answer);
	if (hold->answer != ANSWER_WAIT)
		msg_put_id(out, &hold->session);
	out_bytes(out, hold->salt, sizeof(hold->salt));
}
