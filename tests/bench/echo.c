/*
 * echo.c (bench): what it costs to look through an answer for a lent secret in all its forms, in pieces of 16 KiB,
 * against the C library's memmem() for the nine plain ones of them alone, in the same run. Prints megabytes a second and
 * the ratio, p50 and p99 over rounds.
 *   bench echo: JSON       1332 MB/s (p99 74)  memmem x 9   2375 MB/s (p99 84)  ratio 0.6
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/base64.h"
#include "inject/echo.h"
#include "inject/percent.h"
#include "out.h"

#define BYTES (1u << 20)
#define PIECE 16384
#define ROUNDS 101
#define SECRET "ghp_wJalrXUtnFEMI7K7MDENGbPxRfiCYEXAMPLE"

static struct out marks[9];
static struct inject_marks *forms;
static uint64_t found;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The plain forms, for the peer. */
static void
prepare(void)
{
	if (inject_marks_new(&forms) || inject_marks_add(forms, SPAN(SECRET)))
		exit(1);
	for (size_t i = 0; i < COUNT(marks); i++)
		marks[i] = out_new(256);
	out_span(&marks[0], SPAN(SECRET));
	inject_hex_write(&marks[1], SPAN(SECRET));
	inject_hex_write(&marks[2], SPAN(SECRET));
	for (size_t i = 0; i < marks[2].n; i++)
		marks[2].p[i] -= marks[2].p[i] >= 'a' ? 'a' - 'A' : 0;
	for (size_t i = 0; i < 6; i++) {
		struct out text = out_new(256), whole = out_new(256);

		out_zero(&text, i % 3);
		out_span(&text, SPAN(SECRET));
		base64_write(&whole, out_view(&text));
		out_span(&marks[3 + i], span_of(whole.p + 4, whole.n - 8));
		for (size_t k = 0; i > 2 && k < marks[3 + i].n; k++)
			marks[3 + i].p[k] = marks[3 + i].p[k] == '+' ? '-' : marks[3 + i].p[k] == '/' ? '_' : marks[3 + i].p[k];
		out_free(&text);
		out_free(&whole);
	}
}

static void
ours(struct span text, struct out *to)
{
	struct inject_echo *echo = NULL;

	if (inject_echo_new(&echo, forms))
		exit(1);
	for (size_t at = 0; at < text.n; at += PIECE) {
		out_clear(to);
		if (!inject_echo_put(echo, span_head(span_skip(text, at), PIECE), at + PIECE >= text.n, to))
			exit(1);
	}
	found += inject_echo_hits(echo);
	inject_echo_free(&echo);
}

static void
peer(struct span text, struct out *to)
{
	for (size_t at = 0; at < text.n; at += PIECE) {
		struct span piece = span_head(span_skip(text, at), PIECE);

		out_clear(to);
		for (size_t i = 0; i < COUNT(marks); i++)
			found += memmem(piece.p, piece.n, marks[i].p, marks[i].n) != NULL;
		out_span(to, piece);	/* as ours does */
	}
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Megabytes a second of each round, sorted. */
static void
measure(void (*run)(struct span, struct out *), struct span text, double out[ROUNDS])
{
	struct out to = out_new(2 * PIECE);

	for (size_t i = 0; i < ROUNDS; i++) {
		double from = now();

		run(text, &to);
		out[i] = (double)text.n / 1e6 / (now() - from);
	}
	out_free(&to);
	qsort(out, ROUNDS, sizeof(*out), compare);
}

static void
bench(const char *name, struct span text)
{
	double mine[ROUNDS], theirs[ROUNDS];

	measure(ours, text, mine);
	measure(peer, text, theirs);
	printf("bench echo: %-8s %6.0f MB/s (p99 %.0f)  memmem x 9 %6.0f MB/s (p99 %.0f)  ratio %.1f\n", name,
	    mine[ROUNDS / 2], mine[ROUNDS / 100], theirs[ROUNDS / 2], theirs[ROUNDS / 100],
	    mine[ROUNDS / 2] / theirs[ROUNDS / 2]);
}

int
main(void)
{
	struct out json = out_new(BYTES + 4096), base64 = out_new(2 * BYTES), random_bytes = out_new(BYTES);

	prepare();
	srandom(7);
	for (unsigned int i = 0; json.n < BYTES; i++)
		out_printf(&json, "{\"id\": %u, \"name\": \"customer %ld\", \"path\": \"\\/a\\/b\", \"note\": \"a 100%% plain & simple text\"},\n",
		    i, random());
	while (random_bytes.n < BYTES / 4 * 3)
		out_u8(&random_bytes, (uint8_t)random());
	base64_write(&base64, out_view(&random_bytes));
	if (json.failed || base64.failed)
		return 1;
	bench("JSON", out_view(&json));
	bench("base 64", out_view(&base64));
	bench("bytes", out_view(&random_bytes));
	out_free(&json);
	out_free(&base64);
	out_free(&random_bytes);
	for (size_t i = 0; i < COUNT(marks); i++)
		out_free(&marks[i]);
	inject_marks_free(&forms);
	return found != 0;
}
