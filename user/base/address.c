/* address.c: a table of ranges that are not the world's, and bits compared. */
#include "base/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "ip.h"
#include "span.h"
#include "view.h"

#define MAPPED_BITS 96	/* of ::ffff:0:0/96 */

#define FOUR(a, b, c, d) { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d }

/* IANA's registries of special addresses (RFC 6890), and multicast. */
static const struct {
	struct view_range range;
	const char *kind;
} special[] = {
	{ { FOUR(0, 0, 0, 0), 104 }, "an unspecified" },
	{ { FOUR(10, 0, 0, 0), 104 }, "a private" },
	{ { FOUR(100, 64, 0, 0), 106 }, "a shared" },
	{ { FOUR(127, 0, 0, 0), 104 }, "a loopback" },
	{ { FOUR(169, 254, 0, 0), 112 }, "a link-local" },
	{ { FOUR(172, 16, 0, 0), 108 }, "a private" },
	{ { FOUR(192, 0, 0, 0), 120 }, "a reserved" },
	{ { FOUR(192, 168, 0, 0), 112 }, "a private" },
	{ { FOUR(198, 18, 0, 0), 111 }, "a reserved" },
	{ { FOUR(224, 0, 0, 0), 99 }, "a multicast or reserved" },
	{ { { 0 }, 96 }, "an unspecified or loopback" },	/* ::, ::1 and ::a.b.c.d */
	{ { { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48 }, "a translated" },	/* RFC 8215 */
	{ { { 0x01 }, 64 }, "a discarded" },
	{ { { 0x20, 0x01, 0x00, 0x00 }, 32 }, "a tunnelled" },	/* Teredo: IPv4 inside, in a mask */
	{ { { 0xfc }, 7 }, "a private" },
	{ { { 0xfe, 0x80 }, 9 }, "a link-local" },	/* and site-local */
	{ { { 0xff }, 8 }, "a multicast" },
};

bool
address_read(const char *text, uint8_t ip[16])
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1) {
		ip_from_4(ip, bytes);
		return true;
	}
	if (inet_pton(AF_INET6, text, bytes) != 1)
		return false;
	ip_canonical(bytes);
	memcpy(ip, bytes, sizeof(bytes));
	return true;
}

const char *
address_text(const uint8_t ip[16], char *text)
{
	if (ip_is_4(ip))
		inet_ntop(AF_INET, ip + 12, text, ADDRESS_TEXT);
	else
		inet_ntop(AF_INET6, ip, text, ADDRESS_TEXT);
	return text;
}

static bool
read_bits(const char *text, unsigned int most, unsigned int *out)
{
	char *end;
	unsigned long bits = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || end - text > 3 || bits > most)
		return false;
	*out = (unsigned int)bits;
	return true;
}

bool
address_read_range(const char *text, struct view_range *out)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	struct view_range range = { .bits = 128 };
	uint8_t bytes[16];
	char alone[ADDRESS_TEXT];
	unsigned int bits, skipped = 0;

	if (n >= sizeof(alone))
		return false;
	memcpy(alone, text, n);
	alone[n] = '\0';
	if (inet_pton(AF_INET, alone, bytes) == 1) {
		ip_from_4(range.ip, bytes);
		skipped = MAPPED_BITS;
	} else if (inet_pton(AF_INET6, alone, range.ip) != 1) {
		return false;
	}
	if (slash) {
		if (!read_bits(slash + 1, 128 - skipped, &bits))
			return false;
		range.bits = (uint8_t)(bits + skipped);
	}
	for (unsigned int i = range.bits; i < 128; i++)
		if (range.ip[i / 8] & 0x80 >> i % 8)
			return false;
	*out = range;
	return true;
}

bool
address_is_in(const uint8_t ip[16], const struct view_range *range)
{
	size_t whole = range->bits / 8, rest = range->bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	return memcmp(ip, range->ip, whole) == 0 &&
	    (rest == 0 || ((ip[whole] ^ range->ip[whole]) & mask) == 0);
}

const char *
address_kind(const uint8_t ip[16])
{
	for (size_t i = 0; i < COUNT(special); i++)
		if (address_is_in(ip, &special[i].range))
			return special[i].kind;
	return NULL;
}

const char *
address_is_barred(const uint8_t ip[16], const struct view_range *ranges, size_t count)
{
	const char *kind = address_kind(ip);

	for (size_t i = 0; kind && i < count; i++)
		if (address_is_in(ip, &ranges[i]))
			return NULL;
	return kind;
}
