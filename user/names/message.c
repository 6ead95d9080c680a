/*
 * message.c: RFC 1035 section 4, as far as the two messages go. A name is walked
 * here, to know where it ends, and written out by c-ares.
 */
#include "names/message.h"

#include <ares.h>
#include <ctype.h>
#include <stdio.h>

#include "ip.h"
#include "out.h"

#define HEAD 12			/* bytes before the question */
#define QUERY_BIT 0x8000	/* QR: set in answers */
#define CODE_BITS 0x7800	/* OPCODE; 0 is a question */
#define CUT 0x0200		/* TC */
#define WANTS 0x0100		/* RD */
#define OFFERS 0x0080		/* RA */
#define NAME_MOST 255		/* bytes of a name as it is sent */
#define LABEL_MOST 63
#define AT_QUESTION 0xc00c	/* a pointer to the name at offset 12 */
#define CLASS_IN 1
#define OPTIONS_SIZE 11		/* of an OPT record without options */

/* Bytes of the name at the front, with its root; 0: it is none, or a pointer. */
static size_t
name_size(struct span in)
{
	size_t at = 0;

	while (at < in.n && in.p[at] != 0) {
		if (in.p[at] > LABEL_MOST)
			return 0;
		at += in.p[at] + 1u;
	}
	return at < in.n && at + 1 <= NAME_MOST ? at + 1 : 0;
}

/* As text. False: no memory, or c-ares takes it for none. */
static bool
name_text(struct span packet, size_t at, char text[MESSAGE_NAME])
{
	char *name = NULL;
	long size = 0;

	if (ares_expand_name(packet.p + at, packet.p, (int)packet.n, &name, &size) != ARES_SUCCESS)
		return false;
	snprintf(text, MESSAGE_NAME, "%s", name);
	ares_free_string(name);
	for (char *p = text; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return true;
}

/* The OPT record, if that is all that follows. */
static unsigned int
read_options(struct span rest, unsigned int count, struct question *out)
{
	uint16_t type, room, length;
	uint32_t version;
	uint8_t root;

	if (count == 0)
		return rest.n == 0 ? CODE_GOOD : CODE_FORMAT;
	if (!take_u8(&rest, &root) || root != 0 || !take_be16(&rest, &type) || type != TYPE_OPT ||
	    !take_be16(&rest, &room) || !take_be32(&rest, &version) || !take_be16(&rest, &length) ||
	    rest.n != length)
		return CODE_FORMAT;
	out->has_options = true;
	out->room = room < MESSAGE_LEAST ? MESSAGE_LEAST : room < MESSAGE_UDP ? room : MESSAGE_UDP;
	return (version >> 16 & 0xff) == 0 ? CODE_GOOD : CODE_VERSION;
}

static unsigned int
read_question(struct span in, unsigned int options, struct question *out)
{
	struct span rest = span_skip(in, HEAD);
	size_t size = name_size(rest);
	struct span name;
	uint16_t class;

	if (size == 0 || !take_bytes(&rest, size, &name) || !take_be16(&rest, &out->type) ||
	    !take_be16(&rest, &class) || !name_text(in, HEAD, out->name))
		return CODE_FORMAT;
	out->asked = span_of(name.p, size + 4);
	if (class != CLASS_IN)
		return CODE_REFUSED;
	return read_options(rest, options, out);
}

unsigned int
message_read(struct span in, struct question *out)
{
	uint16_t questions, answers, authorities, others;
	struct span head = in;

	*out = (struct question){ .room = MESSAGE_LEAST };
	if (!take_be16(&head, &out->id) || !take_be16(&head, &out->flags) ||
	    !take_be16(&head, &questions) || !take_be16(&head, &answers) ||
	    !take_be16(&head, &authorities) || !take_be16(&head, &others) ||
	    out->flags & QUERY_BIT)
		return CODE_SILENCE;
	if (out->flags & CODE_BITS)
		return CODE_NOT_DONE;
	if (questions != 1 || answers || authorities || others > 1)
		return CODE_FORMAT;
	return read_question(in, others, out);
}

static void
write_address(struct out *out, const uint8_t ip[16], uint32_t ttl)
{
	bool is_4 = ip_is_4(ip);

	out_be16(out, AT_QUESTION);
	out_be16(out, is_4 ? TYPE_A : TYPE_AAAA);
	out_be16(out, CLASS_IN);
	out_be32(out, ttl);
	out_be16(out, is_4 ? 4 : 16);
	out_bytes(out, is_4 ? ip + 12 : ip, is_4 ? 4 : 16);
}

static size_t
size_of(const struct question *q, const struct message_answer *answer)
{
	size_t n = HEAD + q->asked.n + (q->has_options ? OPTIONS_SIZE : 0);

	for (size_t i = 0; answer && i < answer->count; i++)
		n += 12 + (ip_is_4(answer->ips[i]) ? 4 : 16);
	return n;
}

void
message_write(struct out *out, const struct question *q, unsigned int code,
    const struct message_answer *answer, size_t most)
{
	bool is_cut = size_of(q, answer) > most;
	size_t count = answer && !is_cut ? answer->count : 0;

	out_be16(out, q->id);
	out_be16(out, (uint16_t)(QUERY_BIT | (q->flags & (CODE_BITS | WANTS)) | OFFERS |
	    (is_cut ? CUT : 0) | (code & 0xf)));
	out_be16(out, q->asked.n ? 1 : 0);
	out_be16(out, (uint16_t)count);
	out_be16(out, 0);
	out_be16(out, q->has_options);
	out_span(out, q->asked);
	for (size_t i = 0; i < count; i++)
		write_address(out, answer->ips[i], answer->ttl);
	if (!q->has_options)
		return;
	out_u8(out, 0);
	out_be16(out, TYPE_OPT);
	out_be16(out, MESSAGE_UDP);
	out_u8(out, (uint8_t)(code >> 4));
	out_zero(out, 3);	/* version, flags */
	out_be16(out, 0);
}
