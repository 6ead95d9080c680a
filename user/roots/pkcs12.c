/*
 * pkcs12.c: the other form of Java's list of authorities (RFC 7292, DER).
 *   PFX ::= SEQUENCE { 3, ContentInfo(data: SEQUENCE OF ContentInfo), MacData OPTIONAL }
 * One more ContentInfo, not encrypted, goes after the others, which are not looked
 * at, and the MAC goes: it would be wrong now. A certificate counts for Java as an
 * authority only where an attribute of Oracle's says for what it is trusted.
 */
#include "roots/roots.h"

#include "base/must.h"
#include "out.h"

#define SEQUENCE 0x30
#define OCTETS 0x04
#define EXPLICIT 0xa0	/* [0] */
#define LAYERS 16

static const uint8_t version_3[] = "\x02\x01\x03";
static const uint8_t oid_data[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";	/* 1.2.840.113549.1.7.1 */
static const uint8_t oid_certificate_bag[] =
	"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03";	/* 1.2.840.113549.1.12.10.1.3 */
static const uint8_t oid_x509[] =
	"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01";	/* 1.2.840.113549.1.9.22.1 */
/* friendlyName (1.2.840.113549.1.9.20) "interlock"; trustedKeyUsage (2.16.840.1.113894.746875.1.1)
 * anyExtendedKeyUsage (2.5.29.37.0) */
static const uint8_t attributes[] =
	"\x31\x3b"
	"\x30\x21\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x14\x31\x14\x1e\x12"
	"\0i\0n\0t\0e\0r\0l\0o\0c\0k"
	"\x30\x16\x06\x0c\x60\x86\x48\x01\x86\xf9\x66\xad\xca\x7b\x01\x01\x31\x06"
	"\x06\x04\x55\x1d\x25\x00";

#define BYTES(array) ((struct span){ array, sizeof(array) - 1 })

/* One thing within another: its tag, and what stands in it before and after the next. */
struct layer {
	uint8_t tag;
	struct span before, after;
};

static size_t
length_size(size_t n)
{
	size_t count = 1;

	if (n < 0x80)
		return 1;
	for (; n; n >>= 8)
		count++;
	return count;
}

static void
put_head(struct out *out, uint8_t tag, size_t n)
{
	size_t count = length_size(n) - 1;

	out_u8(out, tag);
	out_u8(out, (uint8_t)(count ? 0x80 | count : n));
	while (count-- > 0)
		out_u8(out, (uint8_t)(n >> 8 * count));
}

/* `core` within these layers, of which the first is the outermost. */
static void
put_layers(struct out *out, const struct layer *layers, size_t count, struct span core)
{
	size_t sizes[LAYERS], n = core.n;

	for (size_t i = count; i-- > 0;) {
		sizes[i] = layers[i].before.n + n + layers[i].after.n;
		n = 1 + length_size(sizes[i]) + sizes[i];
	}
	for (size_t i = 0; i < count; i++) {
		put_head(out, layers[i].tag, sizes[i]);
		out_span(out, layers[i].before);
	}
	out_span(out, core);
	for (size_t i = count; i-- > 0;)
		out_span(out, layers[i].after);
}

/* Cut one thing with this tag off the front. False: another, or more than there is. */
static bool
take_one(struct span *in, uint8_t tag, struct span *content)
{
	struct span rest = *in;
	uint8_t first, byte;
	size_t n = 0;

	if (!take_u8(&rest, &first) || first != tag || !take_u8(&rest, &first))
		return false;
	if (first < 0x80) {
		n = first;
	} else {	/* 0x80 itself, of unknown length, is not DER */
		if (first == 0x80 || first > 0x84)
			return false;
		for (int i = first & 0x7f; i > 0; i--) {
			if (!take_u8(&rest, &byte))
				return false;
			n = n << 8 | byte;
		}
	}
	if (!take_bytes(&rest, n, content))
		return false;
	*in = rest;
	return true;
}

static bool
take_exact(struct span *in, struct span bytes)
{
	struct span got;
	struct span rest = *in;

	if (!take_bytes(&rest, bytes.n, &got) || !span_equal(got, bytes))
		return false;
	*in = rest;
	return true;
}

/* The ContentInfos of a PFX. */
static bool
find_safes(struct span in, struct span *safes)
{
	struct span pfx, info, explicit, octets;

	return take_one(&in, SEQUENCE, &pfx) && !in.n && take_exact(&pfx, BYTES(version_3)) &&
	    take_one(&pfx, SEQUENCE, &info) && take_exact(&info, BYTES(oid_data)) &&
	    take_one(&info, EXPLICIT, &explicit) && !info.n &&
	    take_one(&explicit, OCTETS, &octets) && !explicit.n &&
	    take_one(&octets, SEQUENCE, safes) && !octets.n;
}

static void
put_safe(struct out *out, struct span der)
{
	const struct layer layers[] = {
		{ SEQUENCE, BYTES(oid_data), SPAN("") },	/* ContentInfo */
		{ EXPLICIT, SPAN(""), SPAN("") },
		{ OCTETS, SPAN(""), SPAN("") },
		{ SEQUENCE, SPAN(""), SPAN("") },	/* SafeContents */
		{ SEQUENCE, BYTES(oid_certificate_bag), BYTES(attributes) },	/* SafeBag */
		{ EXPLICIT, SPAN(""), SPAN("") },
		{ SEQUENCE, BYTES(oid_x509), SPAN("") },	/* CertBag */
		{ EXPLICIT, SPAN(""), SPAN("") },
		{ OCTETS, SPAN(""), SPAN("") },
	};

	put_layers(out, layers, COUNT(layers), der);
}

static void
put_pfx(struct out *out, struct span safes, struct span safe)
{
	const struct layer layers[] = {
		{ SEQUENCE, BYTES(version_3), SPAN("") },	/* PFX */
		{ SEQUENCE, BYTES(oid_data), SPAN("") },
		{ EXPLICIT, SPAN(""), SPAN("") },
		{ OCTETS, SPAN(""), SPAN("") },
		{ SEQUENCE, safes, SPAN("") },	/* AuthenticatedSafe */
	};

	put_layers(out, layers, COUNT(layers), safe);
}

bool
roots_pkcs12_add(struct span theirs, const struct roots_node *node, struct out *out)
{
	struct out safe cleanup(out_free) = out_new(2 * ROOTS_CERTIFICATE);
	struct span safes;

	if (!find_safes(theirs, &safes))
		return false;
	put_safe(&safe, node->der);
	if (safe.failed)
		return false;
	put_pfx(out, safes, out_view(&safe));
	return !out->failed;
}
