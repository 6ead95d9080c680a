/*
 * body.c (bench): bodies through masks, every built-in detector and some fields on, against
 * jansson reading and writing the same JSON, in the same run. Megabytes a second of processor
 * time and the ratio, p50 over rounds; for 10 KiB the time of a whole body, made and freed.
 *   bench body: json plain  512 KiB  480.0 MB/s  jansson 110.0 MB/s  ratio 4.4
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mask/body.h"
#include "mask/mask.h"

#define ROUNDS 101
#define RUN (16 * 1024)		/* bytes of a run: a record of TLS */

static const char *const fields[] = { "customer.ssn", "items[].secret", "**.password" };
static struct view_mask masks[] = {
	{ .name = "all", .pattern = "", .detectors = (1u << DETECT_PATTERN) - 1 },
	{ .name = "fields", .pattern = "", .fields = (const char **)fields, .field_count = COUNT(fields) },
};
static const struct view_worker view = { .masks = masks, .mask_count = COUNT(masks) };
static struct mask_set *set;

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Orders as an API lists them; with `dense`, three in four values are hits. */
static void
fill_json(struct out *out, size_t size, bool dense)
{
	static const char *const names[] = { "Ann Miller", "Bo Lindqvist", "Carla Espinoza", "Dieter Vogel" };
	static const char *const notes[] = {
		"Please leave the parcel with the neighbour on the left.", "Gift wrapping, no invoice in the box.",
		"Second delivery attempt; nobody was at home in the morning.", "",
	};

	out_span(out, SPAN("{\"items\":["));
	for (unsigned int i = 0; out->n < size; i++) {
		if (i)
			out_u8(out, ',');
		out_printf(out, "{\"id\":%u,\"status\":\"%s\",\"customer\":{\"name\":\"%s\",\"city\":\"Springfield\",\"since\":"
		    "\"20%02u-01-15T10:%02u:00Z\"},\"total\":%u.%02u,\"currency\":\"EUR\",\"paid\":%s,\"note\":\"%s\"",
		    10000 + i, i % 3 ? "shipped" : "pending", names[i % 4], i % 25, i % 60, i % 900, i % 100,
		    i % 2 ? "true" : "false", notes[i % 4]);
		if (dense)
			out_printf(out, ",\"card\":\"4111111111111111\",\"email\":\"someone%u@example.org\",\"phone\":"
			    "\"+1 415 555 %04u\",\"iban\":\"DE89370400440532013000\"", i, i % 10000);
		out_u8(out, '}');
	}
	out_span(out, SPAN("]}\n"));
}

static double
with_masks(enum mask_form form, struct span in, struct out *out, uint64_t *hits)
{
	static uint8_t buffer[RUN];
	struct mask_tally tally = { 0 };
	struct mask_body *body = NULL;
	double took = -now_ns();

	if (mask_body_new(&body, set, 3, form))
		exit(1);
	took += now_ns();
	while (in.n) {
		struct span run = span_of(buffer, span_head(in, RUN).n);

		memcpy(buffer, in.p, run.n);	/* as a socket is read into one buffer */
		in = span_skip(in, run.n);
		took -= now_ns();
		if (!mask_body_put(body, run, in.n == 0, out, &tally)) {
			printf("bench body: %s\n", mask_body_error(body));
			exit(1);
		}
		took += now_ns();
		out_clear(out);
	}
	took -= now_ns();
	mask_body_free(&body);
	took += now_ns();
	*hits = tally.hits[0] + tally.hits[1];
	return took;
}

static double
with_jansson(struct span in)
{
	double begin = now_ns();
	json_t *json = json_loadb((const char *)in.p, in.n, 0, NULL);
	char *text = json_dumps(json, JSON_COMPACT);
	void *volatile large;

	if (!json || !text)
		exit(1);
	free(text);
	json_decref(json);
	large = malloc(1 << 16);	/* the heap gathers what was freed now, not in the next one's time */
	free(large);
	return now_ns() - begin;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
bench(const char *what, enum mask_form form, struct span in, bool has_peer)
{
	static double ours[ROUNDS], theirs[ROUNDS];
	struct out out = out_new(1 << 24);
	uint64_t hits = 0;
	double us, rate;

	for (size_t i = 0; i < ROUNDS; i++) {	/* interleaved */
		ours[i] = with_masks(form, in, &out, &hits);
		theirs[i] = has_peer ? with_jansson(in) : 0;
	}
	qsort(ours, ROUNDS, sizeof(ours[0]), compare);
	qsort(theirs, ROUNDS, sizeof(theirs[0]), compare);
	us = ours[ROUNDS / 2] / 1e3;
	rate = (double)in.n / us;
	printf("bench body: %-12s %4zu KiB  %6.1f us p99 %.1f us  %6.1f MB/s  hits %llu", what, in.n / 1024, us,
	    ours[ROUNDS * 99 / 100] / 1e3, rate, (unsigned long long)hits);
	if (has_peer)
		printf("  jansson %.1f MB/s  ratio %.1f", (double)in.n / (theirs[ROUNDS / 2] / 1e3),
		    theirs[ROUNDS / 2] / ours[ROUNDS / 2]);
	printf("\n");
	out_free(&out);
}

static void
bench_json(const char *what, size_t size, bool dense)
{
	struct out in = out_new(1 << 24);

	fill_json(&in, size, dense);
	bench(what, MASK_FORM_JSON, out_view(&in), true);
	out_free(&in);
}

/* The same as text, a line per order, and as a table. */
static void
bench_others(void)
{
	struct out in = out_new(1 << 24);

	while (in.n < 512 * 1024)
		out_printf(&in, "10:%02zu info order %zu was shipped to the neighbour, second attempt\n", in.n % 60, in.n);
	bench("text plain", MASK_FORM_TEXT, out_view(&in), false);
	out_clear(&in);
	out_span(&in, SPAN("id,name,city,note\n"));
	while (in.n < 512 * 1024)
		out_printf(&in, "%zu,Ann Miller,Springfield,\"left, with the neighbour\"\n", in.n);
	bench("csv plain", MASK_FORM_CSV, out_view(&in), false);
	out_free(&in);
}

int
main(void)
{
	static const uint8_t keys[COUNT(masks)][MASK_KEY_SIZE];

	if (mask_set_new(&set, &view, keys))
		return 1;
	bench_json("json plain", 512 * 1024, false);
	bench_json("json dense", 512 * 1024, true);
	bench_json("json plain", 10 * 1024, false);
	bench_json("json dense", 10 * 1024, true);
	bench_others();
	mask_set_free(&set);
	return 0;
}
