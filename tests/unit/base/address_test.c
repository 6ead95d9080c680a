/* Addresses in their one form, the ranges they lie in, and which kinds of place a name must not lead to. */
#include "base/address.h"

#include "check.h"
#include "view.h"

static const struct {
	const char *text, *again;	/* NULL: no address */
	const char *kind;		/* NULL: an address like others */
} rows[] = {
	{ "192.0.2.1", "192.0.2.1", NULL },
	{ "::ffff:192.0.2.1", "192.0.2.1", NULL },
	{ "64:ff9b::192.0.2.1", "192.0.2.1", NULL },
	{ "2002:c000:201::9", "192.0.2.1", NULL },
	{ "2001:db8::1", "2001:db8::1", NULL },
	{ "10.0.0.1", "10.0.0.1", "a private" },
	{ "64:ff9b::10.0.0.1", "10.0.0.1", "a private" },
	{ "::ffff:10.255.255.255", "10.255.255.255", "a private" },
	{ "11.0.0.0", "11.0.0.0", NULL },
	{ "172.15.255.255", "172.15.255.255", NULL },
	{ "172.16.0.0", "172.16.0.0", "a private" },
	{ "172.31.255.255", "172.31.255.255", "a private" },
	{ "172.32.0.0", "172.32.0.0", NULL },
	{ "192.168.1.1", "192.168.1.1", "a private" },
	{ "100.63.255.255", "100.63.255.255", NULL },
	{ "100.64.0.1", "100.64.0.1", "a shared" },
	{ "100.128.0.0", "100.128.0.0", NULL },
	{ "127.0.0.1", "127.0.0.1", "a loopback" },
	{ "2002:7f00:1::", "127.0.0.1", "a loopback" },
	{ "::1", "::1", "an unspecified or loopback" },
	{ "::", "::", "an unspecified or loopback" },
	{ "::127.0.0.1", "::127.0.0.1", "an unspecified or loopback" },
	{ "0.0.0.0", "0.0.0.0", "an unspecified" },
	{ "169.254.169.254", "169.254.169.254", "a link-local" },
	{ "64:ff9b::a9fe:a9fe", "169.254.169.254", "a link-local" },
	{ "fe80::1", "fe80::1", "a link-local" },
	{ "fec0::1", "fec0::1", "a link-local" },
	{ "fc00::1", "fc00::1", "a private" },
	{ "fd00:ec2::254", "fd00:ec2::254", "a private" },
	{ "fe00::1", "fe00::1", NULL },
	{ "ff02::fb", "ff02::fb", "a multicast" },
	{ "224.0.0.1", "224.0.0.1", "a multicast or reserved" },
	{ "255.255.255.255", "255.255.255.255", "a multicast or reserved" },
	{ "223.255.255.255", "223.255.255.255", NULL },
	{ "198.19.255.255", "198.19.255.255", "a reserved" },
	{ "2001::1", "2001::1", "a tunnelled" },
	{ "64:ff9b:1::1", "64:ff9b:1::1", "a translated" },
	{ "1.2.3", NULL, NULL }, { "", NULL, NULL }, { "::g", NULL, NULL }, { "10.0.0.1 ", NULL, NULL },
};

static const struct {
	const char *text;
	int bits;			/* -1: no range */
	const char *in, *out;
} ranges[] = {
	{ "10.0.0.0/8", 104, "10.1.2.3", "11.0.0.0" },
	{ "10.9.8.7", 128, "10.9.8.7", "10.9.8.6" },
	{ "172.16.0.0/12", 108, "172.31.0.1", "172.32.0.1" },
	{ "0.0.0.0/0", 96, "255.255.255.255", "fd00::1" },
	{ "fd00::/8", 8, "fdff::1", "fc00::1" },
	{ "fd00::7/128", 128, "fd00::7", "fd00::8" },
	{ "::/0", 0, "1.2.3.4", NULL },
	{ "192.168.0.0/17", 113, "192.168.127.255", "192.168.128.0" },
	{ "10.0.0.1/8", -1, NULL, NULL }, { "10.0.0.0/33", -1, NULL, NULL }, { "fd00::/129", -1, NULL, NULL },
	{ "10.0.0.0/", -1, NULL, NULL }, { "10.0.0.0/+8", -1, NULL, NULL }, { "10.0.0.0/8x", -1, NULL, NULL },
	{ "/8", -1, NULL, NULL }, { "10.0.0.0/0008", -1, NULL, NULL }, { "", -1, NULL, NULL }, { "ten", -1, NULL, NULL },
};

static void
check_range(size_t i)
{
	struct view_range range = { .bits = 77 };
	uint8_t ip[16];

	CHECK_ROW(ranges[i].text, address_read_range(ranges[i].text, &range) == (ranges[i].bits >= 0));
	CHECK_ROW(ranges[i].text, range.bits == (ranges[i].bits >= 0 ? ranges[i].bits : 77));
	if (ranges[i].in)
		CHECK_ROW(ranges[i].text, address_read(ranges[i].in, ip) && address_is_in(ip, &range));
	if (ranges[i].out)
		CHECK_ROW(ranges[i].text, address_read(ranges[i].out, ip) && !address_is_in(ip, &range));
}

/* The policy may say that a range is right; that opens no other. */
static void
check_barred(void)
{
	struct view_range may[2];
	uint8_t ip[16];

	CHECK(address_read_range("10.0.0.0/8", &may[0]) && address_read_range("169.254.169.254", &may[1]));
	CHECK(address_read("10.0.0.1", ip) && address_is_barred(ip, NULL, 0) && !address_is_barred(ip, may, 2));
	CHECK(address_read("169.254.169.254", ip) && address_is_barred(ip, may, 1) && !address_is_barred(ip, may, 2));
	CHECK(address_read("192.168.0.1", ip) && address_is_barred(ip, may, 2));
	CHECK(address_read("192.0.2.1", ip) && !address_is_barred(ip, may, 2) && !address_is_barred(ip, NULL, 0));
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t ip[16] = { 0 };
		char text[ADDRESS_TEXT];
		const char *kind;

		CHECK_ROW(rows[i].text, address_read(rows[i].text, ip) == !!rows[i].again);
		if (!rows[i].again)
			continue;
		CHECK_ROW(rows[i].text, strcmp(address_text(ip, text), rows[i].again) == 0);
		kind = address_kind(ip);
		CHECK_ROW(rows[i].text, !kind == !rows[i].kind && (!kind || strcmp(kind, rows[i].kind) == 0));
	}
	for (size_t i = 0; i < COUNT(ranges); i++)
		check_range(i);
	check_barred();
	return check_end();
}
