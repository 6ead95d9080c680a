/* The md5 answer, against values computed by PostgreSQL's own rule elsewhere. */
#include "vault/md5.h"

#include <errno.h>

#include "check.h"

int
main(void)
{
	char proof[MD5_PROOF + 1] = "";

	/* printf '%s' "$(printf 'secretalice' | md5sum | cut -c1-32)"; then with the salt */
	CHECK(md5_prove(SPAN("secret"), SPAN("alice"), SPAN("\1\2\3\4"), proof) == 0);
	CHECK(!strcmp(proof, "md598a0412b9c31436fc53776e863350083"));
	CHECK(md5_prove(SPAN("secret"), SPAN("alice"), SPAN("\1\2\3"), proof) == -EINVAL);
	CHECK(md5_prove(SPAN("secret"), SPAN("alice"), SPAN("\1\2\3\4\5"), proof) == -EINVAL);
	CHECK(md5_prove(SPAN("secret"), SPAN("alice"), SPAN(""), proof) == -EINVAL);
	return check_end();
}
