/*
 * pattern.c: the user's own patterns. PCRE2 with JIT where the process may have
 * executable memory, interpreted where not; either way with limits on steps,
 * depth and memory. At a limit the answer is "gave up", and the caller hides
 * the whole value: a slow pattern costs data, never a leak or a stall.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "mask/inside.h"

#include <errno.h>
#include <pcre2.h>
#include <stdlib.h>

#define PATTERN_MOST 4096	/* bytes of a pattern */
#define MATCH_LIMIT 200000
#define DEPTH_LIMIT 2000
#define HEAP_LIMIT_KIB 1024
#define MEMORY_MOST (8u << 20)	/* of one pattern, all told */
#define STACK_MOST (256u << 10)

struct mask_pattern {
	size_t used;		/* bytes allocated through take_memory */
	pcre2_general_context *general;
	pcre2_match_context *match;
	pcre2_match_data *data;
	pcre2_jit_stack *stack;
	pcre2_code *code;
};

/* Each piece carries its size before it, so that the count comes down again. */
union piece {
	size_t size;
	max_align_t align;
};

static void *
take_memory(size_t n, void *arg)
{
	struct mask_pattern *pattern = arg;
	union piece *piece;

	if (n > MEMORY_MOST - pattern->used)
		return NULL;
	piece = malloc(sizeof(*piece) + n);
	if (!piece)
		return NULL;
	piece->size = n;
	pattern->used += n;
	return piece + 1;
}

static void
give_memory(void *p, void *arg)
{
	struct mask_pattern *pattern = arg;
	union piece *piece = p;

	if (!piece)
		return;
	pattern->used -= piece[-1].size;
	free(piece - 1);
}

static int
compile(struct mask_pattern *pattern, const char *text)
{
	pcre2_compile_context *context;
	PCRE2_SIZE at;
	int error;

	context = pcre2_compile_context_create(pattern->general);
	if (!context)
		return -ENOMEM;
	pcre2_set_max_pattern_length(context, PATTERN_MOST);
	pattern->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
	    PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &error, &at, context);
	pcre2_compile_context_free(context);
	return pattern->code ? 0 : -EINVAL;
}

/* What a match needs is made here, so that matching itself takes little memory. */
static int
prepare(struct mask_pattern *pattern)
{
	pattern->match = pcre2_match_context_create(pattern->general);
	pattern->data = pcre2_match_data_create(1, pattern->general);
	if (!pattern->match || !pattern->data)
		return -ENOMEM;
	pcre2_set_match_limit(pattern->match, MATCH_LIMIT);
	pcre2_set_depth_limit(pattern->match, DEPTH_LIMIT);
	pcre2_set_heap_limit(pattern->match, HEAP_LIMIT_KIB);
	if (pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE) != 0)
		return 0;	/* no executable memory: interpreted, same answers */
	pattern->stack = pcre2_jit_stack_create(32u << 10, STACK_MOST, pattern->general);
	if (pattern->stack)
		pcre2_jit_stack_assign(pattern->match, NULL, pattern->stack);
	return 0;
}

int
mask_pattern_new(struct mask_pattern **out, const char *text)
{
	struct mask_pattern *pattern = calloc(1, sizeof(*pattern));
	int status;

	if (!pattern)
		return -ENOMEM;
	pattern->general = pcre2_general_context_create(take_memory, give_memory, pattern);
	status = pattern->general ? compile(pattern, text) : -ENOMEM;
	if (!status)
		status = prepare(pattern);
	if (status) {
		mask_pattern_free(&pattern);
		return status;
	}
	*out = pattern;
	return 0;
}

void
mask_pattern_free(struct mask_pattern **p)
{
	struct mask_pattern *pattern = *p;

	*p = NULL;
	if (!pattern)
		return;
	pcre2_jit_stack_free(pattern->stack);
	pcre2_match_data_free(pattern->data);
	pcre2_match_context_free(pattern->match);
	pcre2_code_free(pattern->code);
	pcre2_general_context_free(pattern->general);
	free(pattern);
}

int
mask_pattern_find(const struct mask_pattern *pattern, struct span text, size_t from,
    struct mask_hit *hit)
{
	const PCRE2_SIZE *ends;
	int rc;

	if (from >= text.n)
		return 0;
	rc = pcre2_match(pattern->code, text.p, text.n, from,
	    PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, pattern->data, pattern->match);
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	if (rc < 0)
		return -1;
	ends = pcre2_get_ovector_pointer(pattern->data);
	if (ends[0] < from || ends[1] <= ends[0] || ends[1] > text.n)
		return -1;	/* \K can turn a match inside out */
	*hit = (struct mask_hit){ ends[0], ends[1] - ends[0] };
	return 1;
}
