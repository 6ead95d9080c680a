/* Secrets lie on pages that are not in core files, zeroed, and are wiped when given back: small ones share pages. */
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

/* The bytes of all `room` together. */
static size_t
sum_of(const uint8_t *p, size_t room)
{
	size_t sum = 0;

	for (size_t k = 0; k < room; k++)
		sum += p[k];
	return sum;
}

/* One of a size: zeroed, out of core files, and wiped or unmapped when it is given back. */
static void
check_size(size_t n)
{
	struct secret secret;
	uint8_t *p;

	CHECK(secret_new(&secret, n) == 0);
	CHECK(secret.n == n && secret.room > n && (uintptr_t)secret.p % 16 == 0 && secret_view(&secret).n == n);
	CHECK(sum_of(secret.p, secret.room) == 0);
	CHECK(has_flag(secret.p, " dd"));	/* MADV_DONTDUMP */
	memset(secret.p, 'x', secret.room);
	p = secret.p;
	secret_free(&secret);
	CHECK(!secret.p && !secret.n && !secret.room);
	if (n < 4096)	/* what is left is where the next free place is */
		CHECK(is_mapped(p) && sum_of(p + sizeof(void *), 256 - sizeof(void *)) == 0);
	else
		CHECK(!is_mapped(p));
	secret_free(&secret);
}

/* Many at once, of all kinds: none lies where another does, and each is zeroed when it comes again. */
static void
check_many(void)
{
	static struct secret all[3000];

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT(all); i++) {
			CHECK(secret_new(&all[i], i * 7 % 6000) == 0 && sum_of(all[i].p, all[i].room) == 0);
			memset(all[i].p, (int)(1 + i % 255), all[i].room);
		}
		for (size_t i = 0; i < COUNT(all); i++)
			CHECK(sum_of(all[i].p, all[i].room) == (1 + i % 255) * all[i].room);
		for (size_t i = 0; i < COUNT(all); i++)
			secret_free(&all[(i * 1009) % COUNT(all)]);
	}
}

int
main(void)
{
	static const size_t sizes[] = { 0, 1, 31, 255, 256, 1023, 1024, 4095, 4096, 4097, 100000 };
	struct secret empty = { 0 }, secret;

	for (int again = 0; again < 2; again++)
		for (size_t i = 0; i < COUNT(sizes); i++)
			check_size(sizes[i]);
	check_many();
	CHECK(secret_copy(&secret, on_cliff(SPAN("hunter2"))) == 0);
	CHECK(span_is(secret_view(&secret), "hunter2") && secret.p[7] == 0);
	secret_free(&secret);
	CHECK(secret_copy(&secret, span_of(NULL, 0)) == 0 && secret.n == 0 && secret.p);
	secret_free(&secret);
	CHECK(secret_new(&empty, SIZE_MAX / 2) == -ENOMEM && !empty.p);	/* unchanged */
	secret_free(&empty);
	return check_end();
}
