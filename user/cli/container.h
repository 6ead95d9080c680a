/* container.h: the verbs that are about containers: what a runtime calls, and trust. */
#ifndef CLI_CONTAINER_H
#define CLI_CONTAINER_H

#include <jansson.h>

#include "span.h"

struct instance;

#define OCI_HOOK_USAGE "oci-hook <STATE | oci-hook --into BUNDLE"
#define TRUST_USAGE "trust --container NAME|ID [--undo]"
int cli_oci_hook(const struct instance *, int argc, char **argv);
int cli_trust(const struct instance *, int argc, char **argv);

/*
 * Read the state that a runtime gives its hooks (OCI runtime specification, "State")
 * and make the daemon's request of it, which the caller frees. NULL, and `why` is a
 * sentence: it is not one, or not of a container that is being created. Pure.
 */
json_t *hook_read(struct span text, const char **why);
/*
 * Add a createRuntime hook that runs `path` to a bundle's configuration, unless it is
 * there. `environment` is "NAME=VALUE", or NULL. False: it has hooks of another form.
 */
bool hook_add(json_t *config, const char *path, const char *environment);

#endif
