/* id.c: 75 bits as 15 digits of Crockford's base 32, most significant first. */
#include "id.h"

#define EPOCH_MS 1577836800000ULL	/* 2020-01-01T00:00:00Z */
#define TIME_BITS 42
#define SLOT_BITS 6
#define CHANCE_BITS 27
#define DIGITS 15

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
static const char *const kinds[ID_KINDS] = {
	[ID_NONE] = "non", [ID_NODE] = "nod", [ID_SESSION] = "ses",
	[ID_FLOW] = "flo", [ID_TURN] = "trn", [ID_HOLD] = "hld",
	[ID_REFUSAL] = "ref",
};

struct id
id_make(enum id_kind kind, unsigned int slot, uint64_t wall_ms, uint32_t chance)
{
	uint64_t time = wall_ms > EPOCH_MS ? wall_ms - EPOCH_MS : 0;

	return (struct id){
		.kind = (uint8_t)kind,
		.slot = slot & ((1u << SLOT_BITS) - 1),
		.chance = chance & ((1u << CHANCE_BITS) - 1),
		.time = time & ((1ULL << TIME_BITS) - 1),
	};
}

char *
id_format(const struct id *id, char *text)
{
	unsigned __int128 v = id->time;

	v = v << SLOT_BITS | id->slot;
	v = v << CHANCE_BITS | id->chance;
	memcpy(text, kinds[id->kind < ID_KINDS ? id->kind : ID_NONE], 3);
	text[3] = '-';
	for (int i = DIGITS - 1; i >= 0; i--) {
		text[4 + i] = digits[(unsigned int)(v & 31)];
		v >>= 5;
	}
	text[4 + DIGITS] = '\0';
	return text;
}

static enum id_kind
kind_of(struct span text)
{
	for (unsigned int i = ID_NONE + 1; i < ID_KINDS; i++)
		if (memcmp(text.p, kinds[i], 3) == 0)
			return (enum id_kind)i;
	return ID_NONE;
}

bool
id_parse(struct span text, struct id *out)
{
	unsigned __int128 v = 0;
	enum id_kind kind;

	if (text.n != 4 + DIGITS || text.p[3] != '-')
		return false;
	kind = kind_of(text);
	if (kind == ID_NONE)
		return false;
	for (int i = 0; i < DIGITS; i++) {
		const char *at = memchr(digits, text.p[4 + i], 32);

		if (!at)
			return false;
		v = v << 5 | (unsigned int)(at - digits);
	}
	*out = (struct id){
		.kind = (uint8_t)kind,
		.chance = (uint32_t)(v & ((1u << CHANCE_BITS) - 1)),
		.slot = (uint8_t)(v >> CHANCE_BITS & ((1u << SLOT_BITS) - 1)),
		.time = (uint64_t)(v >> (CHANCE_BITS + SLOT_BITS)),
	};
	return true;
}

bool
id_equal(const struct id *a, const struct id *b)
{
	return a->kind == b->kind && a->slot == b->slot &&
	    a->chance == b->chance && a->time == b->time;
}
