/*
 * socket.c: how a WebSocket is opened (RFC 6455 section 4), from one side to the other.
 * The client's key goes on, and the answer must prove that its sender has understood it.
 * Extensions are not: what they do to a message would have to be undone to look into
 * it. Protocols are the client's and the server's business, of which one is chosen.
 */
#include <openssl/evp.h>

#include "base/arena.h"
#include "base/base64.h"
#include "wire/http1/http1.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"	/* section 1.3 */
#define SHA1_SIZE 20

/* Is it a member of any such field's list? */
static bool
has_member(const struct http1_head *head, enum http1_name name, const char *text)
{
	struct span list, member;

	for (size_t i = 0; i < head->fields.count; i++)
		for (list = head->fields.pairs[i].value; head->fields.names[i] == name && http1_take_member(&list, &member);)
			if (http1_is(member, text))
				return true;
	return false;
}

/* The one field of that name; false: none, or more. */
static bool
find_one(const struct http1_head *head, enum http1_name name, struct span *value)
{
	size_t count = 0;

	for (size_t i = 0; i < head->fields.count; i++) {
		if (head->fields.names[i] != name)
			continue;
		*value = head->fields.pairs[i].value;
		count++;
	}
	return count == 1;
}

static bool
says_upgrade(const struct http1_head *head)
{
	return has_member(head, NAME_UPGRADE, "websocket") && has_member(head, NAME_CONNECTION, "upgrade");
}

/* Other upgrades are not carried: a server may answer as if they were not asked for. */
bool
http1_socket_asked(struct http1 *h, struct http1_head *head)
{
	struct span version = { 0 };
	uint8_t key[16];
	size_t n;

	head->opens = false;
	if (head->minor == 0 || head->closes || !says_upgrade(head))
		return true;
	if (!span_is(head->method, "GET") || head->framing != FRAMING_NONE)
		return http1_fail(h, 400, "a WebSocket asked for by another method than GET, or with a body");
	if (!find_one(head, NAME_SOCKET_VERSION, &version) || !span_is(version, "13"))
		return http1_fail(h, 400, "a WebSocket of another version than 13");
	if (!find_one(head, NAME_SOCKET_KEY, &head->key) || head->key.n != HTTP1_KEY_SIZE ||
	    !base64_read(head->key, key, sizeof(key), &n) || n != sizeof(key))
		return http1_fail(h, 400, "a WebSocket without one key of 16 bytes");
	head->opens = true;
	return true;
}

/* ---- what the answer must be ---------------------------------------------------------- */

static bool
digest(struct span key, uint8_t accept[HTTP1_ACCEPT_SIZE])
{
	char text[HTTP1_KEY_SIZE + sizeof(GUID)];
	uint8_t sha1[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	struct out out = out_new(HTTP1_ACCEPT_SIZE);
	bool is_well;

	memcpy(text, key.p, HTTP1_KEY_SIZE);
	memcpy(text + HTTP1_KEY_SIZE, GUID, sizeof(GUID) - 1);
	is_well = EVP_Digest(text, sizeof(text) - 1, sha1, &n, EVP_sha1(), NULL) && n == SHA1_SIZE;
	if (is_well)
		base64_write(&out, span_of(sha1, SHA1_SIZE));
	is_well = is_well && !out.failed && out.n == HTTP1_ACCEPT_SIZE;
	if (is_well)
		memcpy(accept, out.p, HTTP1_ACCEPT_SIZE);
	out_free(&out);
	return is_well;
}

static bool
keep(struct http1 *h, struct span from, struct span *to)
{
	struct span copy = from.n ? arena_copy(h->arena, from) : from;

	if (from.n && !copy.p)
		return false;
	*to = copy;
	return true;
}

static bool
keep_protocols(struct http1 *h, const struct http1_head *head)
{
	struct out list = out_new(HTTP1_HEAD_MAX * 2);
	bool is_well;

	for (size_t i = 0; i < head->fields.count; i++) {
		if (head->fields.names[i] != NAME_SOCKET_PROTOCOL)
			continue;
		out_span(&list, head->fields.pairs[i].value);
		out_u8(&list, ',');
	}
	is_well = !list.failed && keep(h, out_view(&list), &h->opening.protocols);
	if (!list.n)
		h->opening.protocols = SPAN("");
	out_free(&list);
	return is_well;
}

/* Of one that was answered otherwise. */
static void
forget(struct http1 *h)
{
	struct http1_opening *opening = &h->opening;
	struct span kept[] = { opening->protocols, opening->method, opening->scheme, opening->host, opening->path,
	    opening->query };

	for (size_t i = 0; i < COUNT(kept); i++)
		if (kept[i].n)
			arena_give(h->arena, (void *)(uintptr_t)kept[i].p);
	*opening = (struct http1_opening){ 0 };
}

/* What messages are told to belong to is kept, since their request's bytes are gone by then. */
bool
http1_socket_begin(struct http1 *h)
{
	const struct http1_head *head = &h->head[WIRE_CLIENT];
	struct http1_opening *opening = &h->opening;

	forget(h);
	if (!head->opens)
		return true;
	if (!keep_protocols(h, head) || !keep(h, head->method, &opening->method) || !keep(h, head->scheme, &opening->scheme) ||
	    !keep(h, head->host, &opening->host) || !keep(h, head->path, &opening->path) ||
	    !keep(h, head->query, &opening->query) || !digest(head->key, opening->accept))
		return http1_fail(h, 503, "no room to open a WebSocket");
	opening->is_asked = true;
	opening->turn = h->turn;
	return true;
}

/* One that was asked for, or none. */
static bool
protocol_fits(const struct http1 *h, const struct http1_head *head)
{
	struct span chosen = { 0 }, list = h->opening.protocols, member;

	if (!find_one(head, NAME_SOCKET_PROTOCOL, &chosen))
		return chosen.p == NULL;
	while (http1_take_member(&list, &member))
		if (span_equal(member, chosen))
			return true;
	return false;
}

bool
http1_socket_answered(struct http1 *h, const struct http1_head *head)
{
	struct span accept = { 0 }, extensions = { 0 };

	if (!h->opening.is_asked)
		return http1_fail(h, 502, "an upgrade that was not asked for");
	if (head->framing != FRAMING_NONE || !says_upgrade(head))
		return http1_fail(h, 502, "an upgrade to something else than was asked for");
	if (!find_one(head, NAME_SOCKET_ACCEPT, &accept) ||
	    !span_equal(accept, span_of(h->opening.accept, HTTP1_ACCEPT_SIZE)))
		return http1_fail(h, 502, "an upgrade whose proof is wrong");
	(void)find_one(head, NAME_SOCKET_EXTENSIONS, &extensions);
	if (extensions.n || !protocol_fits(h, head))
		return http1_fail(h, 502, "an upgrade with what was not asked for");
	return true;
}

/* ---- written ---------------------------------------------------------------------------- */

void
http1_socket_write_ask(const struct http1_head *head, struct out *out)
{
	out_span(out, SPAN("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "));
	out_span(out, head->key);
	out_span(out, SPAN("\r\n"));
}

void
http1_socket_write_answer(const struct http1 *h, struct out *out)
{
	out_span(out, SPAN("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "));
	out_bytes(out, h->opening.accept, HTTP1_ACCEPT_SIZE);
	out_span(out, SPAN("\r\n"));
}
