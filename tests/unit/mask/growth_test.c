/*
 * Every detector reads a text in time linear in its length, whatever it is made of: each
 * of these is repeated to a text and to one sixteen times as long, and all hits are taken
 * as the scanner takes them. The longer one may cost sixteen times as much and somewhat
 * more for caches and noise, but not the 256 times of a loop within a loop. The least of
 * some rounds is taken of both, so that a busy machine does not fail it.
 */
#include <time.h>

#include "check.h"
#include "mask/inside.h"

#define SHORT 4096
#define TIMES 16
#define MOST_GROWTH (4 * TIMES)
#define ROUNDS 5

static const char *const units[] = {
	"1", "a", "A", "=", "-", ".", ":", "/", "@", " ", "\"",
	"1-", "1.", "1 ", "a.", "a@", "a-", "a:", "a=", "=a", "+1 ", "1:", "::", "12:",
	"4111 ", "4111-", "4111111111111111 ", "123-45-6789 ", "a@b.cc ", "a@b.", "@a.b",
	"+4930123456 ", "(030) ", "DE89", "DE89 3704 0044 0532 0130 00 ", "DE89 3704 ", "1.2.3.4 ", "1.2.3.", "fe80::1 ",
	"eyJ", "eyJhbGciOiJI.", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.", ".eyJ",
	"-----BEGIN ", "-----BEGIN PRIVATE KEY", "-----BEGIN PRIVATE KEY-----", "-----END ",
	"AKIA", "AKIAIOSFODNN7EXAMPLE/", "AKIAIOSFODNN7EXAMPLE ", "secret=", "aws ",
	"ghp_", "github_pat_", "github_pat_-", "xo" "xb-", "xo" "xb-1234567890 ",
	"hooks.slack" ".com/", "hooks.slack" ".com/services/",
	"sk-", "sk-a", "glpat-", "glpat-a1b2c3d4e5f6a7b8c9d0 ",
	"shpat_", "dapi", "sk_live_", "AIza", "SG.", "Q~", "a1Q~",
	"://", "://a:", "://a:b",
	"token=", "token=\"", "token: ", "token=a1b2c3d4e5f6g7h8 ", "token=a1b2c3d4e5f6g7h8=", "=a1b2c3d4e5f6g7h8", "12345:A", "MTIzNDU2Nzg5MDEy.",
	"87654321A ", "1234567890 ", "12345678901", "123456-7890 ", "ABCDEF12G34H567I ", "a1", "A1-", "ABCDEF-",
	"DE123456788 ", "DE ", "DE1", "ATU", "NL-", "DEUTDEFF ", "DEUTDEFF500", "BIC ",
	"bc1", "bc1q", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa ", "0x", "0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BAe ",
};

/* Processor time of all hits of one detector, in nanoseconds; the least of some rounds. */
static uint64_t
cost(enum view_detector detector, struct span text)
{
	uint64_t least = UINT64_MAX;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct timespec from, to;
		struct mask_hit hit;
		uint64_t took;

		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		for (size_t at = 0; mask_find(detector, text, at, &hit); at = hit.at + hit.n)
			;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		took = (uint64_t)(to.tv_sec - from.tv_sec) * 1000000000u + (uint64_t)to.tv_nsec - (uint64_t)from.tv_nsec;
		least = took < least ? took : least;
	}
	return least;
}

int
main(void)
{
	static uint8_t room[SHORT * TIMES];

	for (size_t i = 0; i < COUNT(units); i++) {
		size_t n = strlen(units[i]);

		for (size_t at = 0; at < sizeof(room); at++)
			room[at] = (uint8_t)units[i][at % n];
		for (unsigned int d = 0; d < DETECT_PATTERN; d++) {
			uint64_t few = cost(d, span_of(room, SHORT)), many = cost(d, span_of(room, sizeof(room)));
			char name[64];

			/* What is too short to measure is taken for a microsecond. */
			snprintf(name, sizeof(name), "detector %u, \"%.40s\"", d, units[i]);
			CHECK_ROW(name, many <= MOST_GROWTH * (few > 1000 ? few : 1000));
			if (getenv("VERBOSE") && many > 200 * sizeof(room))
				printf("%s: %lu ns a byte\n", name, (unsigned long)(many / sizeof(room)));
		}
	}
	return check_end();
}
