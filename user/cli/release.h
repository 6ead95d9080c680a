/* release.h: `interlock release`: take the programs out of the kernel, on purpose and for the record. */
#ifndef CLI_RELEASE_H
#define CLI_RELEASE_H

struct instance;

#define RELEASE_USAGE "release [--yes] | release --break-glass (--for 15m --reason TEXT [--yes] | --end)"
int cli_release(const struct instance *, int argc, char **argv);

#endif
