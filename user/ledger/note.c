/* note.c: write, read and check signed checkpoints. */
#include "ledger/note.h"

#include <errno.h>
#include <stdio.h>

#include <openssl/evp.h>

#include "base/base64.h"
#include "base/must.h"

#define DASH "\xe2\x80\x94 "	/* em dash and space, U+2014 */
#define SIGNATURE_SIZE 64

/* A line without its newline. False: there is no whole one. */
static bool
take_line(struct span *in, struct span *line)
{
	const uint8_t *end = in->n ? memchr(in->p, '\n', in->n) : NULL;

	if (!end)
		return false;
	*line = span_of(in->p, (size_t)(end - in->p));
	*in = span_skip(*in, line->n + 1);
	return true;
}

static bool
take_number(struct span text, uint64_t *out)
{
	uint64_t v = 0;

	if (text.n == 0 || text.n > 19 || (text.p[0] == '0' && text.n > 1))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(text.p[i] - '0');
	}
	*out = v;
	return true;
}

static bool
copy_name(struct span name, char *out)
{
	if (name.n == 0 || name.n >= NOTE_NAME_SIZE)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] == '+' || name.p[i] >= 0x7f)
			return false;
	memcpy(out, name.p, name.n);
	out[name.n] = '\0';
	return true;
}

/* Cut the note into what is signed (with its last newline) and the signature lines. */
static bool
split(struct span note, struct span *text, struct span *signatures)
{
	if (note.n > NOTE_LIMIT)
		return false;
	for (size_t i = 1; i < note.n; i++) {
		if (note.p[i - 1] != '\n' || note.p[i] != '\n')
			continue;
		*text = span_head(note, i);
		*signatures = span_skip(note, i + 1);
		return true;
	}
	return false;
}

bool
note_read(struct span note, struct checkpoint *out)
{
	struct span text, signatures, origin, size, root;
	struct checkpoint got = { 0 };
	size_t n;

	if (!split(note, &text, &signatures) || !take_line(&text, &origin) ||
	    !take_line(&text, &size) || !take_line(&text, &root) || text.n)
		return false;
	if (!copy_name(origin, got.origin) || !take_number(size, &got.size) ||
	    !base64_read(root, got.root.p, HASH_SIZE, &n) || n != HASH_SIZE)
		return false;
	*out = got;
	return true;
}

static bool
is_right(const struct note_key *key, struct span text, const uint8_t *signature)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
	    key->public, NOTE_KEY_SIZE);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool right = pkey && context &&
	    EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1 &&
	    EVP_DigestVerify(context, signature, SIGNATURE_SIZE, text.p,
	    text.n) == 1;

	EVP_MD_CTX_free(context);
	EVP_PKEY_free(pkey);
	return right;
}

/* One signature line: is it ours? -1: not a line of a note at all. */
static int
check_line(const struct note_key *key, struct span text, struct span line)
{
	uint8_t bytes[256];
	const uint8_t *space;
	struct span name;
	size_t n;

	if (line.n < strlen(DASH) || memcmp(line.p, DASH, strlen(DASH)) != 0)
		return -1;
	line = span_skip(line, strlen(DASH));
	space = line.n ? memchr(line.p, ' ', line.n) : NULL;
	if (!space)
		return -1;
	name = span_of(line.p, (size_t)(space - line.p));
	if (!span_is(name, key->name))
		return 0;
	if (!base64_read(span_skip(line, name.n + 1), bytes, sizeof(bytes), &n) ||
	    n != sizeof(key->hash) + SIGNATURE_SIZE)
		return -1;
	if (memcmp(bytes, key->hash, sizeof(key->hash)) != 0)
		return 0;
	return is_right(key, text, bytes + sizeof(key->hash)) ? 1 : -1;
}

bool
note_is_signed(struct span note, const struct note_key *key)
{
	struct span text, lines, line;
	struct checkpoint checkpoint;
	int right = 0;

	if (!note_read(note, &checkpoint) ||
	    strcmp(checkpoint.origin, key->name) != 0 ||
	    !split(note, &text, &lines))
		return false;
	for (int i = 0; i < NOTE_SIGNATURES && lines.n; i++) {
		int is = take_line(&lines, &line) ?
		    check_line(key, text, line) : -1;

		if (is < 0)
			return false;
		right += is;
	}
	return right > 0 && lines.n == 0;
}

int
note_sign(const struct note_key *key, const struct checkpoint *checkpoint,
    struct out *out)
{
	uint8_t signature[sizeof(key->hash) + SIGNATURE_SIZE];
	size_t at = out->n, n = SIGNATURE_SIZE;
	EVP_MD_CTX *context;
	EVP_PKEY *pkey;
	bool right;

	out_printf(out, "%s\n%llu\n", checkpoint->origin,
	    (unsigned long long)checkpoint->size);
	base64_write(out, span_of(checkpoint->root.p, HASH_SIZE));
	out_u8(out, '\n');
	if (out->failed)
		return -ENOMEM;
	pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	    key->seed.p, NOTE_KEY_SIZE);
	context = EVP_MD_CTX_new();
	memcpy(signature, key->hash, sizeof(key->hash));
	right = pkey && context &&
	    EVP_DigestSignInit(context, NULL, NULL, NULL, pkey) == 1 &&
	    EVP_DigestSign(context, signature + sizeof(key->hash), &n,
	    out->p + at, out->n - at) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(pkey);
	if (!right)
		return -EIO;
	out_printf(out, "\n" DASH "%s ", key->name);
	base64_write(out, span_of(signature, sizeof(signature)));
	out_u8(out, '\n');
	return out->failed ? -ENOMEM : 0;
}
