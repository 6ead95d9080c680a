/*
 * upload.c: from the skill's chunks to ours.
 * What is taken lies in `plain` until there is enough for a chunk. Signed chunks are written when their signatures
 * are here, in the order they were asked for; others at once. Trailers are the checksums that were announced, each
 * of the length that its algorithm has, and behind the last chunk.
 */
#include "inject/upload.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <strings.h>

#include "base/must.h"
#include "inject/canonical.h"
#include "inject/chunked.h"
#include "inject/percent.h"
#include "out.h"
#include "wire.h"

#define LENGTH_MOST (UINT64_C(1) << 50)	/* of a body: a pebibyte, where S3 takes 5 GiB */
#define PLAIN_MOST (4u << 20)		/* bytes of one run: the conductor takes far less */
#define FRAMED_MOST (2 * PLAIN_MOST)
#define NAMES_MOST 512

enum stage { CHUNKS, TRAILERS, DONE };	/* what is signed next: chunks and the last, of no bytes; trailers */

struct upload {
	struct chunked reader;
	const struct upload_form *sent;
	const char *why;
	uint64_t length, left;		/* decoded: in all, and of it still to come */
	uint64_t framed_length;		/* in all, as it goes on */
	char names[NAMES_MOST];		/* of trailers, in lower case, each with a NUL */
	size_t names_n;
	unsigned int announced;
	bool has_ended;			/* the skill's part, */
	bool is_over;			/* and nothing of it, not even an empty run, comes behind */
	enum stage stage;
	char time[VAULT_SIGV4_TIME], previous[VAULT_SIGV4_SIGNATURE];
	unsigned int asked;		/* signatures */
	struct out plain, trailers, framed;
};

/* ---- forms ---------------------------------------------------------------------------------------- */

static const struct upload_form forms[] = {
	{ "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", true, false },
	{ "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", true, true },
	{ "STREAMING-UNSIGNED-PAYLOAD-TRAILER", false, true },
};

const struct upload_form *
upload_form_of(struct span told)
{
	for (size_t i = 0; i < COUNT(forms); i++)
		if (span_is(told, forms[i].name))
			return &forms[i];
	return NULL;
}

const struct upload_form *
upload_form_sent(const struct upload_form *form, bool is_tls)
{
	return form->is_signed || is_tls ? form : &forms[1];
}

/* The checksums of S3, and how long they are in base 64. */
static const struct {
	const char *name;
	unsigned int length;
} checksums[] = {
	{ "x-amz-checksum-crc32", 8 }, { "x-amz-checksum-crc32c", 8 }, { "x-amz-checksum-crc64nvme", 12 },
	{ "x-amz-checksum-sha1", 28 }, { "x-amz-checksum-sha256", 44 }, { "x-amz-checksum-sha512", 88 },
	{ "x-amz-checksum-md5", 24 }, { "x-amz-checksum-xxhash64", 12 }, { "x-amz-checksum-xxhash3", 12 },
	{ "x-amz-checksum-xxhash128", 24 },
};

/* 0: none that is known. */
static unsigned int
length_of(struct span name)
{
	for (size_t i = 0; i < COUNT(checksums); i++)
		if (inject_name_is(name, checksums[i].name))
			return checksums[i].length;
	return 0;
}

/* ---- what the head says ------------------------------------------------------------------------------ */

static int
fault(const char **why, const char *what)
{
	*why = what;
	return -EINVAL;
}

/* The one field of that name; p NULL: there is none, or there are more. */
static struct span
find_field(const struct wire_request *request, const char *name)
{
	struct span found = span_of(NULL, 0);
	unsigned int count = 0;

	for (size_t i = 0; i < request->header_count; i++)
		if (inject_name_is(request->headers[i].name, name)) {
			found = request->headers[i].value;
			count++;
		}
	return count == 1 ? found : span_of(NULL, 0);
}

static bool
read_length(const struct wire_request *request, uint64_t *out)
{
	struct span text = find_field(request, "x-amz-decoded-content-length");
	uint64_t length = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9' || length > LENGTH_MOST)
			return false;
		length = length * 10 + text.p[i] - '0';
	}
	*out = length;
	return text.n && length <= LENGTH_MOST;
}

static bool
add_name(struct upload *upload, struct span name)
{
	if (!length_of(name) || upload->names_n + name.n + 1 > NAMES_MOST)
		return false;
	for (size_t at = 0; at < upload->names_n; at += strlen(upload->names + at) + 1)
		if (inject_name_is(name, upload->names + at))
			return false;
	for (size_t i = 0; i < name.n; i++)
		upload->names[upload->names_n++] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] | 0x20 : name.p[i]);
	upload->names[upload->names_n++] = '\0';
	upload->announced++;
	return true;
}

static bool
read_names(struct upload *upload, const struct wire_request *request)
{
	for (size_t i = 0; i < request->header_count; i++) {
		struct span list = request->headers[i].value;

		if (!inject_name_is(request->headers[i].name, "x-amz-trailer"))
			continue;
		while (list.n) {
			const uint8_t *comma = memchr(list.p, ',', list.n);
			struct span name = span_head(list, comma ? (size_t)(comma - list.p) : list.n);

			list = span_skip(list, name.n + 1);
			if (!add_name(upload, span_trim(name)))
				return false;
		}
	}
	return true;
}

/* ---- lengths --------------------------------------------------------------------------------------------- */

static const char signature_name[] = ";chunk-signature=", trailer_signature[] = "x-amz-trailer-signature:";

/* Of a chunk with `n` bytes in it: its line, and the two line ends. */
static uint64_t
frame_length(const struct upload *upload, uint64_t n)
{
	uint64_t digits = 1;

	while (n >> 4 * digits)
		digits++;
	return digits + 4 + n + (upload->sent->is_signed ? sizeof(signature_name) - 1 + VAULT_SIGV4_SIGNATURE : 0);
}

static uint64_t
length_framed(const struct upload *upload)
{
	uint64_t rest = upload->length % UPLOAD_CHUNK;
	uint64_t n = upload->length / UPLOAD_CHUNK * frame_length(upload, UPLOAD_CHUNK) + frame_length(upload, 0);

	if (rest)
		n += frame_length(upload, rest);
	for (size_t at = 0; at < upload->names_n; at += strlen(upload->names + at) + 1)
		n += strlen(upload->names + at) + 1 + length_of(span_text(upload->names + at)) + 2;
	if (upload->sent->is_signed && upload->sent->has_trailers)
		n += sizeof(trailer_signature) - 1 + VAULT_SIGV4_SIGNATURE + 2;
	return n;
}

/* ---- beginning ---------------------------------------------------------------------------------- */

int
upload_new(struct upload **out, const struct wire_request *request, const struct upload_form *form, bool is_tls,
    const char **why)
{
	cleanup(upload_free) struct upload *upload = calloc(1, sizeof(*upload));

	if (!upload)
		return -ENOMEM;
	upload->sent = upload_form_sent(form, is_tls);
	upload->plain = out_new(PLAIN_MOST);
	upload->trailers = out_new(CHUNKED_TRAILERS * CHUNKED_LINE);
	upload->framed = out_new(FRAMED_MOST);
	upload->why = "";
	chunked_begin(&upload->reader, form->is_signed, form->has_trailers);
	if (!read_length(request, &upload->length))
		return fault(why, "a body in chunks whose x-amz-decoded-content-length is no length");
	if (!read_names(upload, request))
		return fault(why, "a body in chunks whose x-amz-trailer names something other than S3's checksums");
	if (upload->announced && !form->has_trailers)
		return fault(why, "a body in chunks with an x-amz-trailer, of a form without trailers");
	if (request->trailer_count)
		return fault(why, "a body in chunks with trailers of HTTP behind it");
	upload->left = upload->length;
	upload->framed_length = length_framed(upload);
	*out = take(&upload);
	return 0;
}

uint64_t
upload_length(const struct upload *upload)
{
	return upload->framed_length;
}

/* ---- taking ------------------------------------------------------------------------------------------------ */

static bool
break_off(struct upload *upload, const char *why)
{
	upload->why = why;
	return false;
}

static bool
take_data(struct upload *upload, struct span data)
{
	if (data.n > upload->left)
		return break_off(upload, "a body in chunks that is longer than it said");
	upload->left -= data.n;
	out_span(&upload->plain, data);
	return !upload->plain.failed || break_off(upload, "no memory for a body in chunks");
}

/* Announced, and not there yet? Its name is struck off. */
static bool
strike_name(struct upload *upload, struct span name)
{
	for (size_t at = 0; at < upload->names_n; at += strlen(upload->names + at) + 1)
		if (inject_name_is(name, upload->names + at)) {
			upload->names[at] = '!';
			upload->announced--;
			return true;
		}
	return false;
}

static bool
take_trailer(struct upload *upload, struct span name, struct span value)
{
	if (value.n != length_of(name) || !strike_name(upload, name))
		return break_off(upload, "a trailer that was not announced, or is no checksum");
	for (size_t i = 0; i < name.n; i++)
		out_u8(&upload->trailers, name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] | 0x20 : name.p[i]);
	out_u8(&upload->trailers, ':');
	out_span(&upload->trailers, value);
	out_u8(&upload->trailers, '\n');
	return !upload->trailers.failed || break_off(upload, "no memory for a body in chunks");
}

static bool
take_end(struct upload *upload)
{
	upload->has_ended = true;
	if (upload->left)
		return break_off(upload, "a body in chunks that is shorter than it said");
	return !upload->announced || break_off(upload, "a trailer that was announced is missing");
}

static bool
take_steps(struct upload *upload, struct span in)
{
	for (;;) {
		switch (chunked_next(&upload->reader, &in)) {
		case CHUNKED_MORE:
			return true;
		case CHUNKED_DATA:
			if (!take_data(upload, upload->reader.data))
				return false;
			break;
		case CHUNKED_TRAILER:
			if (!take_trailer(upload, upload->reader.name, upload->reader.value))
				return false;
			break;
		case CHUNKED_END:
			if (!take_end(upload))
				return false;
			break;
		default:
			return break_off(upload, "a body that is not in chunks as it says");
		}
	}
}

static void write_plainly(struct upload *);

bool
upload_take(struct upload *upload, struct span bytes, bool ends)
{
	if (*upload->why || !take_steps(upload, bytes))
		return false;
	if (ends && !upload->has_ended)
		return break_off(upload, "a body that ends before its chunks do");
	upload->is_over |= ends;
	if (!upload->sent->is_signed)
		write_plainly(upload);
	return !upload->framed.failed || break_off(upload, "no memory for a body in chunks");
}

const char *
upload_why(const struct upload *upload)
{
	return upload->why;
}

/* ---- writing ------------------------------------------------------------------------------------------------- */

/* What the next chunk holds; false: it is not here yet. */
static bool
next_chunk(const struct upload *upload, size_t at, struct span *chunk)
{
	size_t n = upload->plain.n - at;

	*chunk = span_of(upload->plain.p + at, n < UPLOAD_CHUNK ? n : UPLOAD_CHUNK);
	return n >= UPLOAD_CHUNK || (n && upload->has_ended);
}

static void
write_chunk(struct upload *upload, struct span chunk)
{
	struct out *out = &upload->framed;

	out_printf(out, "%zx", chunk.n);
	if (upload->sent->is_signed) {
		out_span(out, span_text(signature_name));
		out_bytes(out, upload->previous, sizeof(upload->previous));
	}
	out_span(out, SPAN("\r\n"));
	out_span(out, chunk);
	if (chunk.n)
		out_span(out, SPAN("\r\n"));
}

static void
write_trailers(struct upload *upload)
{
	struct span rest = out_view(&upload->trailers);

	while (rest.n) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		struct span line = span_head(rest, end ? (size_t)(end - rest.p) : rest.n);

		out_span(&upload->framed, line);
		out_span(&upload->framed, SPAN("\r\n"));
		rest = span_skip(rest, line.n + 1);
	}
}

static void
write_end(struct upload *upload)
{
	write_chunk(upload, span_of(NULL, 0));
	write_trailers(upload);
}

static void
write_plainly(struct upload *upload)
{
	struct span chunk;
	size_t at = 0;

	for (; next_chunk(upload, at, &chunk); at += chunk.n)
		write_chunk(upload, chunk);
	out_drop(&upload->plain, at);
	if (!upload->has_ended || upload->stage == DONE)
		return;
	write_end(upload);
	out_span(&upload->framed, SPAN("\r\n"));
	upload->stage = DONE;
}

/* ---- signing --------------------------------------------------------------------------------------------------- */

void
upload_sign(struct upload *upload, const char *time, const char *signature)
{
	memcpy(upload->time, time, sizeof(upload->time));
	memcpy(upload->previous, signature, sizeof(upload->previous));
}

/* One more to be signed. */
static bool
ask_for(struct upload *upload, struct span bytes, uint8_t **to)
{
	if (upload->asked == VAULT_SIGV4_CHUNKS_MOST ||
	    EVP_Digest(bytes.p, bytes.n, *to, NULL, EVP_sha256(), NULL) != 1)
		return false;
	*to += VAULT_SIGV4_HASH;
	upload->asked++;
	return true;
}

static void
ask_for_all(struct upload *upload, uint8_t *is_trailed, uint8_t **to)
{
	struct span chunk;
	size_t at = 0;

	for (; upload->stage == CHUNKS && next_chunk(upload, at, &chunk); at += chunk.n)
		if (!ask_for(upload, chunk, to))
			return;
	if (!upload->has_ended || (upload->stage == CHUNKS && !ask_for(upload, SPAN(""), to)))
		return;
	*is_trailed = upload->stage != DONE && upload->sent->has_trailers && ask_for(upload, out_view(&upload->trailers), to);
}

size_t
upload_asks(struct upload *upload, uint8_t *room)
{
	uint8_t *to = room + VAULT_SIGV4_CHUNKS_HEAD;

	if (!upload->sent->is_signed || *upload->why || upload->stage == DONE)
		return 0;
	upload->asked = 0;
	memcpy(room, upload->time, VAULT_SIGV4_TIME);
	memcpy(room + VAULT_SIGV4_TIME, upload->previous, VAULT_SIGV4_SIGNATURE);
	room[VAULT_SIGV4_TIME + VAULT_SIGV4_SIGNATURE] = 0;
	ask_for_all(upload, &room[VAULT_SIGV4_TIME + VAULT_SIGV4_SIGNATURE], &to);
	return upload->asked ? (size_t)(to - room) : 0;
}

/* What this signature is of goes on with it. */
static void
write_signed(struct upload *upload, size_t *at)
{
	struct span chunk;

	if (upload->stage == CHUNKS && next_chunk(upload, *at, &chunk)) {
		write_chunk(upload, chunk);
		*at += chunk.n;
		return;
	}
	if (upload->stage == CHUNKS) {
		write_end(upload);
		upload->stage = TRAILERS;
		if (upload->sent->has_trailers)
			return;
	} else {
		out_span(&upload->framed, span_text(trailer_signature));
		out_bytes(&upload->framed, upload->previous, sizeof(upload->previous));
		out_span(&upload->framed, SPAN("\r\n"));
	}
	out_span(&upload->framed, SPAN("\r\n"));
	upload->stage = DONE;
}

int
upload_answer(struct upload *upload, struct span signatures)
{
	size_t at = 0;

	if (!upload->asked || signatures.n != (size_t)upload->asked * VAULT_SIGV4_SIGNATURE)
		return -EPROTO;
	for (size_t i = 0; i < signatures.n; i++)
		if (inject_hex_digit(signatures.p[i]) < 0)
			return -EPROTO;
	for (; upload->asked; upload->asked--) {
		memcpy(upload->previous, signatures.p, sizeof(upload->previous));
		signatures = span_skip(signatures, sizeof(upload->previous));
		write_signed(upload, &at);
	}
	out_drop(&upload->plain, at);
	return upload->framed.failed ? -ENOMEM : 0;
}

struct span
upload_view(const struct upload *upload)
{
	return out_view(&upload->framed);
}

void
upload_sent(struct upload *upload)
{
	out_clear(&upload->framed);
}

bool
upload_is_done(const struct upload *upload)
{
	return upload->stage == DONE && upload->is_over && !upload->framed.n;
}

void
upload_free(struct upload **out)
{
	struct upload *upload = *out;

	if (upload) {
		out_free(&upload->plain);
		out_free(&upload->trailers);
		out_free(&upload->framed);
	}
	free(upload);
	*out = NULL;
}
