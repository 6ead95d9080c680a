/*
 * Keys in slices are OpenSSL's keys; lines of targets take turns, so that what is asked
 * for many rounds makes only its own wait; who asks for the same shares it; a worker
 * waits for a few of one target only, and what nobody waits for is not made.
 */
#include "vault/derive.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "../stand.h"
#include "base/secret.h"
#include "vault/keys.h"

static struct derivations *all;
static char order[64];		/* first letters of targets, as they came */
static size_t made, askers, failed;
static size_t wanted;

static void
done(void *arg, const struct derivation *what, const struct secret *keys)
{
	CHECK(arg == &all);
	order[made++] = what->target[0];
	failed += !keys;
	for (const struct asker *asker = what->askers; asker; asker = asker->after) {
		CHECK(asker->n == 5 && !memcmp(asker->message, "hello", 5));
		askers++;
	}
}

static bool
is_made(void)
{
	return made >= wanted;
}

static int
ask_for(unsigned int worker, const char *target, uint8_t salt, uint32_t count)
{
	struct asker asker = { .worker = worker, .request = 7, .n = 5, .message = "hello" };
	struct scram_offer offer = { .salt_size = 8, .count = count };

	offer.salt[0] = salt;
	return derivation_ask(all, span_text(target), 1, SPAN("pencil"), &offer, &asker);
}

static void
begin(void)
{
	stand_as(SLOT_KEEPER, 0, -1, stand_deaf);
	made = askers = failed = 0;
	memset(order, 0, sizeof(order));
	CHECK(derivations_new(&all, loop, done, &all) == 0);
}

static void
end(void)
{
	derivations_free(&all);
	post_free(&post);
	loop_free(&loop);
	CHECK(!all);
}

/* The same as OpenSSL's, however it is cut. */
static void
right_keys(void)
{
	static const struct {
		size_t password;	/* bytes */
		uint32_t count, slice;
		size_t salt;
	} rows[] = {
		{ 0, 4096, 4096, 16 }, { 6, 4096, 1, 16 }, { 63, 5000, 7, 8 }, { 64, 4096, 4095, 64 },
		{ 65, 4097, 4096, 16 }, { 200, 4096, 1000, 33 }, { 9, 1, 5, 16 }, { 9, 2, 1, 16 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scram_offer offer = { .salt_size = rows[i].salt, .count = rows[i].count };
		uint8_t password[256], salted[32], client[32];
		struct scram_keys *work = NULL;
		struct secret keys = { 0 };
		int r = 0;

		for (size_t n = 0; n < sizeof(password); n++)
			password[n] = (uint8_t)(n * 37 + i + 1);
		for (size_t n = 0; n < rows[i].salt; n++)
			offer.salt[n] = (uint8_t)(n * 11 + i);
		CHECK(PKCS5_PBKDF2_HMAC((char *)password, (int)rows[i].password, offer.salt,
		    (int)offer.salt_size, (int)offer.count, EVP_sha256(), 32, salted) == 1);
		CHECK(HMAC(EVP_sha256(), salted, 32, (const uint8_t *)"Client Key", 10, client, NULL));
		CHECK(scram_keys_begin(&work, span_of(password, rows[i].password), &offer) == 0);
		CHECK(rows[i].count == 1 || scram_keys_end(work, &keys) == -EIO);	/* too early */
		while (!r)
			r = scram_keys_go(work, rows[i].slice);
		CHECK(r == 1 && scram_keys_end(work, &keys) == 0);
		CHECK(keys.n == 64 && !memcmp(keys.p, client, 32));
		scram_keys_free(&work);
		secret_free(&keys);
	}
}

/* Four that take long, of one target, then one of another: that one comes first. */
static void
lines_take_turns(void)
{
	begin();
	for (uint8_t salt = 1; salt <= 4; salt++)
		CHECK(ask_for(SLOT_WORKER, "slow", salt, SCRAM_COUNT_MAX) == 0);
	CHECK(ask_for(SLOT_WORKER, "quick", 1, 4096) == 0);
	wanted = 5;
	CHECK(stand_until(is_made));
	CHECK(!strcmp(order, "qssss") && !failed && askers == 5);
	end();
}

/* Everything else has its turn meanwhile. */
static void
others_have_turns(void)
{
	begin();
	for (uint8_t salt = 1; salt <= 4; salt++)
		CHECK(ask_for(SLOT_WORKER, "slow", salt, SCRAM_COUNT_MAX) == 0);
	wanted = 0;
	CHECK(stand_until(is_made));	/* the loop came round to its own timer */
	CHECK(made == 0);
	wanted = 4;
	CHECK(stand_until(is_made));
	end();
}

static void
limits(void)
{
	begin();
	for (uint8_t salt = 1; salt <= DERIVE_OWN; salt++)
		CHECK(ask_for(SLOT_WORKER, "shop", salt, 4096) == 0);
	CHECK(ask_for(SLOT_WORKER, "shop", 9, 4096) == -EAGAIN);
	CHECK(ask_for(SLOT_WORKER, "shop", 1, 4096) == 0);	/* the same again is shared */
	CHECK(ask_for(SLOT_WORKER, "other", 9, 4096) == 0);
	CHECK(ask_for(SLOT_WORKER + 1, "shop", 9, 4096) == 0);
	CHECK(ask_for(SLOT_WORKER + 1, "shop", 1, 4096) == 0);
	wanted = DERIVE_OWN + 2;
	CHECK(stand_until(is_made));
	CHECK(made == DERIVE_OWN + 2 && askers == DERIVE_OWN + 4);
	for (size_t i = 0; i < DERIVE_ASKERS; i++)
		CHECK(ask_for(SLOT_WORKER, "shop", 1, SCRAM_COUNT_MAX) == 0);
	CHECK(ask_for(SLOT_WORKER, "shop", 1, SCRAM_COUNT_MAX) == -EAGAIN);
	CHECK(ask_for(SLOT_WORKER + 1, "other", 1, 4096) == -EAGAIN);
	end();
}

/* A worker that is gone is not waited for; what others wait for too is made. */
static void
gone(void)
{
	begin();
	CHECK(ask_for(SLOT_WORKER, "alone", 1, SCRAM_COUNT_MAX) == 0);
	CHECK(ask_for(SLOT_WORKER, "both", 1, 4096) == 0);
	CHECK(ask_for(SLOT_WORKER + 1, "both", 1, 4096) == 0);
	derivations_forget(all, SLOT_WORKER);
	wanted = 1;
	CHECK(stand_until(is_made));
	CHECK(!strcmp(order, "b") && askers == 1);
	CHECK(ask_for(SLOT_WORKER, "again", 1, 4096) == 0);
	derivations_forget(all, SLOT_WORKER);
	wanted = 1;
	CHECK(stand_until(is_made));
	CHECK(!strcmp(order, "b"));
	end();
}

int
main(void)
{
	right_keys();
	lines_take_turns();
	others_have_turns();
	limits();
	gone();
	return check_end();
}
