/*
 * rules.h: policy, read from YAML and compiled into views.
 * Lives in the policy process and in `interlock policy`. Reads files: those of
 * the policy directory, /etc/passwd, bundles of CA certificates; looks at (never
 * into) the files of secrets. scripts/man/interlock-policy.5 documents all keys.
 */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/fault.h"
#include "view.h"

struct arena;

struct rules_options {
	uint32_t uid_base;	/* of the instance: who may own a secret's file */
	bool is_offline;	/* do not look at secrets, users, CA bundles or names */
};

/* A compiled policy. Text in the views lives in `arena`. */
struct rules {
	struct arena *arena;
	uint8_t digest[32];	/* SHA-256 over names and contents of the files */
	struct view_worker worker;
	struct view_loader loader;
	struct view_keeper keeper;
	struct view_broker broker;
	struct view_recorder recorder;
	struct view_resolver resolver;
};

/*
 * Read `directory`/policy.yaml and the *.yaml of policy.d/, in name order.
 * *out is then the caller's. Faults and warnings are put into *faults, sorted;
 * when there is a fault *out is unchanged. Returns 0, -EINVAL or -ENOMEM.
 */
int rules_load(struct rules **out, const char *directory,
    const struct rules_options *, struct faults *);
/* Write the epoch into every view. */
void rules_number(struct rules *, uint32_t epoch);
void rules_free(struct rules **);

#endif
