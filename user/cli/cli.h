/*
 * cli.h: the verbs of the command `interlock`, one file each.
 * Exit codes (settled here once): 0 done; 1 no (a denied request, a check that
 * found faults, a ledger that is wrong); 2 wrong usage; 3 the daemon cannot be
 * reached; 4 not permitted; 5 anything else that failed. `run` gives the
 * command's own code, or 128 + signal. Errors go to standard error, begin with
 * "interlock: ", say what to do next. --json prints one document (or one a line).
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/instance.h"

enum cli_exit {
	CLI_OK, CLI_NO, CLI_USAGE, CLI_DAEMON, CLI_PERMISSION, CLI_FAILED,
	CLI_NO_EXECUTION = 126, CLI_NO_COMMAND = 127,	/* of run, as a shell has them */
};

struct cli_verb {
	const char *name;
	int (*run)(const struct instance *, int argc, char **argv);	/* argv[0] is the verb */
	const char *usage;	/* "holds [--watch] [--json]" */
	const char *what;	/* one line */
};

/* Group of verbs, ended by a NULL name. Each lives in its own file. */
extern const struct cli_verb cli_skill_verbs[];	/* run attach detach trust oci-hook stop status watch skill doctor */
extern const struct cli_verb cli_hold_verbs[];		/* holds show approve deny */
extern const struct cli_verb cli_policy_verbs[];	/* policy (check explain test), reload, secret */
extern const struct cli_verb cli_ledger_verbs[];	/* sessions replay verify why */

#endif
