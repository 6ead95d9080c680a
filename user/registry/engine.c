/*
 * engine.c: what the engine above the runtime knows of a container.
 *   podman    the bundle is STORE/DRIVER-containers/ID/userdata. Beside it lies
 *             containers.json with names and image, in STORE/DRIVER-images
 *             images.json with digests, and the image's configuration with its labels
 *   Docker    /var/lib/docker/containers/ID/config.v2.json
 *   CRI       annotations of the bundle: io.kubernetes.cri.* by containerd,
 *             io.kubernetes.cri-o.* and io.kubernetes.container.* by CRI-O
 * The annotations are those of the bundle's config.json, of which the OCI runtime
 * specification says the form. The labels that podman gives to a container, not
 * to its image, are in its database only, and are not seen here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/must.h"
#include "out.h"
#include "registry/own.h"

#define BUNDLE_MOST (4u << 20)
#define STORE_MOST (64u << 20)	/* of all containers or images of a store */
#define IMAGE_MOST (4u << 20)
#define FOLDER_CONTAINERS "-containers"

static void
json_free(json_t **json)
{
	json_decref(*json);
}

static void
add_texts(json_t *to, const json_t *from)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)from, name, value)
		if (json_is_string(value) && !json_object_get(to, name))
			json_object_set(to, name, value);
}

/* A digest in one form: "sha256:" and hex. */
static void
put_digest(char into[REGISTRY_TEXT], const char *digest)
{
	if (*digest && strlen(digest) < REGISTRY_TEXT - 8)
		snprintf(into, REGISTRY_TEXT, "%s%s", strchr(digest, ':') ? "" : "sha256:", digest);
}

static int
read_annotations(struct container *c)
{
	json_t *config cleanup(json_free) = NULL;
	char path[REGISTRY_PATH + 16];
	int r;

	snprintf(path, sizeof(path), "%s/config.json", c->bundle);
	r = file_object(path, BUNDLE_MOST, &config);
	if (r == 0)
		add_texts(c->annotations, json_object_get(config, "annotations"));
	return r;
}

/* ---- podman -------------------------------------------------------------------- */

/* Where a store's own part of the bundle's path ends: "STORE/DRIVER". 0: no store's. */
static size_t
store_of(const struct container *c)
{
	size_t n = strlen(c->bundle), id = strlen(c->id);
	char tail[REGISTRY_ID + 32];
	size_t tail_size;

	snprintf(tail, sizeof(tail), FOLDER_CONTAINERS "/%s/userdata", c->id);
	tail_size = strlen(tail);
	if (id == 0 || n <= tail_size || strcmp(c->bundle + n - tail_size, tail) != 0)
		return 0;
	return n - tail_size;
}

static json_t *
find_by_id(json_t *list, const char *id)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *one = json_array_get(list, i);

		if (strcmp(file_text(one, "id"), id) == 0)
			return one;
	}
	return NULL;
}

/* The image's labels, from its configuration: a file of the store that is called
 * after the base 64 of its digest. */
static void
read_image_labels(struct container *c, const char *store, const char *image)
{
	struct out name cleanup(out_free) = out_new(512);
	json_t *config cleanup(json_free) = NULL;
	char path[2 * REGISTRY_PATH];

	base64_write(&name, span_text(c->image_id));
	out_u8(&name, '\0');
	if (name.failed || !registry_is_id(image))
		return;
	snprintf(path, sizeof(path), "%s-images/%s/=%s", store, image, (const char *)name.p);
	if (file_object(path, IMAGE_MOST, &config) == 0)
		add_texts(c->labels, json_object_get(json_object_get(config, "config"), "Labels"));
}

/* Podman may write its lists anew while we read: what cannot be read is not known. */
static void
read_image(struct container *c, const char *store, const char *image)
{
	json_t *images cleanup(json_free) = NULL;
	char path[REGISTRY_PATH + 64];
	const json_t *one;

	snprintf(path, sizeof(path), "%s-images/images.json", store);
	put_digest(c->image_id, image);
	if (file_document(path, STORE_MOST, &images) < 0)
		return;
	one = find_by_id(images, image);
	put_digest(c->digest, file_text(one, "digest"));
	read_image_labels(c, store, image);
}

static void
read_store(struct container *c, size_t store_size)
{
	json_t *list cleanup(json_free) = NULL, *about cleanup(json_free) = NULL;
	char store[REGISTRY_PATH], path[REGISTRY_PATH + 64];
	const json_t *one;

	snprintf(store, sizeof(store), "%.*s", (int)store_size, c->bundle);
	snprintf(path, sizeof(path), "%s" FOLDER_CONTAINERS "/containers.json", store);
	if (file_document(path, STORE_MOST, &list) < 0)
		return;
	one = find_by_id(list, c->id);
	about = json_loads(file_text(one, "metadata"), JSON_REJECT_DUPLICATES, NULL);
	file_copy(c->name, sizeof(c->name), file_text(about, "name"));
	file_copy(c->image, sizeof(c->image), file_text(about, "image-name"));
	read_image(c, store, file_text(one, "image"));
}

/* ---- Docker ------------------------------------------------------------------------ */

static void
read_docker(const char *root, struct container *c)
{
	json_t *about cleanup(json_free) = NULL;
	char path[REGISTRY_PATH + REGISTRY_ID];
	const char *name;
	const json_t *config;

	snprintf(path, sizeof(path), "%s/var/lib/docker/containers/%s/config.v2.json", root, c->id);
	if (file_object(path, IMAGE_MOST, &about) < 0)
		return;
	name = file_text(about, "Name");
	config = json_object_get(about, "Config");
	file_copy(c->name, sizeof(c->name), *name == '/' ? name + 1 : name);
	file_copy(c->image, sizeof(c->image), file_text(config, "Image"));
	put_digest(c->image_id, file_text(about, "Image"));
	add_texts(c->labels, json_object_get(config, "Labels"));
}

/* ---- Kubernetes -------------------------------------------------------------------- */

static void
first_of(const struct container *c, const char *const *names, char into[REGISTRY_TEXT])
{
	for (; *names && !*into; names++)
		file_copy(into, REGISTRY_TEXT, file_text(c->annotations, *names));
}

static void
read_cri(struct container *c)
{
	static const char *const names[] = { "io.kubernetes.cri.container-name",
		"io.kubernetes.container.name", NULL };
	static const char *const images[] = { "io.kubernetes.cri.image-name",
		"io.kubernetes.cri-o.ImageName", NULL };
	const char *digest;

	first_of(c, names, c->name);
	first_of(c, images, c->image);
	digest = strstr(c->image, "@sha256:");
	if (digest && !*c->digest)
		put_digest(c->digest, digest + 1);
	if (!*c->image_id)
		put_digest(c->image_id, file_text(c->annotations, "io.kubernetes.cri-o.ImageRef"));
}

int
engine_describe(const char *root, struct container *c)
{
	size_t store = store_of(c);
	int r = read_annotations(c);

	if (r < 0)
		return r;
	if (store)
		read_store(c, store);
	else
		read_docker(root, c);
	read_cri(c);
	return 0;
}
