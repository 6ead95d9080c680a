/*
 * native.h: the kernel's part, played, so that the programs' own headers run here.
 * The guards of libbpf's headers are set, and what these would declare is declared as
 * plain C: maps are tables in memory, the current task is a struct, socket storage is
 * kept by socket. Everything may be made to fail, which a real kernel does too seldom.
 * For decisions only: what the verifier and the hooks make of them, the other tests ask.
 */
#ifndef NATIVE_H
#define NATIVE_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "check.h"

#define __BPF_HELPERS__
#define __BPF_CORE_READ_H__
#define __BPF_ENDIAN__

#define SEC(name)
#undef __always_inline
#define __always_inline inline __attribute__((always_inline, unused))
#define __uint(name, value) int(*name)[value]
#define __type(name, value) __typeof__(value) *name
#define preserve_access_index may_alias
#define bpf_htonl(x) htonl(x)
#define bpf_ntohl(x) ntohl(x)
#define bpf_htons(x) htons(x)
#define bpf_ntohs(x) ntohs(x)
#define bpf_core_enum_value(type, value) (value)
#define READ_2(from, a) ((from)->a)
#define READ_3(from, a, b) ((from)->a->b)
#define READ_PICK(_1, _2, _3, name, ...) name
#define BPF_CORE_READ(...) READ_PICK(__VA_ARGS__, READ_3, READ_2, )(__VA_ARGS__)

struct bpf_sock;
struct bpf_sock_addr;
struct bpf_sock_tuple;

/* ---- the stage ------------------------------------------------------------- */

#define NATIVE_ROWS 64
#define NATIVE_BYTES 256

static struct native {
	uint64_t levels[40];		/* cgroup ids of the current task, from level 1; 0 ends */
	uint64_t now, boot, netns;
	uint32_t pid, tid, uid;
	const char *comm;
	bool rows_fail, storage_fails, ring_is_full;	/* no room from now on */
	int retval;			/* of bpf_set_retval() */
	_Alignas(8) uint8_t event[NATIVE_BYTES];
	unsigned int events;
	struct bpf_sock *listener;	/* that a lookup finds */
	const struct bpf_sock_tuple *sought;
	size_t sought_size;
	unsigned int held;		/* found and not given back */
	struct native_row {
		const void *map;
		size_t key_size, value_size;
		uint8_t key[NATIVE_BYTES], value[NATIVE_BYTES];
	} rows[NATIVE_ROWS];
} native;

static struct native_row *
native_find(const void *map, const void *key, size_t size)
{
	for (size_t i = 0; i < NATIVE_ROWS; i++) {
		struct native_row *row = &native.rows[i];

		if (row->map == map && row->key_size == size && !memcmp(row->key, key, size))
			return row;
	}
	return NULL;
}

/* NULL: no room. */
static void *
native_put(const void *map, const void *key, size_t key_size, const void *value, size_t value_size)
{
	struct native_row *row = native_find(map, key, key_size);

	for (size_t i = 0; !row && i < NATIVE_ROWS; i++)
		if (!native.rows[i].map)
			row = &native.rows[i];
	if (!row)
		return NULL;
	row->map = map;
	row->key_size = key_size;
	row->value_size = value_size;
	memcpy(row->key, key, key_size);
	if (value)
		memcpy(row->value, value, value_size);
	else
		memset(row->value, 0, value_size);
	return row->value;
}

static void
native_drop(struct native_row *row)
{
	if (row)
		*row = (struct native_row){ 0 };
}

/* ---- what the headers call --------------------------------------------------- */

/* The types are in the map's declaration, as BTF has them. */
#define bpf_map_lookup_elem(map, k) \
	((__typeof__((map)->value))native_lookup((map), (k), sizeof(*(map)->key)))
#define bpf_map_update_elem(map, k, v, flags) \
	native_update((map), (k), sizeof(*(map)->key), (v), sizeof(*(map)->value))
#define bpf_map_delete_elem(map, k) \
	native_delete((map), (k), sizeof(*(map)->key))
#define bpf_sk_storage_get(map, sk, v, flags) \
	((__typeof__((map)->value))native_storage((map), (sk), sizeof(*(map)->value), (flags)))
#define bpf_sk_storage_delete(map, sk) native_unstore((map), (sk))
#define bpf_ringbuf_reserve(map, size, flags) native_reserve(size)
#define bpf_ringbuf_submit(event, flags) ((void)(event), (void)native.events++)
#define bpf_get_current_ancestor_cgroup_id(level) (native.levels[level - 1])
#define bpf_get_netns_cookie(ctx) ((void)(ctx), native.netns)
#define bpf_ktime_get_ns() (native.now)
#define bpf_ktime_get_boot_ns() (native.boot)
#define bpf_get_current_pid_tgid() ((uint64_t)native.pid << 32 | native.tid)
#define bpf_get_current_uid_gid() ((uint64_t)1 << 32 | native.uid)
#define bpf_get_current_comm(to, size) snprintf((to), (size), "%s", native.comm)
#define bpf_set_retval(value) (native.retval = (value))
#define bpf_sk_lookup_tcp(ctx, tuple, size, netns, flags) ((void)(ctx), native_listener((tuple), (size)))
#define bpf_sk_release(sk) ((void)(sk), (void)native.held--)

static void *
native_lookup(const void *map, const void *key, size_t size)
{
	struct native_row *row = native_find(map, key, size);

	return row ? row->value : NULL;
}

__attribute__((unused)) static long
native_update(const void *map, const void *key, size_t key_size, const void *value, size_t size)
{
	if (native.rows_fail && !native_find(map, key, key_size))
		return -7;
	return native_put(map, key, key_size, value, size) ? 0 : -7;
}

__attribute__((unused)) static long
native_delete(const void *map, const void *key, size_t size)
{
	native_drop(native_find(map, key, size));
	return 0;
}

static void *
native_storage(const void *map, const void *sk, size_t size, uint64_t flags)
{
	struct native_row *row = native_find(map, &sk, sizeof(sk));

	if (row || !flags || native.storage_fails)
		return row ? row->value : NULL;
	return native_put(map, &sk, sizeof(sk), NULL, size);
}

__attribute__((unused)) static long
native_unstore(const void *map, const void *sk)
{
	native_drop(native_find(map, &sk, sizeof(sk)));
	return 0;
}

__attribute__((unused)) static void *
native_reserve(size_t size)
{
	return native.ring_is_full || size > sizeof(native.event) ? NULL : native.event;
}

__attribute__((unused)) static struct bpf_sock *
native_listener(const struct bpf_sock_tuple *to, size_t size)
{
	native.sought = to;
	native.sought_size = size;
	native.held += native.listener != NULL;
	return native.listener;
}

#include "../../bpf/kernel.h"

static struct task_struct native_leader = { .start_boottime = 4711 };
static struct task_struct native_task = { .group_leader = &native_leader };

#define bpf_get_current_task() ((uint64_t)(uintptr_t)&native_task)
#define bpf_get_current_cgroup_id() native_leaf()

__attribute__((unused)) static uint64_t
native_leaf(void)
{
	uint64_t last = 1;

	for (size_t i = 0; i < COUNT(native.levels) && native.levels[i]; i++)
		last = native.levels[i];
	return last;
}

#endif
