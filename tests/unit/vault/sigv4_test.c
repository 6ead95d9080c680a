/* The signature itself, with the example of AWS's documentation and its test suite; and times. */
#include "vault/sigv4.h"

#include <openssl/evp.h>

#include "check.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

static const struct {
	const char *name, *time, *region, *service, *hash, *signature;
} rows[] = {
	/* "Deriving the signing key": GET iam ListUsers */
	{ "iam", "20150830T123600Z", "us-east-1", "iam",
	  "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59",
	  "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7" },
	/* aws-sig-v4-test-suite: get-vanilla */
	{ "vanilla", "20150830T123600Z", "us-east-1", "service",
	  "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63",
	  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
};

static const struct {
	const char *text;
	bool right;
	int64_t seconds;
} times[] = {
	{ "19700101T000000Z", true, 0 },
	{ "20150830T123600Z", true, 1440938160 },
	{ "20240229T235959Z", true, 1709251199 },
	{ "20230229T000000Z", false, 0 },
	{ "20150830T126000Z", false, 0 },
	{ "20150830T123600", false, 0 },
	{ "20150830t123600Z", false, 0 },
	{ "20150830T123600z", false, 0 },
	{ "2015-830T123600Z", false, 0 },
	{ "20151330T123600Z", false, 0 },
	{ "20150800T123600Z", false, 0 },
	{ "20150830T243600Z", false, 0 },
	{ "", false, 0 },
};

static void
read_hex(const char *text, uint8_t *out)
{
	for (size_t i = 0; text[2 * i]; i++)
		sscanf(text + 2 * i, "%2hhx", &out[i]);
}

#define S3_SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"	/* of S3's examples: another one */

/* AWS's examples of chunks: 66,560 times 'a' in chunks of 65,536 bytes, without and with a trailer. */
static const struct {
	const char *name, *seed, *trailer;
	const char *signatures[4];
} uploads[] = {
	{ "chunks", "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9", NULL,
	  { "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
	    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
	    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9" } },
	{ "trailer", "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e", "x-amz-checksum-crc32c:sOO8/Q==\n",
	  { "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
	    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
	    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
	    "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435" } },
};

static void
hash_of(struct span in, uint8_t *out)
{
	EVP_Digest(in.p, in.n, out, NULL, EVP_sha256(), NULL);
}

static void
check_uploads(void)
{
	static uint8_t a[65536];
	uint8_t hashes[4 * VAULT_SIGV4_HASH];
	char out[4 * VAULT_SIGV4_SIGNATURE];

	memset(a, 'a', sizeof(a));
	hash_of(span_of(a, sizeof(a)), hashes);
	hash_of(span_of(a, 1024), hashes + VAULT_SIGV4_HASH);
	hash_of(SPAN(""), hashes + (size_t)2 * VAULT_SIGV4_HASH);
	for (size_t i = 0; i < COUNT(uploads); i++) {
		size_t count = uploads[i].trailer ? 4 : 3;
		struct span seed = span_text(uploads[i].seed);

		hash_of(span_text(uploads[i].trailer), hashes + (size_t)3 * VAULT_SIGV4_HASH);
		for (size_t cut = 0; cut < count; cut++) {	/* all at once, and in two questions */
			if (cut)
				CHECK(sigv4_sign_chunks(SPAN(S3_SECRET), SPAN("20130524T000000Z"), SPAN("us-east-1"), SPAN("s3"), seed.p,
				    false, hashes, cut, out) == 0);
			CHECK(sigv4_sign_chunks(SPAN(S3_SECRET), SPAN("20130524T000000Z"), SPAN("us-east-1"), SPAN("s3"),
			    cut ? (uint8_t *)out + (cut - 1) * VAULT_SIGV4_SIGNATURE : seed.p, count == 4,
			    hashes + cut * VAULT_SIGV4_HASH, count - cut, out + cut * VAULT_SIGV4_SIGNATURE) == 0);
			for (size_t n = 0; n < count; n++)
				CHECK_ROW(uploads[i].name, !memcmp(out + n * VAULT_SIGV4_SIGNATURE, uploads[i].signatures[n],
				    VAULT_SIGV4_SIGNATURE));
		}
	}
}

int
main(void)
{
	check_uploads();
	for (size_t i = 0; i < COUNT(rows); i++) {
		char signature[VAULT_SIGV4_SIGNATURE];
		uint8_t hash[VAULT_SIGV4_HASH];

		read_hex(rows[i].hash, hash);
		CHECK_ROW(rows[i].name, sigv4_sign(on_cliff(SPAN(SECRET)), span_text(rows[i].time), span_text(rows[i].region),
		    span_text(rows[i].service), hash, signature) == 0);
		CHECK_ROW(rows[i].name, !memcmp(signature, rows[i].signature, sizeof(signature)));
	}
	for (size_t i = 0; i < COUNT(times); i++) {
		int64_t seconds = -7;

		CHECK_ROW(times[i].text, sigv4_time(on_cliff(span_text(times[i].text)), &seconds) == times[i].right);
		CHECK_ROW(times[i].text, seconds == (times[i].right ? times[i].seconds : -7));
	}
	return check_end();
}
