/*
 * leaf.c (bench): what a certificate for a skill costs, made, and found again. Argument:
 * how many. Prints p50 and p99 of both in microseconds, and what one ECDSA key and
 * signature of OpenSSL's cost by themselves, in the same run, in turn: less is not possible.
 */
#include <openssl/evp.h>
#include <openssl/ec.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/must.h"
#include "vault/authority.h"
#include "vault/leaf.h"
#include "view.h"

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
print(const char *name, double *us, size_t n)
{
	qsort(us, n, sizeof(*us), by_size);
	printf("%-28s p50 %8.2f us  p99 %8.2f us\n", name, us[n / 2], us[n * 99 / 100]);
}

static double
since(uint64_t before)
{
	return (double)(clock_mono() - before) / 1000;
}

/* A key and one signature over a digest. */
static double
bare(void)
{
	uint64_t before = clock_mono();
	EVP_PKEY *key = EVP_EC_gen("P-256");
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t signature[128];
	size_t n = sizeof(signature);

	must(key && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(context, signature, &n, (const uint8_t *)"leaf", 4) == 1);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return since(before);
}

static double
find(struct leaves *leaves, const struct view_target *target, uint32_t index)
{
	static const uint8_t no_ip[16];
	uint64_t before = clock_mono();
	struct span chain, key;

	must(leaves_find(leaves, index, target, span_text(target->hosts[0]), no_ip,
	    (uint64_t)time(NULL), &chain, &key) == 0 && chain.n && key.n);
	return since(before);
}

int
main(int argc, char **argv)
{
	static const char *hosts[] = { "api.shop.example" };
	const struct view_target target = { .name = "shop", .hosts = hosts, .host_count = 1 };
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
	double *made = calloc(n, sizeof(*made)), *kept = calloc(n, sizeof(*kept)), *least = calloc(n, sizeof(*least));
	struct authority *authority = NULL;
	struct leaves *leaves = NULL;

	must(n && made && kept && least);
	must(authority_new(&authority, (uint64_t)time(NULL)) == 0 && leaves_new(&leaves, authority) == 0);
	for (size_t i = 0; i < n; i++) {	/* each of its own target: none is there yet */
		made[i] = find(leaves, &target, (uint32_t)i);
		kept[i] = find(leaves, &target, (uint32_t)i);
		least[i] = bare();
	}
	print("a leaf, made", made, n);
	print("the same, kept", kept, n);
	print("a key and a signature alone", least, n);
	leaves_free(&leaves);
	authority_free(&authority);
	free(made);
	free(kept);
	free(least);
	return 0;
}
