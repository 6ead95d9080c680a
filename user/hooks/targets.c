/*
 * targets.c: put the addresses of a policy in place of those of the one before.
 * First all new ones are written (an address in both is replaced in one step, so
 * it is never missing), then those that are in the old set alone are deleted.
 * Every value carries the epoch its index belongs to.
 */
#include "hooks/inside.h"

#include <errno.h>
#include <string.h>

#include "view.h"

static void
key_of(struct abi_address *key, const struct view_address *address)
{
	memset(key, 0, sizeof(*key));
	memcpy(key->ip, address->ip, sizeof(key->ip));
	key->port = address->port;
}

static int
key_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct abi_address));
}

static size_t
count_addresses(const struct view_loader *view)
{
	size_t n = 0;

	for (size_t i = 0; i < view->target_count; i++)
		n += view->targets[i].address_count;
	return n;
}

/* All addresses, sorted. -EEXIST: one stands twice, so whose it is is unclear. */
static int
keys_make(const struct view_loader *view, struct abi_address *keys, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < view->target_count; i++) {
		for (size_t j = 0; j < view->targets[i].address_count; j++)
			key_of(&keys[n++], &view->targets[i].addresses[j]);
	}
	qsort(keys, count, sizeof(*keys), key_compare);
	for (size_t i = 1; i < count; i++) {
		if (!key_compare(&keys[i - 1], &keys[i]))
			return -EEXIST;
	}
	return 0;
}

static int
put_target(int map, struct shadow *shadow, const struct view_target *target, uint32_t index, uint32_t epoch)
{
	struct abi_target value = {
		.index = index,
		.from_skill = target->from_skill,
		.epoch = { epoch & 0xff, epoch >> 8 & 0xff, epoch >> 16 & 0xff },
	};

	snprintf(value.name, sizeof(value.name), "%s", target->name);
	for (size_t i = 0; i < target->address_count; i++) {
		struct abi_address key;

		key_of(&key, &target->addresses[i]);
		if (bpf_map_update_elem(map, &key, &value, BPF_ANY))
			return -errno;
		if (shadow_add(shadow, &key, sizeof(key), &value, sizeof(value)))
			return -ENOMEM;
	}
	return 0;
}

/* The key after `key` is asked for before `key` is deleted, else the walk starts again. */
static int
delete_others(int map, const struct abi_address *keys, size_t count)
{
	struct abi_address key, next;
	int more = bpf_map_get_next_key(map, NULL, &key);

	while (!more) {
		more = bpf_map_get_next_key(map, &key, &next);
		if (!bsearch(&key, keys, count, sizeof(*keys), key_compare) &&
		    bpf_map_delete_elem(map, &key) && errno != ENOENT)
			return -errno;
		key = next;
	}
	return 0;
}

int
hooks_targets(struct hooks *hooks, const struct view_loader *view)
{
	cleanup(free_memory) struct abi_address *keys = NULL;
	cleanup(shadow_free) struct shadow shadow = { 0 };
	int map = hooks->code.maps[MAP_TARGETS];
	size_t count = count_addresses(view);
	int error;

	if (count > HOOKS_TARGETS_MAX)
		return -E2BIG;
	keys = calloc(count + 1, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	error = keys_make(view, keys, count);
	for (size_t i = 0; !error && i < view->target_count; i++)
		error = put_target(map, &shadow, &view->targets[i], (uint32_t)i, view->head.epoch);
	if (error)
		return error;
	__atomic_store_n(&hooks->meta->epoch, view->head.epoch, __ATOMIC_RELEASE);
	hooks->expected.meta.epoch = view->head.epoch;
	shadow_free(&hooks->expected.targets);
	hooks->expected.targets = shadow;
	shadow = (struct shadow){ 0 };
	return delete_others(map, keys, count);
}
