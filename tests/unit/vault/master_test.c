/* Keys of masks: HKDF as RFC 5869, one key a mask, the last line counts. */
#include "vault/master.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEX2 "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static const struct {
	const char *name, *text;
	int r;
	uint32_t version;
} rows[] = {
	{ "one", "1 " HEX "\n", 0, 1 },
	{ "two", "1 " HEX "\n2 " HEX2 "\n", 0, 2 },
	{ "empty", "", -EINVAL, 0 },
	{ "no end", "1 " HEX, -EINVAL, 0 },
	{ "version 0", "0 " HEX "\n", -EINVAL, 0 },
	{ "version twice", "1 " HEX "\n1 " HEX2 "\n", -EINVAL, 0 },
	{ "version back", "2 " HEX "\n1 " HEX2 "\n", -EINVAL, 0 },
	{ "short", "1 00\n", -EINVAL, 0 },
	{ "upper case", "1 " "AA0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", -EINVAL, 0 },
	{ "long", "1 " HEX "0\n", -EINVAL, 0 },
	{ "blank line", "1 " HEX "\n\n", -EINVAL, 0 },
};

static const uint8_t expected_card[] = {
	0x42, 0xc6, 0x53, 0xc6, 0xc6, 0x69, 0x9a, 0xda,
	0x53, 0x5e, 0x38, 0x43, 0x94, 0x3d, 0xad, 0x00,
	0x60, 0xff, 0x0b, 0x55, 0xfa, 0x36, 0x13, 0x05,
	0xfe, 0xa2, 0x1d, 0xa7, 0x84, 0x0d, 0xee, 0xc2
};
static const uint8_t expected_card2[] = {
	0x74, 0x97, 0x1e, 0xde, 0x84, 0x5c, 0xe4, 0xcc,
	0xd4, 0xb1, 0xbe, 0x54, 0xac, 0xca, 0x27, 0x2f,
	0x5a, 0x40, 0x3b, 0x76, 0x39, 0x52, 0x75, 0xed,
	0xb1, 0x72, 0xe6, 0x27, 0x8e, 0x95, 0xf5, 0x2b
};

static void
check_reading(void)
{
	uint8_t key[MASK_KEY_SIZE];
	struct span whole = SPAN("1 " HEX "\n");

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct master master = { 0 };

		CHECK_ROW(rows[i].name, master_read(&master,
		    on_cliff(span_text(rows[i].text))) == rows[i].r);
		CHECK_ROW(rows[i].name, master.version == rows[i].version);
		if (!rows[i].r) {
			CHECK_ROW(rows[i].name, master_derive(&master, "mask", SPAN("card"), key) == 0);
			CHECK_ROW(rows[i].name, !memcmp(key, rows[i].version == 1 ?
			    expected_card : expected_card2, sizeof(key)));
		}
		master_free(&master);
	}
	for (size_t n = 0; n < whole.n; n++) {
		struct master master = { 0 };

		CHECK(master_read(&master, on_cliff(span_head(whole, n))) == -EINVAL);
	}
}

static void
check_making(void)
{
	char place[] = "/tmp/master_test.XXXXXX", command[64];
	struct master made = { 0 }, again = { 0 };
	uint8_t a[MASK_KEY_SIZE], b[MASK_KEY_SIZE], c[MASK_KEY_SIZE];
	int dir = mkdtemp(place) ? open(place, O_RDONLY | O_DIRECTORY) : -1;

	CHECK(master_open(&made, dir, geteuid()) == 0);
	CHECK(master_open(&again, dir, geteuid()) == 0);
	CHECK(master_derive(&made, "mask", SPAN("card"), a) == 0);
	CHECK(master_derive(&again, "mask", SPAN("card"), b) == 0);
	CHECK(master_derive(&again, "mask", SPAN("carx"), c) == 0);
	CHECK(!memcmp(a, b, sizeof(a)) && memcmp(a, c, sizeof(a)));
	master_free(&made);
	master_free(&again);
	CHECK(fchmodat(dir, "mask.key", 0644, 0) == 0);
	CHECK(master_open(&again, dir, geteuid()) == -EPERM);
	CHECK(!again.key.p);
	snprintf(command, sizeof(command), "rm -r %s", place);
	CHECK(system(command) == 0);
}

int
main(void)
{
	check_reading();
	check_making();
	return check_end();
}
