/*
 * profile.c: the profiles that ship with the product. Their text is the file
 * scripts/deploy/policy/profiles.yaml, taken in when this is compiled and read
 * like any other policy, so that people can read what a profile does.
 */
#include "rules/work.h"

__asm__(
	".section .rodata\n"
	".global rules_profile_text\n"
	"rules_profile_text:\n"
	".incbin \"scripts/deploy/policy/profiles.yaml\"\n"
	".global rules_profile_end\n"
	"rules_profile_end:\n"
	".byte 0\n"
	".previous\n");

extern const char rules_profile_text[], rules_profile_end[];

const char *const profile_words[] = {
	"none", "read-masked", "writer-held", "admin-held", NULL
};

struct span
profile_text(void)
{
	uintptr_t begin = (uintptr_t)rules_profile_text;
	uintptr_t end = (uintptr_t)rules_profile_end;

	return span_of(rules_profile_text, end - begin);
}

struct draft_duty *
profile_find(struct work *work, uint32_t profile)
{
	return list_find(&work->duties, profile_words[profile], NULL);
}
