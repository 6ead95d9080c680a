/*
 * peek.c: the name in a ClientHello, without ending TLS.
 * For targets that are carried as bytes: which name was asked for is recorded.
 * Read by hand and strictly (RFC 8446 section 4.1.2, RFC 6066 section 3): the whole
 * message must lie in the first record, alone; every length must fit exactly; one
 * name, in the letters of host names. All else is "no name", which is also the
 * answer as long as bytes are missing.
 */
#include "unwrap/tls.h"

#define RECORD_HANDSHAKE 22
#define RECORD_MAX 16384
#define CLIENT_HELLO 1
#define RANDOM_SIZE 32
#define SESSION_MAX 32
#define EXTENSION_SERVER_NAME 0
#define NAME_HOST 0
#define NAME_MAX_SIZE 253

/* Cut a run of bytes with a 16-bit length before it. */
static bool
take_run16(struct span *in, struct span *out)
{
	uint16_t n;

	return take_be16(in, &n) && take_bytes(in, n, out);
}

static bool
take_run8(struct span *in, struct span *out)
{
	uint8_t n;

	return take_u8(in, &n) && take_bytes(in, n, out);
}

/* The handshake message in the first record, if that is a whole ClientHello. */
static bool
take_hello(struct span head, struct span *hello)
{
	struct span record;
	uint8_t type, high;
	uint16_t version, n, low;

	if (!take_u8(&head, &type) || type != RECORD_HANDSHAKE ||
	    !take_be16(&head, &version) || version >> 8 != 3 ||
	    !take_be16(&head, &n) || n > RECORD_MAX ||
	    !take_bytes(&head, n, &record))
		return false;
	if (!take_u8(&record, &type) || type != CLIENT_HELLO ||
	    !take_u8(&record, &high) || !take_be16(&record, &low) ||
	    record.n != ((size_t)high << 16 | low))
		return false;
	*hello = record;
	return true;
}

/* Past version, random, session, ciphers and compression, to the extensions. */
static bool
take_extensions(struct span *hello, struct span *extensions)
{
	struct span random, session, ciphers, compression;
	uint16_t version;

	return take_be16(hello, &version) && version >> 8 == 3 &&
	    take_bytes(hello, RANDOM_SIZE, &random) &&
	    take_run8(hello, &session) && session.n <= SESSION_MAX &&
	    take_run16(hello, &ciphers) && ciphers.n >= 2 && ciphers.n % 2 == 0 &&
	    take_run8(hello, &compression) && compression.n >= 1 &&
	    take_run16(hello, extensions) && hello->n == 0;
}

static bool
is_host_name(struct span name)
{
	if (name.n == 0 || name.n > NAME_MAX_SIZE)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'))
			return false;
	}
	return true;
}

/* The list of names: exactly one, of a host. */
static bool
read_names(struct span body, struct span *name)
{
	struct span list, found;
	uint8_t type;

	if (!take_run16(&body, &list) || body.n ||
	    !take_u8(&list, &type) || type != NAME_HOST ||
	    !take_run16(&list, &found) || list.n || !is_host_name(found))
		return false;
	*name = found;
	return true;
}

bool
tls_peek_name(struct span head, struct span *name)
{
	struct span hello, extensions, body, found = { 0 };
	uint16_t type;
	bool seen = false;

	if (!take_hello(head, &hello) || !take_extensions(&hello, &extensions))
		return false;
	while (extensions.n) {
		if (!take_be16(&extensions, &type) || !take_run16(&extensions, &body))
			return false;
		if (type != EXTENSION_SERVER_NAME)
			continue;
		if (seen || !read_names(body, &found))
			return false;
		seen = true;
	}
	if (seen)
		*name = found;
	return seen;
}
