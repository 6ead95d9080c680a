/* secret_set.h: `interlock secret set`: replace a secret that the policy refers to. */
#ifndef CLI_SECRET_SET_H
#define CLI_SECRET_SET_H

#include "base/instance.h"

int secret_set(const struct instance *, int argc, char **argv);

#endif
