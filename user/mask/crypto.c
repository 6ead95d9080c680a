/*
 * crypto.c: addresses of crypto currencies, each with its checksum: Base58Check (Bitcoin and
 * what descends from it, Tron, XRP with its own alphabet), Bech32 and Bech32m (BIP 173 and
 * 350, Cardano among them), and Ethereum's hex, where capitals are the checksum (EIP-55).
 */
#include "mask/inside.h"
#include "mask/keccak.h"

#include <openssl/sha.h>

#define BASE58_LEAST 25
#define BASE58_MOST 36
#define BECH32_LEAST 14
#define BECH32_MOST 120
#define PAYLOAD 25	/* version, 20 bytes of a hash, four of a checksum */

static const char bitcoin[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
static const char ripple[] = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

/* As 25 bytes, most significant first. False: a character that is none, or too large a number. */
static bool
base58_decode(const char *alphabet, const uint8_t *p, size_t n, uint8_t out[PAYLOAD])
{
	memset(out, 0, PAYLOAD);
	for (size_t i = 0; i < n; i++) {
		const char *at = p[i] ? strchr(alphabet, p[i]) : NULL;
		unsigned int carry;

		if (!at)
			return false;
		carry = (unsigned int)(at - alphabet);
		for (size_t j = PAYLOAD; j-- > 0;) {
			carry += out[j] * 58u;
			out[j] = (uint8_t)carry;
			carry >>= 8;
		}
		if (carry)
			return false;
	}
	return true;
}

static bool
passes_base58check(const char *alphabet, const uint8_t *p, size_t n)
{
	uint8_t bytes[PAYLOAD], digest[SHA256_DIGEST_LENGTH];

	if (!base58_decode(alphabet, p, n, bytes))
		return false;
	SHA256(bytes, PAYLOAD - 4, digest);
	SHA256(digest, sizeof(digest), digest);
	return !memcmp(digest, bytes + PAYLOAD - 4, 4);
}

static bool
is_base58_address(const uint8_t *p, size_t n)
{
	if (n < BASE58_LEAST || n > BASE58_MOST)
		return false;
	return passes_base58check(bitcoin, p, n) || (p[0] == 'r' && passes_base58check(ripple, p, n));
}

/* BIP 173: over the prefix, a zero, and the data; 1 for Bech32, another constant for Bech32m. */
static uint32_t
polymod(uint32_t sum, uint32_t value)
{
	static const uint32_t generator[] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3 };
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (unsigned int i = 0; i < 5; i++)
		sum ^= top >> i & 1 ? generator[i] : 0;
	return sum;
}

static bool
is_bech32(const uint8_t *p, size_t n)
{
	static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
	size_t one = 0;
	uint32_t sum = 1;

	for (size_t i = 1; i + 7 <= n && i < 12; i++)
		one = p[i] == '1' ? i : one;
	if (n < BECH32_LEAST || n > BECH32_MOST || !one)
		return false;
	for (size_t i = 0; i < one; i++) {
		if (!is_lower(p[i]))
			return false;
		sum = polymod(sum, p[i] >> 5);
	}
	sum = polymod(sum, 0);
	for (size_t i = 0; i < one; i++)
		sum = polymod(sum, p[i] & 31);
	for (size_t i = one + 1; i < n; i++) {
		const char *at = p[i] ? strchr(alphabet, p[i]) : NULL;

		if (!at)
			return false;
		sum = polymod(sum, (uint32_t)(at - alphabet));
	}
	return sum == 1 || sum == 0x2bc830a3;
}

static bool
is_hex(uint8_t c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* All letters of one case have no checksum. */
static bool
is_ethereum(const uint8_t *p, size_t n)
{
	bool has_upper = false, has_lower = false;
	uint8_t lower[40], digest[32];

	if (n != 42 || p[0] != '0' || p[1] != 'x')
		return false;
	for (size_t i = 0; i < 40; i++) {
		if (!is_hex(p[i + 2]))
			return false;
		has_upper |= is_upper(p[i + 2]);
		has_lower |= is_lower(p[i + 2]);
		lower[i] = p[i + 2] | 0x20;
	}
	if (!has_upper || !has_lower)
		return has_upper || has_lower;
	keccak_256(span_of(lower, 40), digest);
	for (size_t i = 0; i < 40; i++) {
		bool is_high = digest[i / 2] >> (i % 2 ? 0 : 4) & 8;

		if (is_letter(p[i + 2]) && is_upper(p[i + 2]) != is_high)
			return false;
	}
	return true;
}

/* Monero: 95 characters of Base58 in blocks; its checksum is over all of them. */
static bool
is_monero(const uint8_t *p, size_t n)
{
	if (n != 95 || (p[0] != '4' && p[0] != '8') || !strchr("0123456789AB", p[1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!strchr(bitcoin, p[i]))
			return false;
	return true;
}

bool
mask_find_crypto(struct span text, size_t from, struct mask_hit *hit)
{
	for (size_t at = from; at < text.n;) {
		size_t n = 0;

		while (at + n < text.n && is_word(text.p[at + n]))
			n++;
		if (n >= BECH32_LEAST && n <= BECH32_MOST && begins_word(text, at) &&
		    (is_base58_address(text.p + at, n) || is_bech32(text.p + at, n) ||
		    is_ethereum(text.p + at, n) || is_monero(text.p + at, n))) {
			*hit = (struct mask_hit){ at, n };
			return true;
		}
		at += n + 1;
	}
	return false;
}
