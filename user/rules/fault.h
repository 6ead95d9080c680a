/*
 * fault.h: what is wrong with a policy, and where.
 * Every fault has file, line and column, says what was found and what was
 * expected, and all of them are told in one pass, at most FAULTS_MAX. A warning
 * stands in the same list but does not refuse the policy. Pure.
 */
#ifndef RULES_FAULT_H
#define RULES_FAULT_H

#include <stdbool.h>
#include <stddef.h>

#define FAULTS_MAX 100
#define FAULT_FILE_SIZE 128
#define FAULT_TEXT_SIZE 384

/* A spot in a file; lines and columns count from 1, 0 is the file itself. */
struct place {
	const char *file;
	unsigned int line, column;
};

struct fault {
	char file[FAULT_FILE_SIZE];
	unsigned int line, column;
	bool is_warning;
	char text[FAULT_TEXT_SIZE];
};

struct faults {
	struct fault v[FAULTS_MAX];
	size_t count;		/* of v */
	size_t errors;		/* faults in all, those left out too */
	size_t left_out;	/* faults and warnings that found no room */
};

void fault_add(struct faults *, struct place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void fault_warn(struct faults *, struct place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Put them in the order of file, line and column. */
void fault_sort(struct faults *);
/* The first that is not a warning, or NULL. */
const struct fault *fault_first(const struct faults *);

#endif
