/*
 * tls_leaf.c: certificates and keys as OpenSSL holds them, kept for the next connection.
 * To read one key and two certificates costs more than the handshake they are for, and a
 * skill that connects again gets the same ones from the keeper. Which they are is told by a digest
 * of the text, never by a name: what the keeper makes anew is shown at once. Whoever asks the same again within a minute
 * is answered from here: a leaf is renewed days before its end. A worker gets
 * them for asking, so that to hold a few longer than a flow gives it nothing it had not; what makes
 * room is wiped by OpenSSL.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "out.h"
#include "unwrap/tls_inside.h"

#define LEAVES_MOST 16

struct kept_leaf {
	uint8_t digest[SHA256_DIGEST_LENGTH];
	uint64_t age;		/* when it was used; 0: the place is free */
	uint8_t question[TLS_BOND_SIZE];
	uint64_t answered;	/* when, CLOCK_BOOTTIME ns; 0: it has no question */
	X509 *leaf;
	struct stack_st_X509 *chain;
	EVP_PKEY *key;
};

static struct kept_leaf leaves[LEAVES_MOST];	/* the process's: it has one thread */
static uint64_t now;				/* a count of uses */

static void
free_context(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}

/* Of both texts, and of where the one ends. */
static bool
digest_of(struct span chain_pem, struct span key_pem, uint8_t out[SHA256_DIGEST_LENGTH])
{
	cleanup(free_context) EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint64_t n = chain_pem.n;

	return context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(context, &n, sizeof(n)) == 1 &&
	    EVP_DigestUpdate(context, chain_pem.p, chain_pem.n) == 1 &&
	    EVP_DigestUpdate(context, key_pem.p, key_pem.n) == 1 &&
	    EVP_DigestFinal_ex(context, out, NULL) == 1;
}

static struct kept_leaf *
find(const uint8_t digest[SHA256_DIGEST_LENGTH])
{
	for (size_t i = 0; i < LEAVES_MOST; i++)
		if (leaves[i].age && !memcmp(leaves[i].digest, digest, SHA256_DIGEST_LENGTH))
			return &leaves[i];
	return NULL;
}

static void
forget(struct kept_leaf *kept)
{
	X509_free(kept->leaf);
	sk_X509_pop_free(kept->chain, X509_free);
	EVP_PKEY_free(kept->key);
	memset(kept, 0, sizeof(*kept));
}

/* Where the one longest unused was. */
static struct kept_leaf *
make_room(void)
{
	struct kept_leaf *oldest = &leaves[0];

	for (size_t i = 1; i < LEAVES_MOST; i++)
		if (leaves[i].age < oldest->age)
			oldest = &leaves[i];
	forget(oldest);
	return oldest;
}

/* What the leg shows now; NULL: there is no memory for it, and nothing is kept. */
static struct kept_leaf *
keep(SSL *ssl, const uint8_t digest[SHA256_DIGEST_LENGTH])
{
	struct kept_leaf *kept = make_room();
	struct stack_st_X509 *chain = NULL;

	kept->leaf = SSL_get_certificate(ssl);
	kept->key = SSL_get_privatekey(ssl);
	if (!X509_up_ref(kept->leaf))
		kept->leaf = NULL;
	if (!EVP_PKEY_up_ref(kept->key))
		kept->key = NULL;
	SSL_get0_chain_certs(ssl, &chain);
	kept->chain = chain ? X509_chain_up_ref(chain) : sk_X509_new_null();
	if (!kept->leaf || !kept->key || !kept->chain) {
		forget(kept);
		return NULL;
	}
	memcpy(kept->digest, digest, SHA256_DIGEST_LENGTH);
	kept->age = ++now;
	return kept;
}

static bool
show(SSL *ssl, struct kept_leaf *kept)
{
	kept->age = ++now;
	SSL_certs_clear(ssl);
	return SSL_use_cert_and_key(ssl, kept->leaf, kept->key, kept->chain, 1) == 1;
}

/* The keeper gave it just now. */
static void
note_question(const struct tls *tls, struct kept_leaf *kept)
{
	if (!kept || !tls->has_question)
		return;
	memcpy(kept->question, tls->question, sizeof(kept->question));
	kept->answered = clock_boot();
}

bool
tls_use_leaf(struct tls *tls, struct span chain_pem, struct span key_pem)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	bool has_digest = digest_of(chain_pem, key_pem, digest);
	struct kept_leaf *kept = has_digest ? find(digest) : NULL;

	if (kept) {
		note_question(tls, kept);
		return show(tls->ssl, kept);
	}
	SSL_certs_clear(tls->ssl);
	if (!tls_use_chain(tls->ssl, chain_pem) || !tls_use_key(tls->ssl, key_pem))
		return false;
	if (has_digest)
		note_question(tls, keep(tls->ssl, digest));
	return true;
}

bool
tls_use_last_leaf(struct tls *tls)
{
	struct kept_leaf *newest = NULL;

	for (size_t i = 0; i < LEAVES_MOST; i++)
		if (leaves[i].age && leaves[i].answered && !memcmp(leaves[i].question, tls->question, TLS_BOND_SIZE) &&
		    (!newest || leaves[i].answered > newest->answered))
			newest = &leaves[i];
	return newest && clock_boot() - newest->answered < TLS_LEAF_RECALL_S * SECOND_NS && show(tls->ssl, newest);
}
