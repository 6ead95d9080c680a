/*
 * cache.c: analyses by shape, for all flows of one worker.
 * A chained table of at most `entries` shapes and a bounded number of bytes. What
 * makes room is chosen by the clock: a hand goes round the slots, spares what was
 * looked up since it last came by, and takes the first that was not. An analysis
 * in use outlives its slot, as everyone holds a reference. A failed parse is
 * not kept: it may lie in a literal's value, and must not speak for the shape.
 */
#include "facts/sql/analysis.h"

#include <errno.h>
#include <stdlib.h>

#include "base/must.h"

#define KEY_LIMIT (16u << 10)		/* longer shapes are not kept */
#define ENTRY_BYTES 4096		/* on average, for the limit on all */
#define NONE UINT32_MAX

struct slot {
	uint64_t hash;
	uint8_t *key;			/* owned; NULL: free */
	size_t key_size, size;
	struct sql_analysis *analysis;
	uint32_t next;			/* in its chain */
	bool used;			/* looked up since the hand came by */
};

struct sql_cache {
	struct slot *slots;
	uint32_t *heads;		/* one chain per slot on average */
	uint32_t count, hand;
	size_t bytes, limit;
	struct out key;			/* of the statement at hand */
};

/* FNV-1a, 64 bits. */
static uint64_t
hash_of(struct span key)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < key.n; i++)
		hash = (hash ^ key.p[i]) * 0x100000001b3;
	return hash ^ hash >> 32;
}

int
sql_cache_new(struct sql_cache **out, size_t entries)
{
	cleanup(sql_cache_free) struct sql_cache *cache = NULL;

	if (!entries || entries > 1 << 20)
		return -EINVAL;
	cache = calloc(1, sizeof(*cache));
	if (!cache)
		return -ENOMEM;
	cache->count = (uint32_t)entries;
	cache->limit = entries * ENTRY_BYTES;
	cache->key = out_new(2 * SQL_TEXT_LIMIT);
	cache->slots = calloc(entries, sizeof(*cache->slots));
	cache->heads = malloc(entries * sizeof(*cache->heads));
	if (!cache->slots || !cache->heads)
		return -ENOMEM;
	for (size_t i = 0; i < entries; i++)
		cache->heads[i] = NONE;
	*out = take(&cache);
	return 0;
}

static uint32_t *
head_of(struct sql_cache *cache, uint64_t hash)
{
	return &cache->heads[hash % cache->count];
}

static void
empty_slot(struct sql_cache *cache, uint32_t i)
{
	struct slot *slot = &cache->slots[i];
	uint32_t *link;

	if (!slot->key)
		return;
	link = head_of(cache, slot->hash);
	while (*link != i)
		link = &cache->slots[*link].next;
	*link = slot->next;
	cache->bytes -= slot->size;
	free(slot->key);
	sql_drop(&slot->analysis);
	*slot = (struct slot){ 0 };
}

void
sql_cache_free(struct sql_cache **cache)
{
	struct sql_cache *gone = *cache;

	*cache = NULL;
	if (!gone)
		return;
	for (uint32_t i = 0; gone->slots && gone->heads && i < gone->count; i++)
		empty_slot(gone, i);
	out_free(&gone->key);
	free(gone->slots);
	free(gone->heads);
	free(gone);
}

static struct slot *
find(struct sql_cache *cache, struct span key, uint64_t hash)
{
	uint32_t i = *head_of(cache, hash);

	while (i != NONE) {
		struct slot *slot = &cache->slots[i];

		if (slot->hash == hash &&
		    span_equal(span_of(slot->key, slot->key_size), key))
			return slot;
		i = slot->next;
	}
	return NULL;
}

/* The key of `text` in cache->key; false: it has none. */
static bool
make_key(struct sql_cache *cache, struct span text)
{
	out_clear(&cache->key);
	return sql_shape(text, &cache->key);
}

struct sql_analysis *
sql_look(struct sql_cache *cache, struct span text)
{
	struct slot *slot;
	struct span key;

	if (!make_key(cache, text))
		return NULL;
	key = out_view(&cache->key);
	slot = find(cache, key, hash_of(key));
	if (!slot)
		return NULL;
	slot->used = true;
	return sql_hold(slot->analysis);
}

/* A free slot, and room for `size` bytes beside it. */
static uint32_t
make_room(struct sql_cache *cache, size_t size)
{
	for (;;) {
		uint32_t i = cache->hand;
		struct slot *slot = &cache->slots[i];

		cache->hand = (i + 1) % cache->count;
		if (slot->key && slot->used) {
			slot->used = false;
			continue;
		}
		empty_slot(cache, i);
		if (cache->bytes + size <= cache->limit)
			return i;
	}
}

static void
keep(struct sql_cache *cache, struct sql_analysis *analysis, size_t packed)
{
	struct span key = out_view(&cache->key);
	uint64_t hash = hash_of(key);
	size_t size = key.n + 4 * packed;
	struct slot *slot;
	uint8_t *copy;
	uint32_t i;

	if (key.n > KEY_LIMIT || size > cache->limit / 4 ||
	    find(cache, key, hash))
		return;
	copy = malloc(key.n ? key.n : 1);
	if (!copy)
		return;
	if (key.n)
		memcpy(copy, key.p, key.n);
	i = make_room(cache, size);
	slot = &cache->slots[i];
	*slot = (struct slot){
		.hash = hash, .key = copy, .key_size = key.n, .size = size,
		.analysis = sql_hold(analysis), .next = *head_of(cache, hash),
	};
	*head_of(cache, hash) = i;
	cache->bytes += size;
}

struct sql_analysis *
sql_learn(struct sql_cache *cache, struct span text, struct span packed)
{
	struct sql_analysis *analysis;

	if (analysis_unpack(&analysis, packed))
		return NULL;
	if (!(analysis->flags & ANALYSIS_UNPARSED) && make_key(cache, text))
		keep(cache, analysis, packed.n);
	return analysis;
}
