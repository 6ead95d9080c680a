/*
 * shadow.c: rows of one size, side by side; sorted by key when they are looked through.
 * A walk over a map that somebody changes meanwhile may begin anew: it is bounded by
 * twice what the map can hold.
 */
#include "hooks/shadow.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

static size_t
row_size(const struct shadow *shadow)
{
	return shadow->key_size + shadow->value_size;
}

static uint8_t *
row_at(const struct shadow *shadow, size_t i)
{
	return shadow->rows + i * row_size(shadow);
}

static uint8_t *
find(const struct shadow *shadow, const void *key)
{
	for (size_t i = 0; i < shadow->count; i++)
		if (memcmp(row_at(shadow, i), key, shadow->key_size) == 0)
			return row_at(shadow, i);
	return NULL;
}

int
shadow_add(struct shadow *shadow, const void *key, size_t key_size, const void *value, size_t value_size)
{
	uint8_t *row;

	must(key_size <= SHADOW_KEY && value_size <= SHADOW_VALUE);
	if (shadow->count == shadow->room) {
		size_t room = shadow->room ? 2 * shadow->room : 16;
		uint8_t *rows = realloc(shadow->rows, room * (key_size + value_size));

		if (!rows)
			return -ENOMEM;
		shadow->rows = rows;
		shadow->room = room;
	}
	shadow->key_size = key_size;
	shadow->value_size = value_size;
	row = row_at(shadow, shadow->count++);
	memcpy(row, key, key_size);
	memcpy(row + key_size, value, value_size);
	shadow->is_sorted = false;
	return 0;
}

int
shadow_put(struct shadow *shadow, const void *key, size_t key_size, const void *value, size_t value_size)
{
	uint8_t *row = shadow->count ? find(shadow, key) : NULL;

	if (!row)
		return shadow_add(shadow, key, key_size, value, value_size);
	memcpy(row + key_size, value, value_size);
	return 0;
}

void
shadow_drop(struct shadow *shadow, const void *key)
{
	uint8_t *row = shadow->count ? find(shadow, key) : NULL;

	if (!row)
		return;
	shadow->count--;
	memmove(row, row_at(shadow, shadow->count), row_size(shadow));
	shadow->is_sorted = false;
}

static int
compare(const void *a, const void *b, void *size)
{
	return memcmp(a, b, *(const size_t *)size);
}

static void
sort(struct shadow *shadow)
{
	if (!shadow->is_sorted && shadow->count)
		qsort_r(shadow->rows, shadow->count, row_size(shadow), compare, &shadow->key_size);
	shadow->is_sorted = true;
}

static bool
is_known(struct shadow *shadow, const void *key)
{
	size_t low = 0, high = shadow->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(key, row_at(shadow, middle), shadow->key_size);

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* Every row of ours is there, as it was put. */
static int
check_rows(const struct shadow *shadow, int map, bool mend, struct shadow_found *found)
{
	uint8_t value[SHADOW_VALUE];

	for (size_t i = 0; i < shadow->count; i++) {
		const uint8_t *row = row_at(shadow, i);

		if (bpf_map_lookup_elem(map, row, value) == 0) {
			if (memcmp(value, row + shadow->key_size, shadow->value_size) == 0)
				continue;
			found->changed++;
		} else {
			found->missing++;
		}
		if (mend && bpf_map_update_elem(map, row, row + shadow->key_size, BPF_ANY))
			return -errno;
	}
	return 0;
}

/* And nothing else. The key after it is asked for before a key is deleted. */
static int
check_others(struct shadow *shadow, int map, bool mend, uint32_t room, struct shadow_found *found)
{
	uint8_t key[SHADOW_KEY], next[SHADOW_KEY];
	int more = bpf_map_get_next_key(map, NULL, key);

	for (uint32_t n = 0; !more && n < 2 * room; n++) {
		bool known = shadow->count && is_known(shadow, key);

		more = bpf_map_get_next_key(map, key, next);
		if (!known) {
			found->foreign++;
			if (mend && bpf_map_delete_elem(map, key) && errno != ENOENT)
				return -errno;
		}
		memcpy(key, next, sizeof(key));
	}
	return 0;
}

int
shadow_check(struct shadow *shadow, int map, bool mend, struct shadow_found *out)
{
	struct shadow_found found = { 0 };
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);
	int error;

	if (bpf_obj_get_info_by_fd(map, &info, &size))
		return -errno;
	if (info.key_size > SHADOW_KEY || info.value_size > SHADOW_VALUE ||
	    (shadow->count && (info.key_size != shadow->key_size || info.value_size != shadow->value_size)))
		return -EINVAL;
	sort(shadow);
	error = check_rows(shadow, map, mend, &found);
	if (!error)
		error = check_others(shadow, map, mend, info.max_entries, &found);
	if (!error)
		*out = found;
	return error;
}

void
shadow_free(struct shadow *shadow)
{
	free(shadow->rows);
	*shadow = (struct shadow){ 0 };
}
