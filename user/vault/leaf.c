/*
 * leaf.c: certificates that workers show to skills.
 * The key of the cache is (target, host as policy spells it or none, address):
 * what a worker says is matched against policy first and then not used again.
 */
#include "vault/leaf.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "base/must.h"
#include "base/secret.h"
#include "out.h"
#include "vault/authority.h"
#include "view.h"

#define PEM_MAX 65536

struct leaf {
	uint64_t used;		/* 0: free; else grows with each use */
	uint64_t made;		/* seconds since 1970 */
	uint32_t target;
	const char *host;	/* the view's; NULL: all of them */
	uint8_t ip[16];
	struct secret key;
	struct out chain;
};

struct leaves {
	const struct authority *authority;
	uint64_t uses;
	struct leaf rows[LEAF_LIMIT];
};

static const uint8_t no_ip[16];

static void
free_out(struct out *out)
{
	out_free(out);
}

static void
empty_leaf(struct leaf *leaf)
{
	secret_free(&leaf->key);
	out_free(&leaf->chain);
	*leaf = (struct leaf){ 0 };
}

int
leaves_new(struct leaves **out, const struct authority *authority)
{
	struct leaves *all = calloc(1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	all->authority = authority;
	*out = all;
	return 0;
}

/* Host names know no case (RFC 4343). */
static const char *
find_host(const struct view_target *target, struct span name)
{
	for (size_t i = 0; i < target->host_count; i++) {
		const char *host = target->hosts[i];

		if (strlen(host) == name.n && name.n &&
		    !strncasecmp(host, (const char *)name.p, name.n))
			return host;
	}
	return NULL;
}

static bool
has_address(const struct view_target *target, const uint8_t ip[16])
{
	for (size_t i = 0; i < target->address_count; i++)
		if (!memcmp(target->addresses[i].ip, ip, 16))
			return true;
	return false;
}

/* The leaf that is there and still good, or a free row, or the row longest unused. */
static struct leaf *
find_row(struct leaves *all, const struct leaf *want, uint64_t now)
{
	struct leaf *room = &all->rows[0];

	for (size_t i = 0; i < LEAF_LIMIT; i++) {
		struct leaf *row = &all->rows[i];

		if (row->used < room->used)
			room = row;
		if (!row->used || row->target != want->target ||
		    row->host != want->host || memcmp(row->ip, want->ip, 16))
			continue;
		/* also anew when the clock was set back */
		if (now < row->made || now - row->made >= LEAF_LIFE_S - LEAF_RENEW_S)
			return empty_leaf(row), row;
		return row;
	}
	return empty_leaf(room), room;
}

static int
sign_leaf(const struct authority *authority, struct leaf *leaf,
    const struct leaf_terms *terms, uint64_t now)
{
	cleanup(free_out) struct out chain = out_new(PEM_MAX), key = out_new(PEM_MAX);
	int r;

	r = authority_sign(authority, terms, now, &chain, &key);
	if (!r)
		r = secret_copy(&leaf->key, out_view(&key));
	if (r)
		return r;
	leaf->chain = chain;
	chain = out_new(0);
	return 0;
}

static int
make_leaf(struct leaves *all, struct leaf *leaf, const struct leaf *want,
    const struct view_target *target, uint64_t now)
{
	struct span names[AUTHORITY_NAMES];
	struct leaf_terms terms = { .names = names };
	int r;

	if (want->host) {
		names[terms.name_count++] = span_text(want->host);
	} else {
		for (size_t i = 0; i < target->host_count && i + 1 < COUNT(names); i++)
			names[terms.name_count++] = span_text(target->hosts[i]);
	}
	if (memcmp(want->ip, no_ip, sizeof(no_ip)))
		terms.ip = want->ip;
	r = sign_leaf(all->authority, leaf, &terms, now);
	if (r)
		return r;
	leaf->target = want->target;
	leaf->host = want->host;
	memcpy(leaf->ip, want->ip, sizeof(leaf->ip));
	leaf->made = now;
	return 0;
}

int
leaves_find(struct leaves *all, uint32_t index, const struct view_target *target,
    struct span name, const uint8_t ip[16], uint64_t now, struct span *chain,
    struct span *key)
{
	struct leaf want = { .target = index };
	struct leaf *leaf;
	int r;

	if (name.n) {
		want.host = find_host(target, name);
		if (!want.host)
			return -EPERM;
	}
	/* where DNS has the addresses, a certificate speaks of names only */
	if (has_address(target, ip))
		memcpy(want.ip, ip, sizeof(want.ip));
	else if (memcmp(ip, no_ip, sizeof(no_ip)) && !target->is_learned)
		return -EPERM;
	leaf = find_row(all, &want, now);
	if (!leaf->used) {
		r = make_leaf(all, leaf, &want, target, now);
		if (r)
			return r;
	}
	leaf->used = ++all->uses;
	*chain = out_view(&leaf->chain);
	*key = secret_view(&leaf->key);
	return 0;
}

void
leaves_clear(struct leaves *all)
{
	for (size_t i = 0; i < LEAF_LIMIT; i++)
		empty_leaf(&all->rows[i]);
}

void
leaves_free(struct leaves **all)
{
	if (*all)
		leaves_clear(*all);
	free(*all);
	*all = NULL;
}
