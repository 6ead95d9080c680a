/*
 * http1-written: what the HTTP/1.1 codec writes: http1-written FILE...
 * Each file is an input of tests/fuzz/laws.c. For each, and for each way of playing it,
 * a line of JSON for either side: the bytes that were written, and what they mean by
 * our own reader, for another to be held against it. All in hexadecimal.
 */
#include "../fuzz/laws.c"

#define LARGEST (1 << 17)

static void
put_hex(const char *name, struct span bytes)
{
	printf("\"%s\":\"", name);
	for (size_t i = 0; i < bytes.n; i++)
		printf("%02x", bytes.p[i]);
	printf("\",");
}

static void
put_sides(struct span in, enum manner manner)
{
	static const char *const sides[] = { "answer", "request" };	/* towards the client, towards the server */
	struct relay r;
	struct span written[WIRE_SIDES];

	run(&r, in, manner);
	for (int i = 0; i < WIRE_SIDES; i++)
		written[i] = arena_copy(r.arena, out_view(&r.to[i]));
	unframe(&r);
	for (int i = 0; i < WIRE_SIDES; i++) {
		printf("{");
		put_hex("written", written[i]);
		put_hex("means", out_view(&r.to[i]));
		printf("\"heads\":\"%.*s\",\"side\":\"%s\"}\n", (int)r.head_count, r.heads, sides[i]);
	}
	relay_close(&r);
}

int
main(int argc, char **argv)
{
	static uint8_t bytes[LARGEST];

	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "r");
		size_t n = file ? fread(bytes, 1, sizeof(bytes), file) : 0;

		if (!file)
			return perror(argv[i]), 1;
		fclose(file);
		if (n < 3)
			continue;
		bytes[0] = 2;	/* whatever it was made for */
		put_sides(span_of(bytes, n), WHOLE);
		put_sides(span_of(bytes, n), MASKED);
	}
	return 0;
}
