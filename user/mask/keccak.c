/* keccak.c: Keccak-f[1600] with a rate of 136 bytes (the Keccak reference, version 3.0). */
#include "mask/keccak.h"

#include <string.h>

#include "base/must.h"

#define RATE 136
#define ROUNDS 24

static uint64_t
turn(uint64_t x, unsigned int n)
{
	return n ? x << n | x >> (64 - n) : x;
}

/* The bit that the round constants are made of: an LFSR over x^8 + x^6 + x^5 + x^4 + 1. */
static bool
lfsr(uint8_t *state)
{
	bool bit = *state & 1;

	*state = (uint8_t)(*state & 0x80 ? *state << 1 ^ 0x71 : *state << 1);
	return bit;
}

static void
theta(uint64_t a[25])
{
	uint64_t c[5];

	for (size_t x = 0; x < 5; x++)
		c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
	for (size_t i = 0; i < 25; i++)
		a[i] ^= c[(i + 4) % 5] ^ turn(c[(i + 1) % 5], 1);
}

static void
rho_and_pi(uint64_t a[25])
{
	uint64_t lane = a[1];
	size_t x = 1, y = 0;

	for (unsigned int t = 0; t < 24; t++) {
		size_t next = (2 * x + 3 * y) % 5;
		uint64_t moved;

		x = y;
		y = next;
		moved = a[x + 5 * y];
		a[x + 5 * y] = turn(lane, (t + 1) * (t + 2) / 2 % 64);
		lane = moved;
	}
}

static void
chi(uint64_t a[25])
{
	for (size_t y = 0; y < 25; y += 5) {
		uint64_t row[5];

		memcpy(row, a + y, sizeof(row));
		for (size_t x = 0; x < 5; x++)
			a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
	}
}

static void
permute(uint64_t a[25])
{
	uint8_t state = 1;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		theta(a);
		rho_and_pi(a);
		chi(a);
		for (unsigned int j = 0; j < 7; j++)
			if (lfsr(&state))
				a[0] ^= 1ULL << ((1u << j) - 1);
	}
}

void
keccak_256(struct span in, uint8_t digest[32])
{
	uint8_t block[RATE] = { 0 };
	uint64_t a[25] = { 0 };

	must(in.n < RATE);
	if (in.n)
		memcpy(block, in.p, in.n);
	block[in.n] = 0x01;
	block[RATE - 1] |= 0x80;
	for (size_t i = 0; i < RATE; i++)
		a[i / 8] |= (uint64_t)block[i] << (i % 8 * 8);
	permute(a);
	for (size_t i = 0; i < 32; i++)
		digest[i] = (uint8_t)(a[i / 8] >> (i % 8 * 8));
}
