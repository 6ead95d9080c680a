/*
 * answer.c: what a skill is told. The addresses of a target that has the name, those
 * that the policy adds, and its own loopback for localhost; of all else it is said that
 * there is no such name, which is entered. A name of the policy has no other records.
 * What looks like a letter rather than a name is refused, and costs more.
 */
#include <string.h>

#include "ip.h"
#include "names/message.h"
#include "names/names.h"
#include "out.h"
#include "view.h"

struct found {
	uint8_t ips[NAMES_ANSWER][16];
	size_t count;
	uint32_t ttl;
	bool is_known;		/* somebody has that name */
	bool is_unheard;	/* but no server has said yet where that is */
};

static void
add(struct found *found, const struct view_address *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t j = 0;

		while (j < found->count && memcmp(found->ips[j], addresses[i].ip, 16) != 0)
			j++;
		if (j == found->count && found->count < NAMES_ANSWER)
			memcpy(found->ips[found->count++], addresses[i].ip, 16);
	}
}

static bool
has_host(const struct view_target *target, const char *name)
{
	for (size_t i = 0; i < target->host_count; i++)
		if (strcmp(target->hosts[i], name) == 0)
			return true;
	return false;
}

static void
find_target(const struct names *names, const char *name, struct found *found)
{
	const struct view_resolver *view = names->view;

	for (size_t i = 0; i < view->target_count; i++) {
		const struct view_target *target = &view->targets[i];

		if (!has_host(target, name))
			continue;
		found->is_known = true;
		add(found, target->addresses, target->address_count);
		if (target->is_learned && !learn_find(names, target, name, found->ips, NAMES_ANSWER,
		    &found->count, &found->ttl))
			found->is_unheard = true;
	}
}

/* RFC 6761 section 6.3. */
static bool
is_localhost(const char *name)
{
	size_t n = strlen(name);

	return strcmp(name, "localhost") == 0 || (n > 10 && strcmp(name + n - 10, ".localhost") == 0);
}

static void
find(const struct names *names, const char *name, struct found *found)
{
	static const struct view_address here[2] = {
		{ .ip = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1 } }, { .ip = { [15] = 1 } },
	};
	const struct view_resolver *view = names->view;

	found->ttl = NAMES_TTL;
	find_target(names, name, found);
	for (size_t i = 0; i < view->name_count; i++)
		if (strcmp(view->names[i].name, name) == 0) {
			found->is_known = true;
			add(found, view->names[i].addresses, view->names[i].address_count);
		}
	if (is_localhost(name)) {
		found->is_known = true;
		add(found, here, 2);
	}
}

/* Only the family that was asked for. */
static void
keep_type(struct found *found, unsigned int type)
{
	size_t kept = 0;

	for (size_t i = 0; i < found->count; i++)
		if (type == (ip_is_4(found->ips[i]) ? TYPE_A : TYPE_AAAA))
			memmove(found->ips[kept++], found->ips[i], 16);
	found->count = kept;
}

static unsigned int
refuse(struct asker *asker, const struct question *q)
{
	if (limit_bits(q->name) > LIMIT_BITS) {
		(void)limit_take(&asker->limit, loop_now(asker->names->loop), LIMIT_LETTER);
		tell_refused(asker, q->name, "what it asked for is a letter, not a name");
		return CODE_REFUSED;
	}
	tell_refused(asker, q->name, "no target has this name");
	return CODE_NO_NAME;
}

static unsigned int
look_up(struct asker *asker, const struct question *q, struct found *found)
{
	if (!asker->names->view)
		return CODE_SERVER;
	if (!limit_take(&asker->limit, loop_now(asker->names->loop), 1)) {
		tell_refused(asker, "", "it asks for too many names");
		return CODE_REFUSED;
	}
	find(asker->names, q->name, found);
	if (!found->is_known)
		return refuse(asker, q);
	keep_type(found, q->type);
	return found->is_unheard && found->count == 0 ? CODE_SERVER : CODE_GOOD;
}

void
answer_write(struct asker *asker, struct span in, bool is_stream, struct out *out)
{
	struct question q;
	struct found found = { 0 };
	unsigned int code = message_read(in, &q);
	struct message_answer answer;

	if (code == CODE_SILENCE)
		return;
	if (code == CODE_GOOD)
		code = look_up(asker, &q, &found);
	answer = (struct message_answer){ found.ips, found.count, found.ttl };
	message_write(out, &q, code, code == CODE_GOOD ? &answer : NULL,
	    is_stream ? UINT16_MAX : q.room);
}
