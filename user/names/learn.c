/*
 * learn.c: keeps up what DNS says of the targets whose addresses it has.
 * For each of their names there are two lookups, of IPv4 and of IPv6 addresses, asked again
 * when three quarters of the answer's time to live are over, within bounds. An address is
 * told to skills for that time, and is the target's for NAMES_GRACE_NS more, since
 * who was told dials late. When no server answers, the last answer stays good for
 * NAMES_STALE_NS; when one says that there is no such name, it is over at once.
 *
 * An address in a special range (address.h) where the policy does not say that it
 * may lie is barred: neither told nor given to the loader, and an alarm when it
 * appears. So is one that another target has. The loader judges the same again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "ip.h"
#include "msg/post.h"
#include "names/message.h"
#include "names/names.h"
#include "out.h"
#include "view.h"

#define SWEEP_NS (5 * SECOND_NS)
#define ADDRESSES_MOST 64	/* of one target, as the loader takes them */

struct known {
	uint8_t ip[16];
	uint64_t fresh;		/* loop time until which skills are told; 0: not any more */
	uint64_t until;		/* and until which it is the target's */
	bool is_barred;
};

struct lookup {
	struct lookup *next;
	struct names *names;
	const struct view_target *target;
	const char *host;
	int type;
	struct timer timer;
	bool is_asking;
	bool is_heard;		/* when last asked, a server said something */
	bool is_missing;	/* the last said that there is no such name */
	uint64_t answered;	/* loop time of the last good answer */
	struct known known[NAMES_KNOWN];
	size_t count;
};

/* ---- which addresses may be -------------------------------------------------- */

static bool
is_anothers(const struct lookup *l, const uint8_t ip[16])
{
	const struct view_resolver *view = l->names->view;
	uint64_t now = loop_now(l->names->loop);

	for (size_t i = 0; i < view->target_count; i++)
		for (size_t j = 0; &view->targets[i] != l->target && j < view->targets[i].address_count; j++)
			if (view->targets[i].addresses[j].port == l->target->port &&
			    memcmp(view->targets[i].addresses[j].ip, ip, 16) == 0)
				return true;
	for (const struct lookup *other = l->names->lookups; other; other = other->next)
		for (size_t i = 0; other->target != l->target && other->target->port == l->target->port &&
		    i < other->count; i++)
			if (!other->known[i].is_barred && other->known[i].until > now &&
			    memcmp(other->known[i].ip, ip, 16) == 0)
				return true;
	return false;
}

/* Why the name must not lead there; false: it may. */
static bool
bar(const struct lookup *l, const uint8_t ip[16], char *reason, size_t size)
{
	const char *kind = address_is_barred(ip, l->target->ranges, l->target->range_count);

	if (kind)
		snprintf(reason, size, "the name leads to %s address, where the policy does not say it may", kind);
	else if (is_anothers(l, ip))
		snprintf(reason, size, "the name leads to an address that another target has");
	else
		return false;
	return true;
}

static void
judge(struct lookup *l, struct known *known)
{
	bool was = known->is_barred;
	char reason[128];

	known->is_barred = bar(l, known->ip, reason, sizeof(reason));
	if (known->is_barred && !was)
		tell_alarm(l->names, l->target, l->host, known->ip, reason);
}

/* ---- telling the loader --------------------------------------------------------- */

static void
add_current(const struct lookup *l, uint64_t now, uint8_t (*ips)[16], uint32_t *count)
{
	for (size_t i = 0; i < l->count; i++) {
		uint32_t j = 0;

		if (l->known[i].is_barred || l->known[i].until <= now)
			continue;
		while (j < *count && memcmp(ips[j], l->known[i].ip, 16) != 0)
			j++;
		if (j == *count && j < ADDRESSES_MOST)
			memcpy(ips[(*count)++], l->known[i].ip, 16);
	}
}

static void
tell_loader(struct names *names, const struct view_target *target)
{
	struct out body = out_new(4096);
	uint8_t ips[ADDRESSES_MOST][16];
	uint64_t now = loop_now(names->loop);
	uint32_t count = 0;

	for (const struct lookup *l = names->lookups; l; l = l->next)
		if (l->target == target)
			add_current(l, now, ips, &count);
	out_block(&body, span_text(target->name));
	out_be32(&body, count);
	out_bytes(&body, ips, count * sizeof(ips[0]));
	if (post_send(names->post, SLOT_LOADER, MSG_ADDRESSES, 0, out_view(&body), -1) < 0)
		log_error("the loader does not hear the addresses of target %s", target->name);
	out_free(&body);
}

void
learn_tell_all(struct names *names)
{
	for (size_t i = 0; names->view && i < names->view->target_count; i++)
		if (names->view->targets[i].is_learned)
			tell_loader(names, &names->view->targets[i]);
}

/* ---- what an answer says ------------------------------------------------------------ */

/* Out of the list with what is over. */
static void
forget_old(struct lookup *l, uint64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++)
		if (l->known[i].until > now)
			l->known[kept++] = l->known[i];
	l->count = kept;
}

/* The place of that address; a new one when it was not known. NULL: too many. */
static struct known *
place_of(struct lookup *l, const uint8_t ip[16])
{
	struct known *known;

	for (size_t i = 0; i < l->count; i++)
		if (memcmp(l->known[i].ip, ip, 16) == 0)
			return &l->known[i];
	if (l->count == NAMES_KNOWN)
		return NULL;
	known = &l->known[l->count++];
	*known = (struct known){ 0 };
	memcpy(known->ip, ip, 16);
	return known;
}

static void
take_address(struct lookup *l, const void *bytes, uint64_t lasts)
{
	uint64_t now = loop_now(l->names->loop);
	struct known *known;
	uint8_t ip[16];

	if (l->type == TYPE_A) {
		ip_from_4(ip, bytes);
	} else {
		memcpy(ip, bytes, sizeof(ip));
		ip_canonical(ip);
	}
	known = place_of(l, ip);
	if (!known)
		return;
	judge(l, known);
	known->fresh = now + lasts;
	known->until = known->fresh + NAMES_GRACE_NS;
}

static uint64_t
bound(int ttl)
{
	unsigned int s = ttl < NAMES_TTL_LEAST ? NAMES_TTL_LEAST : ttl > NAMES_TTL_MOST ? NAMES_TTL_MOST :
	    (unsigned int)ttl;

	return s * SECOND_NS;
}

/* A whole answer takes the place of the one before. How long it is good; 0: it cannot be read. */
static uint64_t
take_answer(struct lookup *l, const uint8_t *packet, int size)
{
	struct ares_addr6ttl six[NAMES_KNOWN] = { { .ttl = 0 } };
	struct ares_addrttl four[NAMES_KNOWN] = { { .ttl = 0 } };
	int count = NAMES_KNOWN, least = NAMES_TTL_MOST, status;

	status = l->type == TYPE_A ? ares_parse_a_reply(packet, size, NULL, four, &count) :
	    ares_parse_aaaa_reply(packet, size, NULL, six, &count);
	if (status == ARES_ENODATA)
		count = 0;
	else if (status != ARES_SUCCESS)
		return 0;
	forget_old(l, loop_now(l->names->loop));
	for (size_t i = 0; i < l->count; i++)
		l->known[i].fresh = 0;
	for (int i = 0; i < count; i++) {
		int ttl = l->type == TYPE_A ? four[i].ttl : six[i].ttl;

		least = ttl < least ? ttl : least;
	}
	for (int i = 0; i < count; i++)
		take_address(l, l->type == TYPE_A ? (void *)&four[i].ipaddr : (void *)&six[i].ip6addr, bound(least));
	return count ? bound(least) : NAMES_TTL * SECOND_NS;
}

/* ---- asking ---------------------------------------------------------------------------- */

static void look(void *lookup);

static void
none_any_more(struct lookup *l)
{
	for (size_t i = 0; i < l->count; i++)
		l->known[i].fresh = 0;
	if (!l->is_missing && l->type == TYPE_A)	/* the other says the same */
		tell_alarm(l->names, l->target, l->host, NULL, "its DNS server says that there is no such name");
	l->is_missing = true;
}

/* Nobody answered: what is known stays for a while. */
static void
no_answer(struct lookup *l, int status)
{
	uint64_t now = loop_now(l->names->loop), more = 2 * NAMES_RETRY_NS;

	log_warning("target %s: no DNS server says where %s is: %s", l->target->name, l->host, ares_strerror(status));
	if (!l->answered || now - l->answered > NAMES_STALE_NS)
		return;
	for (size_t i = 0; i < l->count; i++)
		if (l->known[i].fresh && l->known[i].fresh < now + more) {
			l->known[i].fresh = now + more;
			l->known[i].until = l->known[i].fresh + NAMES_GRACE_NS;
		}
}

static void
heard(void *arg, int status, int timeouts, unsigned char *packet, int size)
{
	struct lookup *l = arg;
	uint64_t again = NAMES_RETRY_NS, lasts = 0;

	(void)timeouts;
	if (status == ARES_ECANCELLED || status == ARES_EDESTRUCTION)
		return;
	l->is_asking = false;
	if (status == ARES_SUCCESS || status == ARES_ENODATA)
		lasts = packet ? take_answer(l, packet, size) : 0;
	if (lasts) {
		l->is_missing = false;
		l->answered = loop_now(l->names->loop);
		again = lasts / 4 * 3;
	} else if (status == ARES_ENOTFOUND) {
		none_any_more(l);
	} else {
		no_answer(l, status == ARES_SUCCESS ? ARES_EBADRESP : status);
	}
	l->is_heard = lasts || status == ARES_ENOTFOUND;
	tell_loader(l->names, l->target);
	(void)loop_set(l->names->loop, &l->timer, again, look, l);
}

static void
look(void *arg)
{
	struct lookup *l = arg;

	if (l->is_asking)
		return;
	l->is_asking = true;
	ask(l->names, l->host, l->type, heard, l);
}

/* What ran out of its time is no longer the target's. */
static void
sweep(void *arg)
{
	struct names *names = arg;
	uint64_t now = loop_now(names->loop);

	for (struct lookup *l = names->lookups; l; l = l->next) {
		size_t was = l->count;

		forget_old(l, now);
		if (l->count < was)
			tell_loader(names, l->target);
	}
	(void)loop_set(names->loop, &names->sweep, SWEEP_NS, sweep, names);
}

bool
learn_find(const struct names *names, const struct view_target *target, const char *host,
    uint8_t (*ips)[16], size_t most, size_t *count, uint32_t *ttl)
{
	uint64_t now = loop_now(names->loop);
	bool is_heard = true;

	for (const struct lookup *l = names->lookups; l; l = l->next) {
		if (l->target != target || strcmp(l->host, host) != 0)
			continue;
		is_heard &= l->is_heard;
		for (size_t i = 0; i < l->count && *count < most; i++) {
			const struct known *known = &l->known[i];
			size_t j = 0;

			if (known->is_barred || known->fresh <= now)
				continue;
			*ttl = (known->fresh - now) / SECOND_NS < *ttl ? (uint32_t)((known->fresh - now) / SECOND_NS) : *ttl;
			while (j < *count && memcmp(ips[j], known->ip, 16) != 0)
				j++;
			if (j == *count)
				memcpy(ips[(*count)++], known->ip, 16);
		}
	}
	return is_heard;
}

/* ---- which lookups there are --------------------------------------------------------------- */

static void
free_all(struct names *names, struct lookup **list)
{
	while (*list) {
		struct lookup *l = *list;

		*list = l->next;
		loop_unset(names->loop, &l->timer);
		free(l);
	}
}

/* What was known of the same name and target; what may be is judged anew. */
static void
inherit(struct lookup *l, const struct lookup *old)
{
	for (; old; old = old->next) {
		if (old->type != l->type || strcmp(old->host, l->host) != 0 ||
		    strcmp(old->target->name, l->target->name) != 0)
			continue;
		l->is_heard = old->is_heard;
		l->is_missing = old->is_missing;
		l->answered = old->answered;
		l->count = old->count;
		memcpy(l->known, old->known, sizeof(l->known));
		for (size_t i = 0; i < l->count; i++)
			judge(l, &l->known[i]);
		return;
	}
}

static int
add(struct names *names, const struct view_target *target, const char *host, int type,
    const struct lookup *old)
{
	struct lookup *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	*l = (struct lookup){ .names = names, .target = target, .host = host, .type = type };
	inherit(l, old);
	l->next = names->lookups;
	names->lookups = l;
	return 0;
}

static int
add_target(struct names *names, const struct view_target *target, const struct lookup *old)
{
	int r = 0;

	for (size_t i = 0; target->is_learned && r == 0 && i < target->host_count; i++) {
		r = add(names, target, target->hosts[i], TYPE_A, old);
		if (r == 0)
			r = add(names, target, target->hosts[i], TYPE_AAAA, old);
	}
	return r;
}

int
learn_begin(struct names *names)
{
	struct lookup *old = names->lookups;
	int r = 0;

	ask_give_up(names);
	names->lookups = NULL;
	for (size_t i = 0; r == 0 && i < names->view->target_count; i++)
		r = add_target(names, &names->view->targets[i], old);
	free_all(names, &old);
	if (r < 0)
		return r;
	ask_servers(names);
	for (struct lookup *l = names->lookups; l; l = l->next)
		look(l);
	sweep(names);
	return 0;
}

bool
learn_is_settled(const struct names *names)
{
	for (const struct lookup *l = names->lookups; l; l = l->next)
		if (l->is_asking)
			return false;
	return true;
}

void
learn_end(struct names *names)
{
	if (names->loop)
		loop_unset(names->loop, &names->sweep);
	free_all(names, &names->lookups);
}
