/* Secrets lie on pages of their own, zeroed, not in core files, and gone when given back. */
#include "base/secret.h"

#include <errno.h>

#include "check.h"

/* The flags of the mapping at `p`, from /proc/self/smaps. */
static bool
has_flag(const void *p, const char *flag)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	bool here = false, found = false;
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		unsigned long from, to;

		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = (unsigned long)p >= from && (unsigned long)p < to;
		if (here && strncmp(line, "VmFlags:", 8) == 0)
			found = strstr(line, flag) != NULL;
	}
	if (file)
		fclose(file);
	return found;
}

static bool
is_mapped(void *p)
{
	unsigned char there;

	return mincore(p, 1, &there) == 0;
}

int
main(void)
{
	static const size_t sizes[] = { 0, 1, 31, 4095, 4096, 4097, 100000 };
	struct secret empty = { 0 }, secret;
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < COUNT(sizes); i++) {
		size_t sum = 0;
		uint8_t *p;

		CHECK(secret_new(&secret, sizes[i]) == 0);
		CHECK(secret.n == sizes[i] && secret.room > secret.n && secret.room % page == 0);
		CHECK((uintptr_t)secret.p % page == 0 && secret_view(&secret).n == sizes[i]);
		for (size_t k = 0; k < secret.room; k++)
			sum += secret.p[k];
		CHECK(sum == 0);
		CHECK(has_flag(secret.p, " dd"));	/* MADV_DONTDUMP */
		memset(secret.p, 'x', secret.room);
		p = secret.p;
		secret_free(&secret);
		CHECK(!secret.p && !secret.n && !secret.room && !is_mapped(p));
		secret_free(&secret);
	}
	CHECK(secret_copy(&secret, on_cliff(SPAN("hunter2"))) == 0);
	CHECK(span_is(secret_view(&secret), "hunter2") && secret.p[7] == 0);
	secret_free(&secret);
	CHECK(secret_copy(&secret, span_of(NULL, 0)) == 0 && secret.n == 0 && secret.p);
	secret_free(&secret);
	CHECK(secret_new(&empty, SIZE_MAX / 2) == -ENOMEM && !empty.p);	/* unchanged */
	secret_free(&empty);
	return check_end();
}
