/*
 * pem.c: certificates in PEM (RFC 7468), and which of the forms a file has.
 * A bundle of these is only appended to. One with a private key in it is somebody's
 * own certificate, no list of authorities, and is not copied.
 */
#include "roots/roots.h"

#include "base/base64.h"
#include "out.h"

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"

static bool
holds(struct span in, struct span what)
{
	return in.n && memmem(in.p, in.n, what.p, what.n);
}

bool
roots_is_pem(struct span in)
{
	return (holds(in, SPAN(BEGIN)) || holds(in, SPAN("-----BEGIN TRUSTED CERTIFICATE-----")) ||
	    holds(in, SPAN("-----BEGIN X509 CERTIFICATE-----"))) &&
	    !holds(in, SPAN("PRIVATE KEY-----"));
}

bool
roots_pem_add(struct span theirs, const struct roots_node *node, struct out *out)
{
	if (!roots_is_pem(theirs))
		return false;
	out_span(out, theirs);
	if (theirs.p[theirs.n - 1] != '\n')
		out_u8(out, '\n');
	out_span(out, node->pem);
	return !out->failed;
}

/* What stands between the two lines. */
static bool
find_text(struct span pem, struct span *text)
{
	const uint8_t *from = pem.n ? memmem(pem.p, pem.n, BEGIN, sizeof(BEGIN) - 1) : NULL;
	const uint8_t *to;
	struct span rest;

	if (!from)
		return false;
	rest = span_skip(pem, (size_t)(from - pem.p) + sizeof(BEGIN) - 1);
	to = rest.n ? memmem(rest.p, rest.n, END, sizeof(END) - 1) : NULL;
	if (!to)
		return false;
	*text = span_head(rest, (size_t)(to - rest.p));
	return true;
}

bool
roots_der(struct span pem, uint8_t *der, size_t room, size_t *n)
{
	uint8_t letters[BASE64_SIZE(ROOTS_CERTIFICATE)];
	struct span text;
	size_t count = 0;

	if (!find_text(pem, &text))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\n' || text.p[i] == '\r')
			continue;
		if (count == sizeof(letters))
			return false;
		letters[count++] = text.p[i];
	}
	return count && base64_read(span_of(letters, count), der, room, n);
}

bool
roots_add(struct span theirs, const struct roots_node *node, struct out *out)
{
	if (roots_is_jks(theirs))
		return roots_jks_add(theirs, node, out);
	if (roots_is_pem(theirs))
		return roots_pem_add(theirs, node, out);
	return roots_pkcs12_add(theirs, node, out);
}
