/* log.c: format one line and write it with one system call. syscalls: write clock_gettime */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"

#define LINE_SIZE 1024
#define PROCESS_SIZE 24

static char process_name[PROCESS_SIZE] = "interlock";
static enum log_level most_level = LOG_LEVEL_INFO;
static const char *const levels[] = { "error", "warning", "info", "debug" };

void
log_open(const char *process, enum log_level most)
{
	snprintf(process_name, sizeof(process_name), "%s", process);
	most_level = most;
	tzset();	/* reads a file: now, not behind a filter */
}

/* Bytes of the character at p that may stand in a line: not a control, C1 included. */
static size_t
printable(const uint8_t *p, size_t n)
{
	size_t length = utf8_length(span_of(p, n));

	if (length == 1 && (p[0] < 0x20 || p[0] == 0x7f))
		return 0;
	return length == 2 && p[0] == 0xc2 && p[1] < 0xa0 ? 0 : length;
}

static size_t
escape(const char *in, char *out, size_t room)
{
	size_t left = strlen(in), n = 0;
	const uint8_t *p = (const uint8_t *)in;

	while (left && n + 5 < room) {
		size_t length = printable(p, left);

		if (length) {
			memcpy(out + n, p, length);
			n += length;
		} else {
			length = 1;
			n += (size_t)snprintf(out + n, room - n, "\\x%02x", *p);
		}
		p += length;
		left -= length;
	}
	return n;
}

static size_t
stamp(char *line, size_t room)
{
	uint64_t now = clock_wall();
	time_t seconds = (time_t)(now / SECOND_NS);
	struct tm tm;
	size_t n;

	gmtime_r(&seconds, &tm);
	n = strftime(line, room, "%Y-%m-%dT%H:%M:%S", &tm);
	return n + (size_t)snprintf(line + n, room - n, ".%03uZ",
	    (unsigned int)(now / MILLISECOND_NS % 1000));
}

void
log_line(enum log_level level, const struct id *flow, const char *format, ...)
{
	char message[LINE_SIZE], line[LINE_SIZE + 256], id[ID_TEXT_SIZE];
	va_list args;
	size_t n;

	if (level > most_level)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	n = stamp(line, sizeof(line));
	n += (size_t)snprintf(line + n, sizeof(line) - n, " %s %s %s ",
	    levels[level], process_name,
	    flow && id_is_set(flow) ? id_format(flow, id) : "-");
	n += escape(message, line + n, sizeof(line) - n - 1);
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		return;	/* nowhere left to say it */
}
