/* upgrade.h: `interlock upgrade`: go over to the programs that are installed now, newer or older. */
#ifndef CLI_UPGRADE_H
#define CLI_UPGRADE_H

struct instance;

#define UPGRADE_USAGE "upgrade [--expect]"
int cli_upgrade(const struct instance *, int argc, char **argv);

#endif
