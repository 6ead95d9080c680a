/* The signature itself, with the example of AWS's documentation and its test suite; and times. */
#include "vault/sigv4.h"

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

int
main(void)
{
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
