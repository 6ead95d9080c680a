/*
 * verifier_test.c: what the verifier says of each program, beside what it said when
 * verifier.baseline was recorded. A program that grows by more than TOLERANCE fails,
 * and so does one that shrinks by it, since its record would hide the next growth.
 * Where that is meant:
 *   sudo build/tests/bpf/verifier_test record      (in the top folder)
 * Another kernel's verifier counts differently: there, only the limits hold.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "check.h"
#include "hooks/inside.h"

#define BASELINE "tests/bpf/verifier.baseline"
#define TOLERANCE 10		/* percent, of each number */
#define STACK_MAX 512		/* the kernel's MAX_BPF_STACK */
#define INSTRUCTIONS_MAX 20000	/* of the kernel's million */

/* Small numbers jump: so much is never a fault. */
static const struct hooks_measured slack = { .instructions = 30, .states = 8, .peak = 8, .stack = 16 };

static struct hooks_measured now[HOOKS_PROGRAMS], then[HOOKS_PROGRAMS];
static bool is_recorded[HOOKS_PROGRAMS];
static char recorded_on[64];

static const struct {
	const char *name, *log;
	struct hooks_measured want;
} logs[] = {
	{ "nothing", "", { 0 } },
	{ "as 6.18 has it", "verification time 512 usec\nstack depth 264\nprocessed 1503 insns "
	  "(limit 1000000) max_states_per_insn 4 total_states 60 peak_states 59 mark_read 12\n",
	  { 1503, 60, 59, 264, 512 } },
	{ "functions", "stack depth 64+32+8\nprocessed 7 insns (limit 1000000) max_states_per_insn 0 "
	  "total_states 1 peak_states 1 mark_read 0\n", { 7, 1, 1, 104, 0 } },
	{ "cut", "verification time 5 usec\nstack depth 16\nproc", { 0, 0, 0, 16, 5 } },
};

static void
check_reading(void)
{
	for (size_t i = 0; i < COUNT(logs); i++) {
		struct hooks_measured got = { 9, 9, 9, 9, 9 };

		hooks_measure_read(logs[i].log, &got);
		CHECK_ROW(logs[i].name, !memcmp(&got, &logs[i].want, sizeof(got)));
	}
}

/* "6.18" of "6.18.44-fc" */
static void
kernel_name(char *out, size_t size)
{
	struct utsname name;
	unsigned int major = 0, minor = 0;

	CHECK(!uname(&name) && sscanf(name.release, "%u.%u", &major, &minor) == 2);
	snprintf(out, size, "%u.%u", major, minor);
}

static void
read_line(const char *line)
{
	struct hooks_measured m = { 0 };
	char name[16];

	if (sscanf(line, "kernel %63s", recorded_on) == 1 || line[0] == '#')
		return;
	CHECK_ROW(line, sscanf(line, "%15s %u %u %u %u", name, &m.instructions, &m.states,
	    &m.peak, &m.stack) == 5);
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++) {
		if (strcmp(hooks_programs[i].name, name))
			continue;
		then[i] = m;
		is_recorded[i] = true;
		return;
	}
	CHECK_ROW("no such program, record anew", !strcmp(name, ""));
}

static void
read_baseline(void)
{
	FILE *from = fopen(BASELINE, "re");
	char line[256];

	CHECK(from != NULL);
	while (from && fgets(line, sizeof(line), from))
		read_line(line);
	if (from)
		fclose(from);
}

static int
record(const char *kernel)
{
	FILE *to = fopen(BASELINE, "we");

	if (!to) {
		fprintf(stderr, BASELINE ": %s: run it in the top folder\n", strerror(errno));
		return 1;
	}
	fputs("# verifier.baseline: of each program, as verifier_test.c records and compares it:\n"
	    "# instructions gone through, states in all, at once, bytes of stack\n", to);
	fprintf(to, "kernel %s\n", kernel);
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++)
		fprintf(to, "%-15s %6u %5u %5u %4u\n", hooks_programs[i].name,
		    now[i].instructions, now[i].states, now[i].peak, now[i].stack);
	return fclose(to) ? 1 : 0;
}

static bool
is_near(uint32_t a, uint32_t b, uint32_t free)
{
	uint32_t apart = a > b ? a - b : b - a;

	return apart <= free || (uint64_t)apart * 100 <= (uint64_t)b * TOLERANCE;
}

static bool
is_alike(const struct hooks_measured *a, const struct hooks_measured *b)
{
	return is_near(a->instructions, b->instructions, slack.instructions) &&
	    is_near(a->states, b->states, slack.states) && is_near(a->peak, b->peak, slack.peak) &&
	    is_near(a->stack, b->stack, slack.stack);
}

static void
check_programs(bool compares)
{
	printf("%-15s %13s %13s %13s %11s %6s\n", "program", "instructions", "states", "peak",
	    "stack", "us");
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++) {
		const struct hooks_measured *a = &now[i], *b = &then[i];
		const char *name = hooks_programs[i].name;

		printf("%-15s %6u %6u %6u %6u %6u %6u %5u %5u %6u\n", name, a->instructions,
		    b->instructions, a->states, b->states, a->peak, b->peak, a->stack, b->stack,
		    a->microseconds);
		CHECK_ROW(name, a->instructions && a->instructions < INSTRUCTIONS_MAX);
		CHECK_ROW(name, a->states && a->stack <= STACK_MAX);
		CHECK_ROW(name, is_recorded[i]);
		CHECK_ROW(name, !compares || is_alike(a, b));
	}
}

/* The same program has the same tag, whichever maps it was loaded with. */
static void
check_tags(const struct hooks_code *a, const struct hooks_code *b)
{
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++) {
		struct bpf_prog_info one = { 0 }, two = { 0 };
		uint32_t size = sizeof(one);

		CHECK(!bpf_obj_get_info_by_fd(a->programs[i], &one, &size));
		size = sizeof(two);
		CHECK(!bpf_obj_get_info_by_fd(b->programs[i], &two, &size));
		CHECK_ROW(hooks_programs[i].name, one.id != two.id &&
		    !memcmp(one.tag, two.tag, sizeof(one.tag)));
		CHECK_ROW(hooks_programs[i].name, one.verified_insns == now[i].instructions);
	}
}

int
main(int argc, char **argv)
{
	struct hooks_code code, again;
	char why[512] = "", kernel[32];

	if (geteuid()) {
		printf("not tested here: needs root\n");
		return 77;
	}
	check_reading();
	kernel_name(kernel, sizeof(kernel));
	CHECK(!hooks_code_measure(&code, now, why, sizeof(why)));
	CHECK_ROW(why, !why[0]);
	if (argc == 2 && !strcmp(argv[1], "record")) {
		hooks_code_free(&code);
		return record(kernel);
	}
	CHECK(!hooks_code_load(&again, NULL, why, sizeof(why)));
	read_baseline();
	if (strcmp(kernel, recorded_on))
		printf("not tested here: the record is of kernel %s, this is %s: limits only\n",
		    recorded_on, kernel);
	else
		printf("each now, and as recorded; they may differ by %d %%\n", TOLERANCE);
	check_programs(!strcmp(kernel, recorded_on));
	check_tags(&code, &again);
	hooks_code_free(&code);
	hooks_code_free(&again);
	return check_end();
}
