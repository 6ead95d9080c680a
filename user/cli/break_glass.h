/* break_glass.h: `interlock release --break-glass`: let skills go for a time, whatever state the daemon is in. */
#ifndef CLI_BREAK_GLASS_H
#define CLI_BREAK_GLASS_H

struct instance;

#define BREAK_GLASS_USAGE "release --break-glass (--for 15m --reason TEXT [--yes] | --end)"
int cli_break_glass(const struct instance *, int argc, char **argv);

#endif
