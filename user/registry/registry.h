/*
 * registry.h: which containers there are, from the files that runtimes keep.
 * runc and crun leave a small file for each container: its first process, when
 * that started, and the bundle it was made from. Beside the bundle its engine
 * (podman, Docker, a Kubernetes runtime) keeps what people call it and which image
 * it is. Only root writes these files, and they are read with limits; no engine
 * is asked, so none need be running. What is read may be of yesterday: whoever
 * uses a pid from here compares when it started. Lives in the loader.
 */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define REGISTRY_ID 129		/* bytes of a container's id, NUL included */
#define REGISTRY_TEXT 256	/* of its name, image and digest */
#define REGISTRY_PATH 1024
#define REGISTRY_WHY 256

struct container {
	char id[REGISTRY_ID];
	char name[REGISTRY_TEXT];	/* as people call it; empty: not known */
	char bundle[REGISTRY_PATH];
	pid_t pid;			/* its first process, */
	uint64_t ticks;			/* which started then; 0: not known */
	char image[REGISTRY_TEXT];	/* "localhost/lookup:1"; empty: not known */
	char image_id[REGISTRY_TEXT];	/* "sha256:…" of its configuration */
	char digest[REGISTRY_TEXT];	/* "sha256:…" of its manifest */
	json_t *annotations;		/* of the bundle: names to texts */
	json_t *labels;			/* of container and image: names to texts */
};

/*
 * The container meant by `text`: its whole id, or its name, or the beginning of
 * its id. `root` is put before every path ("" but in tests). Gives *out, which the
 * caller frees. -ENOENT: none; -ENOTUNIQ: more than one; or another -errno; then
 * `why` (REGISTRY_WHY bytes) says which.
 */
int registry_find(const char *root, const char *text, struct container **out, char *why);
/* A container of the pod "NAMESPACE/NAME", and the pod's uid. As registry_find(). */
int registry_find_pod(const char *root, const char *text, struct container **out,
    char uid[REGISTRY_TEXT], char *why);
/* The container of that id, when its runtime has written it down. 0, -ENOENT or another -errno. */
int registry_load(const char *root, const char *id, struct container **out);
/* One that is being created: its runtime has told us what it is. 0 or -errno. */
int registry_created(const char *root, const char *id, const char *bundle, pid_t,
    struct container **out);
void registry_free(struct container **);

/* Is it a text of a container's id: hex digits, letters and "_.-", no path? */
bool registry_is_id(const char *text);

#endif
