/* master.c: keys for masks that hash or make tokens, from one master secret. */
#include "vault/master.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <stdio.h>

#include "base/log.h"
#include "base/must.h"
#include "out.h"
#include "vault/private.h"

#define FILE_NAME "mask.key"
#define FILE_MAX 4096
#define VERSION_MAX 1000000
#define INFO_MAX 512

static void
free_out(struct out *out)
{
	out_free(out);
}

void
master_free(struct master *master)
{
	secret_free(&master->key);
	*master = (struct master){ 0 };
}

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One line without its end: a version above `after`, a blank, the key. */
static bool
read_line(struct span line, uint32_t after, uint32_t *version, uint8_t *key)
{
	uint32_t found = 0;

	while (line.n && line.p[0] >= '0' && line.p[0] <= '9' && found < VERSION_MAX) {
		found = found * 10 + (line.p[0] - '0');
		line = span_skip(line, 1);
	}
	if (found <= after || line.n != 1 + 2 * MASK_KEY_SIZE || line.p[0] != ' ')
		return false;
	for (size_t i = 0; i < MASK_KEY_SIZE; i++) {
		int high = hex_value(line.p[1 + 2 * i]);
		int low = hex_value(line.p[2 + 2 * i]);

		if (high < 0 || low < 0)
			return false;
		key[i] = (uint8_t)(high << 4 | low);
	}
	*version = found;
	return true;
}

int
master_read(struct master *out, struct span text)
{
	cleanup(master_free) struct master made = { 0 };

	if (text.n == 0)
		return -EINVAL;
	if (secret_new(&made.key, MASK_KEY_SIZE))
		return -ENOMEM;
	while (text.n) {
		const uint8_t *end = memchr(text.p, '\n', text.n);

		if (!end || !read_line(span_head(text, (size_t)(end - text.p)),
		    made.version, &made.version, made.key.p))
			return -EINVAL;
		text = span_skip(text, (size_t)(end - text.p) + 1);
	}
	*out = made;
	made = (struct master){ 0 };
	return 0;
}

static int
make_master(struct master *out, int dir, uint32_t uid)
{
	cleanup(free_out) struct out text = out_new(FILE_MAX);
	uint8_t key[MASK_KEY_SIZE];
	int r;

	if (RAND_bytes(key, sizeof(key)) != 1)
		return -EIO;
	out_span(&text, SPAN("1 "));
	for (size_t i = 0; i < sizeof(key); i++)
		out_printf(&text, "%02x", key[i]);
	out_u8(&text, '\n');
	OPENSSL_cleanse(key, sizeof(key));
	if (text.failed)
		return -ENOMEM;
	r = private_write(dir, FILE_NAME, uid, 0600, out_view(&text));
	if (r)
		return r;
	log_info("a new master key for masks was made");
	return master_read(out, out_view(&text));
}

int
master_open(struct master *out, int dir, uint32_t uid)
{
	cleanup(secret_free) struct secret text = { 0 };
	int r = private_read(dir, FILE_NAME, uid, FILE_MAX, &text);

	if (r == -ENOENT)
		return make_master(out, dir, uid);
	if (r)
		return r;
	return master_read(out, secret_view(&text));
}

int
master_derive(const struct master *master, const char *use, struct span name,
    uint8_t key[MASK_KEY_SIZE])
{
	char info[INFO_MAX], digest[] = "SHA256";
	int n = snprintf(info, sizeof(info), "interlock %s %u %.*s",
	    use, master->version, (int)name.n, (const char *)name.p);
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM terms[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
		    master->key.p, master->key.n),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info,
		    n > 0 ? (size_t)n : 0),
		OSSL_PARAM_construct_end(),
	};
	bool right = context && n > 0 && n < INFO_MAX &&
	    EVP_KDF_derive(context, key, MASK_KEY_SIZE, terms) == 1;

	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
	ERR_clear_error();
	return right ? 0 : -EIO;
}
