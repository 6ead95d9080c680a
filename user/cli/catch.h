/* catch.h: `interlock catch`: put the programs into the kernel before the daemon serves. */
#ifndef CLI_CATCH_H
#define CLI_CATCH_H

struct instance;

#define CATCH_USAGE "catch"
int cli_catch(const struct instance *, int argc, char **argv);

#endif
