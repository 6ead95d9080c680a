/*
 * entry_read.c: check a whole entry, and read single values of it back.
 * Strict about form, never about what it does not know: an unknown key with a
 * well-formed value is fine, a known key with another type is not.
 */
#include "entry.h"

#include "entry/cbor.h"

#define KEYS (KEY_MATCH + 1)

/* The type of each known key; 0: not known here. Major types plus one. */
#define U (CBOR_UINT + 1)
#define B (CBOR_BYTES + 1)
#define T (CBOR_TEXT + 1)
#define A (CBOR_ARRAY + 1)
#define M (CBOR_MAP + 1)

static const uint8_t types[KEYS] = {
	[KEY_VERSION] = U, [KEY_KIND] = U, [KEY_PROCESS] = T, [KEY_SEQUENCE] = U,
	[KEY_INCARNATION] = U, [KEY_WALL] = U, [KEY_BOOT_TIME] = U, [KEY_BOOT] = B,
	[KEY_EPOCH] = U, [KEY_POLICY] = B,
	[KEY_SKILL] = T, [KEY_SESSION] = T, [KEY_FLOW] = T, [KEY_TURN] = T,
	[KEY_STARTER] = T, [KEY_CGROUP] = U, [KEY_PID] = U, [KEY_PID_START] = U,
	[KEY_UID] = U, [KEY_COMM] = T, [KEY_NETNS] = U, [KEY_SKILL_DIGEST] = B,
	[KEY_TARGET] = T, [KEY_DESTINATION] = T, [KEY_ROLE] = T, [KEY_DATABASE] = T,
	[KEY_ASKED_ROLE] = T, [KEY_TEXT] = T, [KEY_VALUES] = A, [KEY_TEXT_DIGEST] = B,
	[KEY_ACTS] = A, [KEY_STATEMENT] = T, [KEY_PHASE] = T, [KEY_INSPECT] = T,
	[KEY_SERVER_NAME] = T, [KEY_OPERATION] = T,
	[KEY_VERDICT] = T, [KEY_RULE] = T, [KEY_WHY] = T, [KEY_REFUSAL] = T,
	[KEY_MASKS] = A,
	[KEY_ROWS] = U, [KEY_BYTES_IN] = U, [KEY_BYTES_OUT] = U, [KEY_ERROR] = T,
	[KEY_TAG] = T, [KEY_MASKED] = M, [KEY_ANSWER_DIGEST] = B, [KEY_REASON] = T,
	[KEY_DURATION] = U, [KEY_BYTES_ASKED] = U, [KEY_BYTES_SENT] = U,
	[KEY_HOLD] = T, [KEY_DIGEST] = B, [KEY_PERSON] = T, [KEY_DECISION] = T,
	[KEY_SIGNED] = T, [KEY_NEED] = U, [KEY_PEOPLE] = A, [KEY_EXPIRES] = U,
	[KEY_NAME] = T, [KEY_DETAIL] = T, [KEY_BUILD] = T, [KEY_COUNT] = U,
	[KEY_SCOPE] = T, [KEY_TEXT_BLOB] = B, [KEY_VALUES_BLOB] = B,
	[KEY_KERNEL_IN] = U, [KEY_KERNEL_OUT] = U, [KEY_KERNEL_DIVERTED] = U,
	[KEY_KERNEL_FLOWS] = U, [KEY_KERNEL_DROPPED] = U, [KEY_KERNEL_OPEN] = U,
	[KEY_KERNEL_REFUSED] = U,
	[KEY_CONTAINER] = T, [KEY_IMAGE] = T, [KEY_IMAGE_DIGEST] = T, [KEY_MATCH] = T,
};

/* The value of `key`, when it has that type. */
static bool
find(struct span cbor, enum entry_key key, enum cbor_major major, struct cbor *out)
{
	struct span whole;
	struct cbor value;

	if (!cbor_find(cbor, key, &whole) || !cbor_take(&whole, &value) ||
	    value.major != major)
		return false;
	*out = value;
	return true;
}

bool
entry_get_uint(struct span cbor, enum entry_key key, uint64_t *out)
{
	struct cbor value;

	if (!find(cbor, key, CBOR_UINT, &value))
		return false;
	*out = value.value;
	return true;
}

bool
entry_get_text(struct span cbor, enum entry_key key, struct span *out)
{
	struct cbor value;

	if (!find(cbor, key, CBOR_TEXT, &value))
		return false;
	*out = value.bytes;
	return true;
}

bool
entry_get_bytes(struct span cbor, enum entry_key key, struct span *out)
{
	struct cbor value;

	if (!find(cbor, key, CBOR_BYTES, &value))
		return false;
	*out = value.bytes;
	return true;
}

/* Remember of a pair what whoever takes an entry looks at. */
static bool
note_pair(struct entry_about *about, uint64_t key, const struct cbor *value)
{
	switch (key) {
	case KEY_VERSION:
		about->version = value->value;
		break;
	case KEY_KIND:
		about->kind = value->value;
		break;
	case KEY_PROCESS:
		about->process = value->bytes;
		break;
	case KEY_SEQUENCE:
		about->sequence = value->value;
		break;
	case KEY_INCARNATION:
		about->incarnation = value->value;
		break;
	case KEY_WALL:
		about->wall = value->value;
		break;
	case KEY_BOOT_TIME:
		about->boot_time = value->value;
		break;
	case KEY_SESSION:
		about->ids[0] = value->bytes;
		break;
	case KEY_FLOW:
		about->ids[1] = value->bytes;
		break;
	case KEY_TURN:
		about->ids[2] = value->bytes;
		break;
	case KEY_HOLD:
		about->ids[3] = value->bytes;
		break;
	case KEY_REFUSAL:
		about->ids[4] = value->bytes;
		break;
	case KEY_TEXT_BLOB:
	case KEY_VALUES_BLOB:
		about->blobs[about->blob_count++] = value->bytes;
		return value->bytes.n == ENTRY_DIGEST_SIZE;
	default:
		break;
	}
	return true;
}

bool
cbor_is_type(uint64_t key, enum cbor_major major)
{
	return key >= KEYS || !types[key] || types[key] == major + 1;
}

/* Check one pair; keys rise from *next on. */
static bool
read_pair(struct span *in, uint64_t *next, struct entry_about *about)
{
	struct cbor key, value;

	if (!cbor_take(in, &key) || key.major != CBOR_UINT || key.value < *next)
		return false;
	*next = key.value + 1;
	if (!cbor_take(in, &value))
		return false;
	if (!cbor_is_type(key.value, value.major))
		return false;
	if (!note_pair(about, key.value, &value))
		return false;
	return cbor_pass(in, &value, CBOR_DEPTH - 1) && *next != 0;
}

static bool
read_pairs(struct span in, struct entry_about *about)
{
	uint64_t next = 0;
	struct cbor map;

	if (!cbor_take(&in, &map) || map.major != CBOR_MAP)
		return false;
	for (uint64_t i = 0; i < map.value; i++)
		if (!read_pair(&in, &next, about))
			return false;
	return in.n == 0 && about->version != 0 && about->kind != ENTRY_NONE;
}

bool
entry_read(struct span cbor, struct entry_about *out)
{
	struct entry_about about = { 0 };

	if (cbor.n > ENTRY_LIMIT || !read_pairs(cbor, &about))
		return false;
	*out = about;
	return true;
}

bool
entry_is_valid(struct span cbor)
{
	struct entry_about about;

	return entry_read(cbor, &about);
}

bool
entry_is_formed(struct span cbor)
{
	struct entry_about about = { 0 };

	return read_pairs(cbor, &about);
}
