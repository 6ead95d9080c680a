/*
 * ip.h: one form of every address: 16 bytes in network order, IPv4 as ::ffff:a.b.c.d.
 * The same place must not have two names: what the programs look up, what the
 * policy registers and what a DNS server answers go through the same functions.
 * In the BPF and the host compile; pure.
 */
#ifndef IP_H
#define IP_H

#include "abi.h"

/* Write the four bytes of an IPv4 address as ::ffff:a.b.c.d. */
static inline __attribute__((always_inline)) void
ip_from_4(abi_u8 ip[16], const void *four)
{
	__builtin_memset(ip, 0, 10);
	ip[10] = 0xff;
	ip[11] = 0xff;
	__builtin_memcpy(ip + 12, four, 4);
}

static inline __attribute__((always_inline)) _Bool
ip_is_4(const abi_u8 ip[16])
{
	for (int i = 0; i < 10; i++) {
		if (ip[i])
			return 0;
	}
	return ip[10] == 0xff && ip[11] == 0xff;
}

/*
 * An IPv4 address inside an IPv6 one is that IPv4 address: behind NAT64's
 * well-known prefix 64:ff9b::/96 (RFC 6052), and in 6to4's 2002::/16 (RFC 3056),
 * where it is the router that everything behind it is reached by.
 */
static inline __attribute__((always_inline)) void
ip_canonical(abi_u8 ip[16])
{
	abi_u8 four[4], rest = 0;

	for (int i = 4; i < 12; i++)
		rest |= ip[i];
	if (ip[0] == 0x20 && ip[1] == 0x02)
		__builtin_memcpy(four, ip + 2, 4);
	else if (!ip[0] && ip[1] == 0x64 && ip[2] == 0xff && ip[3] == 0x9b && !rest)
		__builtin_memcpy(four, ip + 12, 4);
	else
		return;
	ip_from_4(ip, four);
}

/* As a destination, "any" (0.0.0.0, ::, ::ffff:0.0.0.0) means loopback. */
static inline __attribute__((always_inline)) void
ip_settle(abi_u8 ip[16])
{
	abi_u8 last = 0;

	for (int i = 12; i < 16; i++)
		last |= ip[i];
	if (last)
		return;
	if (ip_is_4(ip)) {
		ip[12] = 127;
		ip[15] = 1;
		return;
	}
	for (int i = 0; i < 12; i++)
		last |= ip[i];
	if (!last)
		ip[15] = 1;
}

/* 127.0.0.0/8 or ::1, of a settled address. */
static inline __attribute__((always_inline)) _Bool
ip_is_loopback(const abi_u8 ip[16])
{
	if (ip_is_4(ip))
		return ip[12] == 127;
	for (int i = 0; i < 15; i++) {
		if (ip[i])
			return 0;
	}
	return ip[15] == 1;
}

#endif
