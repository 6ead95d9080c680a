/*
 * learned.c: addresses of targets that come from DNS.
 * The resolver reads what strangers write, so its word is not taken as it is: only
 * a target of which the policy says that DNS has its addresses gets any, none in a
 * range where the policy does not say it may be, and none that is another's. What
 * it said last is kept by the target's name, over a change of policy, and judged
 * anew each time it is put into the kernel beside what is registered.
 */
#include "hooks/loader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/log.h"
#include "base/must.h"
#include "hooks/hooks.h"
#include "view.h"

#define ADDRESSES_MOST 64	/* of one target */
#define TARGETS_MOST 1024

struct learned {
	struct learned *next;
	char target[ABI_NAME_SIZE];
	uint8_t ips[ADDRESSES_MOST][16];
	size_t count;
};

/* A copy of the view's targets, in which some have more addresses. */
struct merged {
	struct view_target *targets;
	struct view_address *addresses;	/* of all that are learned, one after the other */
	size_t used;
};

static void
merged_free(struct merged *m)
{
	free(m->targets);
	free(m->addresses);
}

static struct learned *
find(const struct loader *loader, const char *target)
{
	struct learned *l = loader->learned;

	while (l && strcmp(l->target, target) != 0)
		l = l->next;
	return l;
}

static bool
is_taken(const struct view_target *targets, size_t count, const struct view_address *address)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < targets[i].address_count; j++)
			if (targets[i].addresses[j].port == address->port &&
			    memcmp(targets[i].addresses[j].ip, address->ip, 16) == 0)
				return true;
	return false;
}

/* Room for what is registered of a target and what may have been learned. */
static void
add(struct merged *m, const struct view_loader *view, size_t i, const struct learned *learned)
{
	struct view_target *target = &m->targets[i];
	struct view_address *mine = m->addresses + m->used;

	if (target->address_count)
		memcpy(mine, target->addresses, target->address_count * sizeof(*mine));
	target->addresses = mine;
	for (size_t j = 0; j < learned->count; j++) {
		struct view_address address = { .port = target->port };
		const char *what;

		memcpy(address.ip, learned->ips[j], 16);
		what = address_is_barred(address.ip, target->ranges, target->range_count);
		if (what)
			log_error("target %s: the resolver says it has %s address, which the policy does not allow",
			    target->name, what);
		else if (!is_taken(m->targets, view->target_count, &address))
			mine[target->address_count++] = address;
	}
	m->used += target->address_count;
}

static int
merge(struct loader *loader, const struct view_loader *view, struct merged *m)
{
	size_t room = 0;

	for (size_t i = 0; i < view->target_count; i++)
		if (view->targets[i].is_learned)
			room += view->targets[i].address_count + ADDRESSES_MOST;
	m->targets = calloc(view->target_count + 1, sizeof(*m->targets));
	m->addresses = calloc(room + 1, sizeof(*m->addresses));
	if (!m->targets || !m->addresses)
		return -ENOMEM;
	if (view->target_count)
		memcpy(m->targets, view->targets, view->target_count * sizeof(*m->targets));
	for (size_t i = 0; i < view->target_count; i++) {
		const struct learned *learned = find(loader, view->targets[i].name);

		if (view->targets[i].is_learned && learned)
			add(m, view, i, learned);
	}
	return 0;
}

static bool
is_learned(const struct view_loader *view, const char *name)
{
	for (size_t i = 0; view && i < view->target_count; i++)
		if (strcmp(view->targets[i].name, name) == 0)
			return view->targets[i].is_learned;
	return false;
}

/* What was said of targets that a new policy has no more. */
static void
forget_others(struct loader *loader, const struct view_loader *view)
{
	struct learned **at = &loader->learned;

	while (*at) {
		struct learned *l = *at;

		if (is_learned(view, l->target)) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		free(l);
	}
}

int
learned_put(struct loader *loader, const struct view_loader *view)
{
	struct merged m cleanup(merged_free) = { 0 };
	struct view_loader whole = *view;
	int r = merge(loader, view, &m);

	if (r < 0)
		return r;
	whole.targets = m.targets;
	r = hooks_targets(loader->hooks, &whole);
	if (r == 0 && view != loader->view)
		forget_others(loader, view);
	return r;
}

static bool
read_body(struct span body, struct learned *out)
{
	struct span name, ip;
	uint32_t count;

	if (!take_block(&body, &name) || name.n >= sizeof(out->target) ||
	    (name.n && memchr(name.p, 0, name.n)) || !take_be32(&body, &count) ||
	    count > ADDRESSES_MOST || body.n != count * sizeof(out->ips[0]))
		return false;
	if (name.n)
		memcpy(out->target, name.p, name.n);
	while (take_bytes(&body, sizeof(out->ips[0]), &ip))
		memcpy(out->ips[out->count++], ip.p, ip.n);
	return true;
}

/* Put it in the place of what was known. False: no memory, or too many. */
static bool
remember(struct loader *loader, const struct learned *said)
{
	struct learned *place = find(loader, said->target), *next;
	size_t count = 0;

	for (const struct learned *l = loader->learned; l; l = l->next)
		count++;
	if (!place && count < TARGETS_MOST && (place = calloc(1, sizeof(*place)))) {
		place->next = loader->learned;
		loader->learned = place;
	}
	if (!place)
		return false;
	next = place->next;
	*place = *said;
	place->next = next;
	return true;
}

bool
learned_hear(struct loader *loader, struct span body)
{
	struct learned said = { 0 };
	int r;

	if (!read_body(body, &said))
		return false;
	if (!remember(loader, &said)) {
		log_error("no room for the addresses of target %s", said.target);
		return true;
	}
	if (!is_learned(loader->view, said.target))
		return true;	/* of a policy to come, or gone */
	r = learned_put(loader, loader->view);
	if (r < 0)
		log_error("the addresses of target %s cannot be put in place: %s", said.target, strerror(-r));
	return true;
}

json_t *
learned_json(const struct loader *loader, const struct view_target *target)
{
	const struct learned *l = find(loader, target->name);
	json_t *list = target->is_learned ? json_array() : NULL;
	char text[ADDRESS_TEXT];

	for (size_t i = 0; list && l && i < l->count; i++)
		if (!address_is_barred(l->ips[i], target->ranges, target->range_count))
			json_array_append_new(list, json_string(address_text(l->ips[i], text)));
	return list;
}

void
learned_free(struct loader *loader)
{
	while (loader->learned) {
		struct learned *l = loader->learned;

		loader->learned = l->next;
		free(l);
	}
}
