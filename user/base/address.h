/*
 * address.h: addresses as text, the ranges they lie in, and what kind of place that is.
 * Everything is in the one form of ip.h. Pure.
 */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct view_range;

#define ADDRESS_TEXT 46	/* INET6_ADDRSTRLEN */

/* "192.0.2.1", "2001:db8::1". False: no address; `ip` is unchanged. */
bool address_read(const char *text, uint8_t ip[16]);
/* The same back; `text` has ADDRESS_TEXT bytes and is returned. */
const char *address_text(const uint8_t ip[16], char *text);
/* "10.0.0.0/8", "fd00::/8", or an address alone. False: no range, or bits beyond its length. */
bool address_read_range(const char *text, struct view_range *out);
bool address_is_in(const uint8_t ip[16], const struct view_range *);
/* "a loopback", "a private", …: of a place that a name in DNS has no business to
 * lead to unless somebody says so. NULL: an address like others. */
const char *address_kind(const uint8_t ip[16]);
/* The same where no range has it: then a name must not lead there. */
const char *address_is_barred(const uint8_t ip[16], const struct view_range *, size_t count);

#endif
