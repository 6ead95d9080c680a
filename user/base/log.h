/*
 * log.h: one line per event on standard error, for the operator's journal.
 *   2026-11-22T11:05:28.123Z warning worker/0 flo-00f3k9zt2c8a4r7 message
 * Levels as in RFC 5424, lower case. Control characters and bytes that are not
 * UTF-8 are written as \xNN, so that nobody forges a line. Never a secret,
 * never the text of a statement.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "id.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Name of this process in every line; `most` is the least important level written. */
void log_open(const char *process, enum log_level most);
void log_line(enum log_level, const struct id *flow, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, NULL, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, NULL, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, NULL, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, NULL, __VA_ARGS__)

#endif
