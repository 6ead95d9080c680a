/*
 * lookup.c: where a token endpoint is, for the courier. Each time DNS is asked anew, for both kinds of addresses at
 * once; what is known of targets plays no part. Whoever answers there must show a certificate for the name, so that an
 * address needs no judging.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ip.h"
#include "msg.h"
#include "msg/post.h"
#include "names/message.h"
#include "names/names.h"
#include "out.h"

#define FOUND_MOST (2 * NAMES_KNOWN)

struct asked {
	struct names *names;
	uint64_t id;
	unsigned int open;	/* questions */
	uint8_t ips[FOUND_MOST][16];
	uint32_t count;
};

static void
answer(struct asked *asked)
{
	struct out body = out_new(8 + sizeof(asked->ips));

	out_be32(&body, asked->count ? 0 : ENOENT);
	out_be32(&body, asked->count);
	out_bytes(&body, asked->ips, asked->count * sizeof(asked->ips[0]));
	if (body.failed || post_send(asked->names->post, SLOT_COURIER, MSG_LOOKED, asked->id, out_view(&body), -1))
		log_error("the courier does not hear where a name is");
	out_free(&body);
	asked->names->wanted--;
	free(asked);
}

static void
heard(struct asked *asked, int status)
{
	if (status == ARES_ECANCELLED || status == ARES_EDESTRUCTION)
		asked->count = 0;	/* half of it is none */
	if (--asked->open == 0)
		answer(asked);
}

static void
heard_four(void *arg, int status, int timeouts, unsigned char *packet, int size)
{
	struct ares_addrttl found[NAMES_KNOWN];
	struct asked *asked = arg;
	int count = NAMES_KNOWN;

	(void)timeouts;
	if (status == ARES_SUCCESS && packet && ares_parse_a_reply(packet, size, NULL, found, &count) == ARES_SUCCESS)
		for (int i = 0; i < count; i++)
			ip_from_4(asked->ips[asked->count++], &found[i].ipaddr);
	heard(asked, status);
}

static void
heard_six(void *arg, int status, int timeouts, unsigned char *packet, int size)
{
	struct ares_addr6ttl found[NAMES_KNOWN];
	struct asked *asked = arg;
	int count = NAMES_KNOWN;

	(void)timeouts;
	if (status == ARES_SUCCESS && packet && ares_parse_aaaa_reply(packet, size, NULL, found, &count) == ARES_SUCCESS)
		for (int i = 0; i < count; i++)
			memcpy(asked->ips[asked->count++], &found[i].ip6addr, sizeof(asked->ips[0]));
	heard(asked, status);
}

bool
lookup_hear(struct names *names, uint64_t id, struct span body)
{
	struct asked *asked;
	struct span host;

	if (!take_text(&body, &host) || !host.n || body.n)
		return false;
	asked = names->wanted < NAMES_WANTED ? calloc(1, sizeof(*asked)) : NULL;
	if (!asked) {
		log_warning("no room to look up a name for the courier");
		return true;	/* it has a deadline of its own */
	}
	*asked = (struct asked){ .names = names, .id = id, .open = 2 };
	names->wanted++;
	ask(names, (const char *)host.p, TYPE_A, heard_four, asked);
	ask(names, (const char *)host.p, TYPE_AAAA, heard_six, asked);
	return true;
}
