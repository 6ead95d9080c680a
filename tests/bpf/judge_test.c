/* judge_test.c: the programs' decisions about addresses, time and counts, compiled natively. */
#include "../../bpf/judge.h"

#include <arpa/inet.h>

#include "check.h"

static const struct {
	const char *ip, *settled;
	bool is_4, is_loopback;
} rows[] = {
	{ "::", "::1", false, true },
	{ "::1", "::1", false, true },
	{ "::2", "::2", false, false },
	{ "1::", "1::", false, false },
	{ "1::1", "1::1", false, false },
	{ "::ffff:0.0.0.0", "::ffff:127.0.0.1", true, true },
	{ "::ffff:127.0.0.1", "::ffff:127.0.0.1", true, true },
	{ "::ffff:127.73.76.1", "::ffff:127.73.76.1", true, true },
	{ "::ffff:128.0.0.1", "::ffff:128.0.0.1", true, false },
	{ "::ffff:10.0.0.0", "::ffff:10.0.0.0", true, false },
	{ "::127.0.0.1", "::127.0.0.1", false, false },
	{ "1::ffff:127.0.0.1", "1::ffff:127.0.0.1", false, false },
	{ "64:ff9b::7f00:1", "64:ff9b::7f00:1", false, false },
	{ "fe80::", "fe80::", false, false },
};

/* One place, one name. */
static const struct {
	const char *ip, *canonical;
} forms[] = {
	{ "::ffff:10.9.8.7", "::ffff:10.9.8.7" },
	{ "64:ff9b::10.9.8.7", "::ffff:10.9.8.7" },
	{ "64:ff9b::169.254.169.254", "::ffff:169.254.169.254" },
	{ "64:ff9b:0:0:0:0:a09:807", "::ffff:10.9.8.7" },
	{ "64:ff9b::1:10.9.8.7", "64:ff9b::1:10.9.8.7" },
	{ "64:ff9b:1::10.9.8.7", "64:ff9b:1::10.9.8.7" },
	{ "65:ff9b::10.9.8.7", "65:ff9b::10.9.8.7" },
	{ "2002:a09:807::1", "::ffff:10.9.8.7" },
	{ "2002:7f00:1:2:3:4:5:6", "::ffff:127.0.0.1" },
	{ "2003:a09:807::1", "2003:a09:807::1" },
	{ "fd00::7", "fd00::7" },
	{ "::1", "::1" },
	{ "::", "::" },
};

static const struct {
	const char *name;
	uint64_t beat, now;
	bool stale;
} beats[] = {
	{ "never", 0, 5, true },
	{ "now", 100, 100, false },
	{ "just fresh", 1, 1 + ABI_BEAT_MAX_NS, false },
	{ "just stale", 1, 2 + ABI_BEAT_MAX_NS, true },
	{ "future", 101, 100, true },
	{ "far future", UINT64_MAX, 100, true },
};

static const struct {
	const char *name;
	uint64_t until, now;
	bool broken;
} glasses[] = {
	{ "never", 0, 5, false },
	{ "long ago", 1, 5, false },
	{ "this very moment", 5, 5, false },
	{ "a moment more", 6, 5, true },
	{ "as long as may be", 5 + ABI_GLASS_MAX_NS, 5, true },
	{ "longer", 6 + ABI_GLASS_MAX_NS, 5, false },
	{ "for ever", UINT64_MAX, 5, false },
};

static const struct {
	const char *name;
	uint32_t now, whole;
} epochs[] = {
	{ "same", 7, 7 },
	{ "map ahead", 7, 8 },
	{ "map behind", 8, 7 },
	{ "across the low bits, ahead", 0x1ffffff, 0x2000000 },
	{ "across the low bits, behind", 0x2000000, 0x1ffffff },
	{ "large", 0xfffffff0, 0xfffffff1 },
};

static const struct {
	const char *name;
	uint32_t from, to;
	uint64_t about, bytes;
} ways[] = {
	{ "none", 5, 5, 0, 0 },
	{ "some", 5, 105, 100, 100 },
	{ "fewer than came", 5, 45, 100, 40 },
	{ "none of what came", 5, 5, 100, 0 },
	{ "more than was acknowledged", 5, 105, 40, 100 },
	{ "numbers wrap", 0xfffffff0, 0x10, 32, 32 },
	{ "4 GiB", 7, 7, 1ULL << 32, 1ULL << 32 },
	{ "just below 4 GiB", 7, 6, 1ULL << 32, (1ULL << 32) - 1 },
	{ "just above, not yet acknowledged", 7, 9, (1ULL << 32) - 9, (1ULL << 32) + 2 },
	{ "many times", 7, 107, (9ULL << 32) + 50, (9ULL << 32) + 100 },
	{ "2 GiB away, less one", 0, 0x80000000, 1, 0x80000000 },
};

int
main(void)
{
	for (size_t i = 0; i < COUNT(ways); i++)
		CHECK_ROW(ways[i].name, bytes_between(ways[i].from, ways[i].to,
		    ways[i].about) == ways[i].bytes);
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t ip[16], want[16];

		CHECK_ROW(rows[i].ip, inet_pton(AF_INET6, rows[i].ip, ip) == 1);
		CHECK_ROW(rows[i].ip, inet_pton(AF_INET6, rows[i].settled, want) == 1);
		ip_settle(ip);
		CHECK_ROW(rows[i].ip, !memcmp(ip, want, 16));
		CHECK_ROW(rows[i].ip, ip_is_4(ip) == rows[i].is_4);
		CHECK_ROW(rows[i].ip, ip_is_loopback(ip) == rows[i].is_loopback);
	}
	for (size_t i = 0; i < COUNT(forms); i++) {
		uint8_t ip[16], want[16];

		CHECK_ROW(forms[i].ip, inet_pton(AF_INET6, forms[i].ip, ip) == 1);
		CHECK_ROW(forms[i].ip, inet_pton(AF_INET6, forms[i].canonical, want) == 1);
		ip_canonical(ip);
		CHECK_ROW(forms[i].ip, !memcmp(ip, want, 16));
	}
	for (size_t i = 0; i < COUNT(beats); i++)
		CHECK_ROW(beats[i].name, beat_is_stale(beats[i].beat, beats[i].now) ==
		    beats[i].stale);
	for (size_t i = 0; i < COUNT(glasses); i++)
		CHECK_ROW(glasses[i].name, glass_is_broken(glasses[i].until, glasses[i].now) ==
		    glasses[i].broken);
	for (size_t i = 0; i < COUNT(epochs); i++) {
		uint32_t low = epochs[i].whole;
		struct abi_target target = {
			.epoch = { low & 0xff, low >> 8 & 0xff, low >> 16 & 0xff },
		};

		CHECK_ROW(epochs[i].name, epoch_of(&target, epochs[i].now) ==
		    epochs[i].whole);
	}
	return check_end();
}
