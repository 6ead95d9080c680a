/* run.h: `interlock run`, in a file of its own because it lives as long as the command. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

struct instance;

#define RUN_USAGE "run --skill NAME [--net=host|skill] -- COMMAND…"
int cli_run(const struct instance *, int argc, char **argv);

#endif
