/* Every detector finds what it should, whole, and lets alone what only looks like it. */
#include "base/utf8.h"
#include "mask/inside.h"

#include "check.h"

struct row {
	const char *text;
	const char *hit;	/* NULL: none */
};

static const struct row cards[] = {
	{ "4111111111111111", "4111111111111111" },
	{ "4111-1111-1111-1111", "4111-1111-1111-1111" },
	{ "4111 1111 1111 1111", "4111 1111 1111 1111" },
	{ "card 5555555555554444.", "5555555555554444" },
	{ "378282246310005", "378282246310005" },
	{ "3782 822463 10005", "3782 822463 10005" },
	{ "6011111111111117", "6011111111111117" },
	{ "30569309025904", "30569309025904" },
	{ "3530111333300000", "3530111333300000" },
	{ "2223003122003222", "2223003122003222" },
	{ "4222222222222", "4222222222222" },
	{ "6200000000000005", "6200000000000005" },
	{ "12 4111 1111 1111 1111 99", "4111 1111 1111 1111" },
	{ "my card 180000826105910, lost", "180000826105910" },
	{ "card 675984103431?", "675984103431" },
	{ "675984103431", NULL },
	{ "n=4111111111111111;cvv=123", "4111111111111111" },
	{ "x_4111111111111111_y", "4111111111111111" },
	{ "4111111111111112", NULL },			/* check digit */
	{ "41111111111111111111", NULL },		/* 20 digits */
	{ "94111111111111111", NULL },
	{ "a4111111111111111", NULL },
	{ "4111111111111111b", NULL },
	{ "1111111111111117", NULL },			/* no issuer */
	{ "0.4111111111111111", NULL },
	{ "4111 1111-1111 1111", NULL },		/* two separators */
	{ "4111  1111  1111  1111", NULL },
	{ "411111111111", NULL },
	{ "2024-01-15 10:30:00 2024-01-16", NULL },
	{ "550e8400-e29b-41d4-a716-446655440000", NULL },
	{ "1732275000000000", NULL },
	{ "", NULL },
};

static const struct row ssns[] = {
	{ "078-05-1123", "078-05-1123" },
	{ "SSN: 123-45-6789.", "123-45-6789" },
	{ "123 45 6789", "123 45 6789" },
	{ "123.45.6789", "123.45.6789" },
	{ "(899-99-9999)", "899-99-9999" },
	{ "ssn=123456789", "123456789" },
	{ "Social security 123456789", "123456789" },
	{ "001-01-0001", "001-01-0001" },
	{ "665-10-0001 and 667-10-0001", "665-10-0001" },
	{ "x 212-09-1234", "212-09-1234" },
	{ "\xc3\xa9" "212-09-1234", "212-09-1234" },
	{ "n,212-09-1234,m", "212-09-1234" },
	{ "000-12-3456", NULL },
	{ "666-12-3456", NULL },
	{ "900-12-3456", NULL },
	{ "123-00-4567", NULL },
	{ "123-45-0000", NULL },
	{ "123456789", NULL },
	{ "1123-45-6789", NULL },
	{ "123-45-67890", NULL },
	{ "123-45 6789", NULL },
	{ "a123-45-6789", NULL },
	{ "123-45-6789-1", NULL },
	{ "9-123-45-6789", NULL },
	{ "2024-01-1500", NULL },
};

static const struct row emails[] = {
	{ "a@b.co", "a@b.co" },
	{ "alice@example.com", "alice@example.com" },
	{ "<Bob.Smith+tag@mail.example.org>", "Bob.Smith+tag@mail.example.org" },
	{ "to: o'brien@x.ie, now", "o'brien@x.ie" },
	{ "'alice@example.com'", "alice@example.com" },
	{ "mailto:a_b-c@sub.dom-ain.de.", "a_b-c@sub.dom-ain.de" },
	{ "m\xc3\xbcller@b\xc3\xbcro.de", "m\xc3\xbcller@b\xc3\xbcro.de" },
	{ "x@xn--bcher-kva.xn--p1ai", "x@xn--bcher-kva.xn--p1ai" },
	{ "a@@b@c.com", "b@c.com" },
	{ "p%q@r.museum", "p%q@r.museum" },
	{ "one@two.three.four5 x", "one@two.three" },
	{ "postgres://u:secret@db.example.com/x", "secret@db.example.com" },
	{ "@example.com", NULL },
	{ "alice@", NULL },
	{ "alice@localhost", NULL },
	{ "alice@example.c", NULL },
	{ "alice@example.123", NULL },
	{ "alice at example.com", NULL },
	{ "a@.com", NULL },
	{ "...@example.com", NULL },
	{ "@@@@@@@@.com", NULL },
	{ "user @example.com", NULL },
	{ "a.b", NULL },
	{ "@", NULL },
};

static const struct row phones[] = {
	{ "+14155550123", "+14155550123" },
	{ "+1 (415) 555-0123", "+1 (415) 555-0123" },
	{ "+44 20 7946 0958", "+44 20 7946 0958" },
	{ "+49-30-1234567", "+49-30-1234567" },
	{ "+1 415 555 0123 100 items", "+1 415 555 0123" },
	{ "(415) 555-0123", "(415) 555-0123" },
	{ "(415)555-0123", "(415)555-0123" },
	{ "call 415-555-0123 now", "415-555-0123" },
	{ "415.555.0123", "415.555.0123" },
	{ "1-415-555-0123", "1-415-555-0123" },
	{ "020 7946 0958", "020 7946 0958" },
	{ "01 23 45 67 89", "01 23 45 67 89" },
	{ "02079460958", "02079460958" },
	{ "00 44 20 7946 0958", "00 44 20 7946 0958" },
	{ "phone: 4155550123", "4155550123" },
	{ "030/12345678", "030/12345678" },
	{ "4155550123", NULL },
	{ "2024-01-15", NULL },
	{ "01.02.2024 10:30", NULL },
	{ "2024-01-15 10:30:00+00", NULL },
	{ "0001234567", NULL },
	{ "192.168.100.1", NULL },
	{ "4111-1111-1111-1111", NULL },
	{ "123-45-6789", NULL },
	{ "115-555-0123", NULL },
	{ "x+12345678901", NULL },
	{ "+0123456789", "0123456789" },
	{ "12345", NULL },
	{ "+1 415 555", NULL },
	{ "1732275000", NULL },
};

static const struct row ibans[] = {
	{ "DE89370400440532013000", "DE89370400440532013000" },
	{ "DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00" },
	{ "GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234 5698 7654 32" },
	{ "FR1420041010050500013M02606", "FR1420041010050500013M02606" },
	{ "NO9386011117947", "NO9386011117947" },
	{ "iban:BE68539007547034,", "BE68539007547034" },
	{ "nl91abna0417164300", "nl91abna0417164300" },
	{ "CH93-0076-2011-6238-5295-7", "CH93-0076-2011-6238-5295-7" },
	{ "ES9121000418450200051332 x", "ES9121000418450200051332" },
	{ "(IT60X0542811101000000123456)", "IT60X0542811101000000123456" },
	{ "AT611904300234573201", "AT611904300234573201" },
	{ "XX11 DE89370400440532013000", "DE89370400440532013000" },
	{ "DE88370400440532013000", NULL },
	{ "DE8937040044053201300", NULL },
	{ "DE893704004405320130000", NULL },
	{ "ADE89370400440532013000", NULL },
	{ "ZZ89370400440532013000", NULL },
	{ "DE89  3704 0044 0532 0130 00", NULL },
	{ "D E89370400440532013000", NULL },
	{ "DE", NULL },
	{ "DE89", NULL },
	{ "GB82TEST12345698765432", NULL },
	{ "SE45", NULL },
	{ "Hello GB world 82", NULL },
};

static const struct row addresses[] = {
	{ "10.0.0.1", "10.0.0.1" },
	{ "from 192.168.1.254:5432", "192.168.1.254" },
	{ "(255.255.255.255)", "255.255.255.255" },
	{ "8.8.8.8.", "8.8.8.8" },
	{ "10.1.2.3/24", "10.1.2.3" },
	{ "2001:db8::1", "2001:db8::1" },
	{ "::1", "::1" },
	{ "[fe80::1%eth0]", "fe80::1" },
	{ "2001:0db8:85a3:0000:0000:8a2e:0370:7334", "2001:0db8:85a3:0000:0000:8a2e:0370:7334" },
	{ "::ffff:10.0.0.1", "::ffff:10.0.0.1" },
	{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
	{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:1.2.3.4" },
	{ "fe80::", "fe80::" },
	{ "ip=2001:db8::/32", "2001:db8::" },
	{ "256.1.1.1", NULL },
	{ "1.2.3", NULL },
	{ "1.2.3.4.5", NULL },
	{ "01.2.3.4", NULL },
	{ "v1.2.3.4", NULL },
	{ "12:30:45", NULL },
	{ "'x'::text", NULL },
	{ "a::decade", NULL },
	{ "::", NULL },
	{ "1:2:3:4:5:6:7:8:9", NULL },
	{ "00:1b:44:11:3a:b7", NULL },
	{ "1:2:3:4:5:6:7", NULL },
	{ "std::string", NULL },
	{ "::face", NULL },
};

#define JWT "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
static const struct row tokens[] = {
	{ JWT, JWT },
	{ "Bearer " JWT, JWT },
	{ "{\"t\":\"" JWT "\"}", JWT },
	{ "t=" JWT ";", JWT },
	{ "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0.", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0." },
	{ "x eyJhbGci.eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0.", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0." },
	{ JWT "\n", JWT },
	{ "(" JWT ")", JWT },
	{ "a," JWT, JWT },
	{ "\t" JWT, JWT },
	{ "\xc3\xa9" JWT, JWT },
	{ "jwt:" JWT "/", JWT },
	{ "eyJhbGciOiJIUzI1NiJ9", NULL },
	{ "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0", NULL },
	{ "eyJ.eyJ.x and some more text.", NULL },
	{ "aeyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc", NULL },
	{ "-eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc", NULL },
	{ "eyJhbGciOiJIUzI1NiJ9.abcdefghijklmnop.abc", NULL },
	{ "eyJhbGciOiJIUzI1NiJ9..eyJzdWIiOiIxMjM0In0.", NULL },
	{ "EYJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc", NULL },
	{ "hello.World.this is a sentence", NULL },
	{ "eyJhbGciOiJIUzI1NiJ9 .eyJzdWIiOiIxMjM0In0.a", NULL },
	{ "", NULL },
	{ "www.Example.com/eyJ", NULL },
};

#define PEM "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"
static const struct row keys[] = {
	{ PEM, PEM },
	{ "x\n" PEM "\n", PEM },
	{ "-----BEGIN PRIVATE KEY-----\nMII", "-----BEGIN PRIVATE KEY-----\nMII" },
	{ "-----BEGIN EC PRIVATE KEY-----\nA\n-----END EC PRIVATE KEY----- y",
	    "-----BEGIN EC PRIVATE KEY-----\nA\n-----END EC PRIVATE KEY-----" },
	{ "-----BEGIN OPENSSH PRIVATE KEY-----", "-----BEGIN OPENSSH PRIVATE KEY-----" },
	{ "-----BEGIN ENCRYPTED PRIVATE KEY-----x", "-----BEGIN ENCRYPTED PRIVATE KEY-----x" },
	{ "-----BEGIN PGP PRIVATE KEY BLOCK-----\nz", "-----BEGIN PGP PRIVATE KEY BLOCK-----\nz" },
	{ "-----BEGIN DSA PRIVATE KEY-----\\nAA\\n-----END DSA PRIVATE KEY-----,b",
	    "-----BEGIN DSA PRIVATE KEY-----\\nAA\\n-----END DSA PRIVATE KEY-----" },
	{ "-----BEGIN CERTIFICATE-----\nA\n" PEM, PEM },
	{ "'" PEM "'", PEM },
	{ "key=" PEM ";", PEM },
	{ PEM "\n" PEM, PEM },
	{ "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----", NULL },
	{ "-----BEGIN PUBLIC KEY-----\nA\n-----END PUBLIC KEY-----", NULL },
	{ "----BEGIN PRIVATE KEY-----\nA", NULL },
	{ "-----begin private key-----\nA", NULL },
	{ "BEGIN RSA PRIVATE KEY AND MORE TEXT", NULL },
	{ "-----END RSA PRIVATE KEY-----------", NULL },
	{ "-----BEGIN RSA private KEY-----", NULL },
	{ "-----BEGIN ", NULL },
	{ "-----BEGIN PRIVATE KE", NULL },
	{ "the PRIVATE KEY is ----- elsewhere", NULL },
	{ "", NULL },
	{ "- - - - - BEGIN PRIVATE KEY - - - - -", NULL },
};

#define AWS40 "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
static const struct row aws[] = {
	{ "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE" },
	{ "ASIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE" },
	{ "key=AKIAIOSFODNN7EXAMPLE;", "AKIAIOSFODNN7EXAMPLE" },
	{ "\"AKIAIOSFODNN7EXAMPLE\"", "AKIAIOSFODNN7EXAMPLE" },
	{ "ABIAIOSFODNN7EXAMPLE", "ABIAIOSFODNN7EXAMPLE" },
	{ "ACCAIOSFODNN7EXAMPLE", "ACCAIOSFODNN7EXAMPLE" },
	{ "A3TXIOSFODNN7EXAMPLE", "A3TXIOSFODNN7EXAMPLE" },
	{ "aws_secret_access_key=" AWS40, AWS40 },
	{ "aws_secret_access_key = \"" AWS40 "\"", AWS40 },
	{ "SecretAccessKey: " AWS40 "\n", AWS40 },
	{ "x/AKIAIOSFODNN7EXAMPLE/y", "AKIAIOSFODNN7EXAMPLE" },
	{ "secret " AWS40, AWS40 },
	{ "AKIAIOSFODNN7EXAMPL", NULL },
	{ "AKIAIOSFODNN7EXAMPLEX", NULL },
	{ "XAKIAIOSFODNN7EXAMPLE", NULL },
	{ "AKIAiosfodnn7example", NULL },
	{ AWS40, NULL },			/* nothing names it */
	{ "secret 0123456789abcdef0123456789abcdef01234567", NULL },
	{ "secret " AWS40 "A", NULL },
	{ "AKIA", NULL },
	{ "AKIAIOSFODNN7 EXAMPLE", NULL },
	{ "BKIAIOSFODNN7EXAMPLE", NULL },
	{ "secret AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL },
	{ "a3txiosfodnn7example A", NULL },
};

#define G36 "0123456789abcdefghijABCDEFGHIJ012345"
static const struct row github[] = {
	{ "ghp_" G36, "ghp_" G36 },
	{ "gho_" G36, "gho_" G36 },
	{ "ghu_" G36, "ghu_" G36 },
	{ "ghs_" G36, "ghs_" G36 },
	{ "ghr_" G36, "ghr_" G36 },
	{ "token=ghp_" G36 "\n", "ghp_" G36 },
	{ "https://ghp_" G36 "@github.com", "ghp_" G36 },
	{ "github_pat_11ABCDEFG0_abcdefghijklmnop", "github_pat_11ABCDEFG0_abcdefghijklmnop" },
	{ "\"ghp_" G36 "\"", "ghp_" G36 },
	{ "x ghp_" G36 "AB y", "ghp_" G36 "AB" },
	{ "(gho_" G36 ")", "gho_" G36 },
	{ "_ghs_" G36, "ghs_" G36 },
	{ "ghp_0123456789abcdef", NULL },
	{ "ghx_" G36, NULL },
	{ "aghp_" G36, NULL },
	{ "ghp" G36 "_", NULL },
	{ "GHP_" G36, NULL },
	{ "github_pat_short_of_it_", NULL },
	{ "gh_p" G36, NULL },
	{ "github_pub_11ABCDEFG0_abcdefghijklmnop", NULL },
	{ "ghp_0123456789 abcdefghijABCDEFGHIJ012345", NULL },
	{ "ghp-" G36 "_", NULL },
	{ "g", NULL },
	{ "ghp_0123456789abcdefghijABCDEFGHIJ01234", NULL },
};

/* Put together here, so that no scanner takes this file for a leak. */
#define XOX "xo" "x"
#define HOOKS "hooks.slack" ".com/"
static const struct row slack[] = {
	{ XOX "b-123456789012-abcdefABCDEF", XOX "b-123456789012-abcdefABCDEF" },
	{ XOX "p-123456789012-abc", XOX "p-123456789012-abc" },
	{ XOX "a-2-123456789012", XOX "a-2-123456789012" },
	{ XOX "r-123456789012-abc", XOX "r-123456789012-abc" },
	{ XOX "s-123456789012-abc", XOX "s-123456789012-abc" },
	{ "xapp-1-A012345-678901-abc", "xapp-1-A012345-678901-abc" },
	{ "t=" XOX "b-123456789012-abc;", XOX "b-123456789012-abc" },
	{ "https://" HOOKS "services/T00000000/B00000000/XXXX", HOOKS "services/T00000000/B00000000/XXXX" },
	{ HOOKS "workflows/T00000000/A00000000/1234", HOOKS "workflows/T00000000/A00000000/1234" },
	{ HOOKS "triggers/T00000000/12345678/abcd", HOOKS "triggers/T00000000/12345678/abcd" },
	{ "xoxe.xoxp-1-Mi0yLTEyMzQ1Njc4", "xoxe.xoxp-1-Mi0yLTEyMzQ1Njc4" },
	{ "\"" XOX "b-123456789012\"", XOX "b-123456789012" },
	{ XOX "b-123", NULL },
	{ XOX "z-123456789012-abc", NULL },
	{ "a" XOX "b-123456789012-abc", NULL },
	{ "XOXB-123456789012-abc", NULL },
	{ XOX "b_123456789012-abc", NULL },
	{ HOOKS "services/", NULL },
	{ HOOKS "other/T00000000/B00000000/XXXX", NULL },
	{ "slack.com/services/T00000000/B00000000", NULL },
	{ "xapp-", NULL },
	{ "xoxo-lots of love-and kisses", NULL },
	{ "x", NULL },
	{ "https://example.com/services/T00000000", NULL },
};

#define A36 "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"
static const struct row services[] = {
	{ "glpat-" "aB3dE5fG7hI9jK1lM3nO", "glpat-" "aB3dE5fG7hI9jK1lM3nO" },
	{ "t=npm_" A36 ";", "npm_" A36 },
	{ "sk_" "live_4eC39HqLyjWDarjtT1zdp7dc.", "sk_" "live_4eC39HqLyjWDarjtT1zdp7dc" },
	{ "123456789:" "AAbCdEfGhIjKlMnOpQrStUvWxYz01234567", "123456789:" "AAbCdEfGhIjKlMnOpQrStUvWxYz01234567" },
	{ "0123456789abcdef0123456789abcdef-us12", "0123456789abcdef0123456789abcdef-us12" },
	{ "postgresql://shop:s3cr3t!x@db/shop", "s3cr3t!x" },
	{ "api_key = 'k3abcDEF7xqrsTUV9z4b'", "k3abcDEF7xqrsTUV9z4b" },
	{ "<token>\n  k3abcDEF7xqrsTUV9z4b </token>", "k3abcDEF7xqrsTUV9z4b" },
	{ "(\"SECRET\", \"k3abcDEF7xqrsTUV9z4b\")", "k3abcDEF7xqrsTUV9z4b" },
	{ "Authorization: Bearer k3abcDEF7xqrsTUV9z4b", "k3abcDEF7xqrsTUV9z4b" },
	{ "npm_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL },
	{ "npm_" "short", NULL },
	{ "anpm_" A36, NULL },
	{ "token = next_page_token(1, 2, 3)", NULL },
	{ "('passwd', 'x'), ('y', '+81-12-3456-7890')", NULL },	/* another row's */
	{ "password: ****************", NULL },
	{ "secret=/usr/share/doc/k3a7x9z4b1c2", NULL },
	{ "name = k3abcDEF7xqrsTUV9z4b", NULL },
	{ "https://example.com/a:b@c", NULL },
	{ "sk-", NULL },
	{ "1234567890123456", NULL },
};

static const struct row nationals[] = {
	/* 29 February only where the year has one; a foreigner's check digit in Korea; provinces in Thailand. */
	{ "7302294335271", NULL },
	{ "0002294321191", "0002294321191" },
	{ "960121-5074125", "960121-5074125" },
	{ "9601215074125", "9601215074125" },
	{ "thai id 3456789012347", "3456789012347" },
	{ "thai id 1284567890124", NULL },
	{ "thai id 1999567890124", NULL },
	{ "kods 160175-11058", "160175-11058" },
	{ "kods 328451-23093", "328451-23093" },
	{ "kods 160175-11059", NULL },
	{ "DNI 12345678Z", "12345678Z" }, { "55555555-K", "55555555-K" }, { "X9613851N", "X9613851N" },
	{ "RSSMRA85T10A562S", "RSSMRA85T10A562S" }, { "pesel 44051401359.", "44051401359" },
	{ "010594Y9032", "010594Y9032" }, { "131052-308T", "131052-308T" }, { "401-023-2137", "401-023-2137" },
	{ "960121-1021413", "960121-1021413" }, { "10000000146", "10000000146" }, { "529.982.247-25", "529.982.247-25" },
	{ "11010519491231002X", "11010519491231002X" }, { "756.9217.0769.85", "756.9217.0769.85" },
	{ "8001015009087", "8001015009087" }, { "AB 12 34 56 C", "AB 12 34 56 C" }, { "M4332674T", "M4332674T" },
	{ "BSN 111222333", "111222333" }, { "1EG4-TE5-MK73", "1EG4-TE5-MK73" }, { "A123456789", "A123456789" },
	{ "12345678A", NULL }, { "44051401358", NULL }, { "111222333", NULL }, { "12345678901", NULL },
	{ "960121-9021413", NULL }, { "112345678Z", NULL }, { "12345678Zx", NULL }, { "2024-01-15 10:30:00", NULL },
	{ "GB 12 34 56 C", NULL }, { "", NULL },
};

static const struct row vats[] = {
	{ "RO759494", "RO759494" },
	{ "HR03348008808", "HR03348008808" },
	{ "GR742353605", "GR742353605" },
	{ "LV16017511058", "LV16017511058" },
	{ "LV16017511059", NULL },
	{ "LV17320984115", NULL },
	{ "MT57909090", NULL },
	{ "PT450123456", "PT450123456" },
	{ "PT406123454", NULL },
	{ "ESO92199231", NULL },
	{ "DE136695976", "DE136695976" }, { "ATU13585627", "ATU13585627" }, { "BE 0428.759.497", "BE 0428.759.497" },
	{ "FR40303265045", "FR40303265045" }, { "IT00743110157", "IT00743110157" }, { "NL004495445B01", "NL004495445B01" },
	{ "PL8567346215", "PL8567346215" }, { "SE123456789701", "SE123456789701" }, { "ESA13585625", "ESA13585625" },
	{ "GB980780684", "GB980780684" }, { "DK13585628", "DK13585628" }, { "FI20774740", "FI20774740" },
	{ "EL094259216", "EL094259216" }, { "HU12892312", "HU12892312" }, { "LU15027442", "LU15027442" },
	{ "DE136695977", NULL }, { "de136695976", NULL }, { "XDE136695976", NULL }, { "DE1366959761", NULL }, { "DE 1", NULL },
};

static const struct row bics[] = {
	{ "DEUTDEFF500", "DEUTDEFF500" }, { "BIC: DEUTDEFF", "DEUTDEFF" }, { "SWIFT NEDSZAJJXXX", "NEDSZAJJXXX" },
	{ "DEUTDEFFXXX", "DEUTDEFFXXX" }, { "x BNPAFR2P y", "BNPAFR2P" },
	{ "CUSTOMER", NULL }, { "deutdeff500", NULL }, { "DEUTXXFF500", NULL }, { "DEUTDEFF50", NULL }, { "1DEUTDEFF500", NULL },
};

static const struct row coins[] = {
	{ "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa" },
	{ "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy" },
	{ "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq" },
	{ "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0" },
	{ "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed" },
	{ "0xde709f2102306220921060314715629080e2fb77", "0xde709f2102306220921060314715629080e2fb77" },
	{ "to rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh now", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh" },
	{ "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", NULL },
	{ "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdp", NULL },
	{ "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed", NULL },	/* a capital is wrong: EIP-55 */
	{ "0x1234567890123456789012345678901234567890", NULL },	/* a number */
	{ "a1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", NULL },
};

/* The same in the digits and blanks of others: a hit is of the text as it was. */
static const struct row scripts[] = {
	{ "\xef\xbc\x94\xef\xbc\x91\xef\xbc\x91\xef\xbc\x91 1111 1111 1111", "\xef\xbc\x94\xef\xbc\x91\xef\xbc\x91\xef\xbc\x91 1111 1111 1111" },
	{ "4111\xc2\xa0" "1111\xc2\xa0" "1111\xc2\xa0" "1111", "4111\xc2\xa0" "1111\xc2\xa0" "1111\xc2\xa0" "1111" },
	{ "4111\xe2\x80\x91" "1111\xe2\x80\x91" "1111\xe2\x80\x91" "1111", "4111\xe2\x80\x91" "1111\xe2\x80\x91" "1111\xe2\x80\x91" "1111" },
	{ "4111\xe2\x80\x8b" "111111111111", "4111\xe2\x80\x8b" "111111111111" },
	{ "\xd9\xa4\xd9\xa1\xd9\xa1\xd9\xa1" "111111111111!", "\xd9\xa4\xd9\xa1\xd9\xa1\xd9\xa1" "111111111111" },
	{ "\xc3\xa9 4111111111111111", "4111111111111111" },
	{ "\xd9\xa4\xd9\xa1\xd9\xa1", NULL },
};

static const struct {
	const char *name;
	enum view_detector detector;
	const struct row *rows;
	size_t count;
} tables[] = {
	{ "card", DETECT_CARD, cards, COUNT(cards) },
	{ "ssn", DETECT_SSN, ssns, COUNT(ssns) },
	{ "email", DETECT_EMAIL, emails, COUNT(emails) },
	{ "phone", DETECT_PHONE, phones, COUNT(phones) },
	{ "iban", DETECT_IBAN, ibans, COUNT(ibans) },
	{ "ip", DETECT_IP, addresses, COUNT(addresses) },
	{ "jwt", DETECT_JWT, tokens, COUNT(tokens) },
	{ "private key", DETECT_PRIVATE_KEY, keys, COUNT(keys) },
	{ "aws", DETECT_AWS, aws, COUNT(aws) },
	{ "github", DETECT_GITHUB, github, COUNT(github) },
	{ "slack", DETECT_SLACK, slack, COUNT(slack) },
	{ "token", DETECT_TOKEN, services, COUNT(services) },
	{ "national id", DETECT_NATIONAL_ID, nationals, COUNT(nationals) },
	{ "vat", DETECT_VAT, vats, COUNT(vats) },
	{ "bic", DETECT_BIC, bics, COUNT(bics) },
	{ "crypto", DETECT_CRYPTO, coins, COUNT(coins) },
	{ "scripts", DETECT_CARD, scripts, COUNT(scripts) },
};

/* Whatever is cut off, a hit lies within what is left. */
static void
every_prefix(enum view_detector detector, struct span text)
{
	struct span cliff = on_cliff(text);
	size_t at, n;

	for (size_t i = 0; i <= text.n; i++) {
		struct span head = span_of(cliff.p + cliff.n - i, i);

		memmove((uint8_t *)head.p, text.p, i);
		if (mask_detect(detector, head, &at, &n))
			CHECK(n > 0 && at <= head.n && n <= head.n - at);
	}
}

/* Noise of the bytes that matter: no crash, hits contained, and what the
 * prefilter rules out is indeed no hit. */
static void
noise(void)
{
	static const char letters[] = "0123456789 -.@:+/_aAzZeyJghpxob=()\n\"\\,{}\0\xc3\xa9\xff";
	uint8_t room[200];

	srandom(1);
	for (int round = 0; round < 60000; round++) {
		size_t n = (size_t)random() % sizeof(room), at, length;
		struct span text = span_of(room, n);
		struct mask_class class;

		for (size_t i = 0; i < n; i++)
			room[i] = (uint8_t)letters[(size_t)random() % (sizeof(letters) - 1)];
		class = mask_class_of(text);
		for (unsigned int d = 0; d < DETECT_PATTERN; d++) {
			struct mask_hit hit;
			bool found = mask_find(d, text, 0, &hit);

			if (found && !(hit.n && hit.at < n && hit.n <= n - hit.at))
				CHECK(!"contained");
			if (found && !mask_class_filter(&class, 1u << d))
				CHECK(!"prefilter");
			if (found != mask_detect(d, text, &at, &length))
				CHECK(!"same");
		}
	}
}

static void
utf8(void)
{
	CHECK(utf8_is_valid(SPAN("")));
	CHECK(utf8_is_valid(SPAN("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")));
	CHECK(!utf8_is_valid(SPAN("\xc3")));
	CHECK(!utf8_is_valid(SPAN("\xc0\x80")));
	CHECK(!utf8_is_valid(SPAN("\xed\xa0\x80")));
	CHECK(!utf8_is_valid(SPAN("\xf4\x90\x80\x80")));
	CHECK(!utf8_is_valid(SPAN("\xe2\x82")));
	CHECK(!utf8_is_valid(SPAN("\x80")));
}

int
main(void)
{
	for (size_t t = 0; t < COUNT(tables); t++) {
		for (size_t i = 0; i < tables[t].count; i++) {
			const struct row *row = &tables[t].rows[i];
			struct span text = on_cliff(span_text(row->text));
			size_t at = 0, n = 0;
			bool found = mask_detect(tables[t].detector, text, &at, &n);

			CHECK_ROW(row->text, found == (row->hit != NULL));
			if (found && row->hit)
				CHECK_ROW(row->text, span_is(span_of(text.p + at, n), row->hit));
			every_prefix(tables[t].detector, text);
		}
	}
	utf8();
	noise();
	return check_end();
}
