/* md5.h: PostgreSQL's answer to AuthenticationMD5Password. Pure. */
#ifndef VAULT_MD5_H
#define VAULT_MD5_H

#include "span.h"

#define MD5_SALT 4
#define MD5_PROOF 35	/* "md5" and 32 hexadecimal digits */

/* Write MD5_PROOF characters and a NUL: "md5" + md5(md5(password + role) + salt).
 * Returns 0, -EINVAL (salt of another size) or -EIO (no MD5 in this OpenSSL, or no memory). */
int md5_prove(struct span password, struct span role, struct span salt,
    char proof[MD5_PROOF + 1]);

#endif
