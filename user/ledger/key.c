/*
 * key.c: keys that sign and verify notes, as text.
 * Both forms are NAME+hash+BASE64(0x01, 32 bytes); 0x01 says Ed25519 (c2sp.org/
 * signed-note). The name has no space and no plus, so the text has one reading.
 */
#include <errno.h>
#include <stdio.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/base64.h"
#include "base/must.h"
#include "ledger/note.h"

#define PRIVATE "PRIVATE+KEY+"
#define ED25519 1
#define TEXT_LIMIT 512

static void
key_hash(const char *name, const uint8_t *public, uint8_t *out)
{
	uint8_t tail[2 + NOTE_KEY_SIZE] = { '\n', ED25519 };
	struct hash hash;

	memcpy(tail + 2, public, NOTE_KEY_SIZE);
	hash_bytes(&hash, -1, span_text(name), span_of(tail, sizeof(tail)));
	memcpy(out, hash.p, 4);
}

/* The public key of a seed. */
static bool
derive(const uint8_t *seed, uint8_t *public)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	    seed, NOTE_KEY_SIZE);
	size_t n = NOTE_KEY_SIZE;
	bool done = pkey && EVP_PKEY_get_raw_public_key(pkey, public, &n) == 1;

	EVP_PKEY_free(pkey);
	return done;
}

static void
put_key(struct out *out, const char *name, const uint8_t *hash,
    const uint8_t *bytes)
{
	uint8_t typed[1 + NOTE_KEY_SIZE] = { ED25519 };

	memcpy(typed + 1, bytes, NOTE_KEY_SIZE);
	out_printf(out, "%s+%02x%02x%02x%02x+", name, hash[0], hash[1], hash[2],
	    hash[3]);
	base64_write(out, span_of(typed, sizeof(typed)));
	out_u8(out, '\n');
	explicit_bzero(typed, sizeof(typed));
}

int
note_key_make(const char *name, struct secret *text)
{
	uint8_t seed[NOTE_KEY_SIZE], public[NOTE_KEY_SIZE], hash[4];
	struct out out = out_new(TEXT_LIMIT);
	int status = -EIO;

	if (RAND_priv_bytes(seed, sizeof(seed)) != 1 || !derive(seed, public))
		goto out;
	key_hash(name, public, hash);
	out_printf(&out, PRIVATE);
	put_key(&out, name, hash, seed);
	status = out.failed ? -ENOMEM : secret_copy(text, out_view(&out));
out:
	explicit_bzero(seed, sizeof(seed));
	out_free(&out);
	return status;
}

/* Cut NAME+hash+BASE64 apart. The base64's bytes go to `bytes`. */
static bool
read_parts(struct span text, char *name, uint8_t *hash, uint8_t *bytes)
{
	uint8_t typed[1 + NOTE_KEY_SIZE] = { 0 };
	const uint8_t *plus, *second;
	unsigned int h[4];
	char hex[9] = "";
	bool is_key;
	size_t n;

	while (text.n && text.p[text.n - 1] == '\n')
		text.n--;
	plus = text.n ? memchr(text.p, '+', text.n) : NULL;
	if (!plus || (size_t)(plus - text.p) >= NOTE_NAME_SIZE || plus == text.p)
		return false;
	n = text.n - (size_t)(plus + 1 - text.p);
	second = n ? memchr(plus + 1, '+', n) : NULL;
	if (!second || second - plus != 9)
		return false;
	memcpy(hex, plus + 1, 8);
	if (strspn(hex, "0123456789abcdef") != 8 ||
	    sscanf(hex, "%2x%2x%2x%2x", &h[0], &h[1], &h[2], &h[3]) != 4)
		return false;
	is_key = base64_read(span_skip(text, (size_t)(second + 1 - text.p)),
	    typed, sizeof(typed), &n) && n == sizeof(typed) &&
	    typed[0] == ED25519;
	memcpy(bytes, typed + 1, NOTE_KEY_SIZE);
	explicit_bzero(typed, sizeof(typed));
	memset(name, 0, NOTE_NAME_SIZE);
	memcpy(name, text.p, (size_t)(plus - text.p));
	for (int i = 0; i < 4; i++)
		hash[i] = (uint8_t)h[i];
	return is_key;
}

int
note_key_read(struct span text, struct note_key *out)
{
	uint8_t seed[NOTE_KEY_SIZE], hash[4];
	struct note_key key = { 0 };
	int status = -EINVAL;

	if (text.n < strlen(PRIVATE) ||
	    memcmp(text.p, PRIVATE, strlen(PRIVATE)) != 0)
		return -EINVAL;
	if (read_parts(span_skip(text, strlen(PRIVATE)), key.name, hash, seed) &&
	    derive(seed, key.public)) {
		key_hash(key.name, key.public, key.hash);
		if (memcmp(hash, key.hash, sizeof(hash)) == 0)
			status = secret_copy(&key.seed, span_of(seed, sizeof(seed)));
	}
	explicit_bzero(seed, sizeof(seed));
	if (status == 0)
		*out = key;
	return status;
}

void
note_key_show(const struct note_key *key, struct out *out)
{
	put_key(out, key->name, key->hash, key->public);
}

bool
note_verifier_read(struct span text, struct note_key *out)
{
	struct note_key key = { 0 };
	uint8_t hash[4];

	if (!read_parts(text, key.name, key.hash, key.public))
		return false;
	key_hash(key.name, key.public, hash);
	if (memcmp(hash, key.hash, sizeof(hash)) != 0)
		return false;
	*out = key;
	return true;
}

void
note_key_wipe(struct note_key *key)
{
	secret_free(&key->seed);
	*key = (struct note_key){ 0 };
}
