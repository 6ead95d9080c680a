/*
 * Containers are found from the files of their runtimes and engines, here below a
 * root of the test's own, in the forms in which runc 1.1, crun 1.8, podman 4.3, Docker
 * 24 and the Kubernetes runtimes write them. What is broken is not found, and harms
 * nothing.
 */
#include "registry/registry.h"

#include <errno.h>
#include <sys/stat.h>

#include "check.h"

#define ID1 "b1f7fb0bc3be37e358c22bdad8ae539b10dd2834e648b60114fa3fc22e265208"
#define ID2 "b1f7aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"
#define ID3 "cafe000000000000000000000000000000000000000000000000000000000003"
#define ID4 "cafe000000000000000000000000000000000000000000000000000000000004"
#define IMAGE "539055594d5605b8116b4a917805d52b54b3ef8ba4fa176087ad9f6df8e3d5e2"
#define MANIFEST "b34ae6f20695ca885f46d963d92eb37a865b0c860b410ac6f417375b710de4bb"

static char root[] = "/tmp/interlock-registry-XXXXXX";

/* A file below the root, with the folders above it; "^" in the text is the root. */
static void
put(const char *path, const char *text)
{
	char full[1024];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(full, 0755);
		*p = '/';
	}
	f = fopen(full, "w");
	for (; f && *text; text++) {
		if (*text == '^')
			fputs(root, f);
		else
			fputc(*text, f);
	}
	if (!f || fclose(f))
		abort();
}

static void
put_runc(const char *folder, const char *id, int pid, const char *bundle)
{
	char path[512], text[1024];

	snprintf(path, sizeof(path), "%s/%s/state.json", folder, id);
	snprintf(text, sizeof(text), "{\"id\":\"%s\",\"init_process_pid\":%d,\"init_process_start\":278358,"
	    "\"config\":{\"rootfs\":\"/x\",\"labels\":[\"a=b\",\"bundle=^%s\"]},\"rootless\":false}", id, pid, bundle);
	put(path, text);
}

/* podman over runc: everything is known. */
static void
make_podman(void)
{
	put_runc("/run/runc", ID1, 11, "/store/vfs-containers/" ID1 "/userdata");
	put("/store/vfs-containers/" ID1 "/userdata/config.json",
	    "{\"ociVersion\":\"1.0.2\",\"annotations\":{\"a.b\":\"c\",\"n\":7}}");
	put("/store/vfs-containers/containers.json", "[{\"id\":\"other\",\"image\":\"x\"},"
	    "{\"id\":\"" ID1 "\",\"names\":[\"foo\"],\"image\":\"" IMAGE "\",\"metadata\":"
	    "\"{\\\"image-name\\\":\\\"localhost/demo:1\\\",\\\"name\\\":\\\"foo\\\"}\"}]");
	put("/store/vfs-images/images.json", "[{\"id\":\"" IMAGE "\",\"digest\":\"sha256:" MANIFEST "\"}]");
	/* called after the base 64 of "sha256:" and its digest */
	put("/store/vfs-images/" IMAGE "/=c2hhMjU2OjUzOTA1NTU5NGQ1NjA1YjgxMTZiNGE5MTc4MDVkNTJiNTRiM2VmOGJhNGZhMTc2MDg3YWQ5ZjZkZjhlM2Q1ZTI=",
	    "{\"config\":{\"Labels\":{\"app\":\"demo\"}}}");
}

/* Docker over containerd's runc. */
static void
make_docker(void)
{
	put_runc("/run/docker/runtime-runc/moby", ID2, 12, "/task/moby/" ID2);
	put("/task/moby/" ID2 "/config.json", "{\"annotations\":{}}");
	put("/var/lib/docker/containers/" ID2 "/config.v2.json", "{\"Name\":\"/shop\",\"Image\":\"sha256:" IMAGE "\","
	    "\"Config\":{\"Image\":\"postgres:15\",\"Labels\":{\"team\":\"blue\"}}}");
}

/* A pod: its pause container under containerd, another under crun and CRI-O. */
static void
make_pods(void)
{
	put_runc("/run/containerd/runc/k8s.io", ID3, 13, "/task/k8s.io/" ID3);
	put("/task/k8s.io/" ID3 "/config.json", "{\"annotations\":{\"io.kubernetes.cri.sandbox-namespace\":\"shop\","
	    "\"io.kubernetes.cri.sandbox-name\":\"lookup\",\"io.kubernetes.cri.sandbox-uid\":\"1-2-3\","
	    "\"io.kubernetes.cri.container-name\":\"app\",\"io.kubernetes.cri.image-name\":\"reg.example/x@sha256:" MANIFEST "\"}}");
	put("/run/crun/" ID4 "/status", "{\"pid\":14,\"process-start-time\":281943,\"cgroup-path\":\"/x\","
	    "\"bundle\":\"^/crio/" ID4 "\",\"detached\":true}");
	put("/crio/" ID4 "/config.json", "{\"annotations\":{\"io.kubernetes.pod.namespace\":\"shop\","
	    "\"io.kubernetes.pod.name\":\"other\",\"io.kubernetes.pod.uid\":\"4-5-6\","
	    "\"io.kubernetes.container.name\":\"worker\",\"io.kubernetes.cri-o.ImageName\":\"reg.example/y:2\"}}");
}

/* What no runtime wrote, or has half written. */
static void
make_broken(void)
{
	put("/run/runc/broken1/state.json", "{\"init_process_pid\":");
	put("/run/runc/broken2/state.json", "[]");
	put("/run/runc/broken3/state.json", "{\"init_process_pid\":-1,\"init_process_start\":5,\"config\":{\"labels\":[\"bundle=/\"]}}");
	put("/run/runc/broken4/state.json", "{\"init_process_pid\":3,\"init_process_start\":0}");
	put("/run/runc/broken5/other", "");
	put_runc("/run/runc", "broken6", 15, "/no/bundle");
	put("/run/runc/twice/state.json", "{\"init_process_pid\":3,\"init_process_pid\":4,\"init_process_start\":5}");
}

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void
check_known(void)
{
	char why[REGISTRY_WHY];
	struct container *c = NULL;

	if (!CHECK(registry_find(root, "foo", &c, why) == 0))
		return;
	CHECK(strcmp(c->id, ID1) == 0 && c->pid == 11 && c->ticks == 278358);
	CHECK(strcmp(c->name, "foo") == 0 && strcmp(c->image, "localhost/demo:1") == 0);
	CHECK(strcmp(c->digest, "sha256:" MANIFEST) == 0 && strcmp(c->image_id, "sha256:" IMAGE) == 0);
	CHECK(strcmp(text_of(c->annotations, "a.b"), "c") == 0 && json_object_size(c->annotations) == 1);
	CHECK(strcmp(text_of(c->labels, "app"), "demo") == 0);
	registry_free(&c);
	CHECK(!c);
	if (!CHECK(registry_find(root, "shop", &c, why) == 0))
		return;
	CHECK(strcmp(c->id, ID2) == 0 && c->pid == 12 && strcmp(c->image, "postgres:15") == 0);
	CHECK(strcmp(c->image_id, "sha256:" IMAGE) == 0 && !*c->digest);
	CHECK(strcmp(text_of(c->labels, "team"), "blue") == 0);
	registry_free(&c);
}

/* By id, beginning or name; -errno otherwise, with a sentence. */
static const struct {
	const char *text;
	int error;
	const char *id;
} asked[] = {
	{ ID1, 0, ID1 }, { "b1f7f", 0, ID1 }, { "b1f7a", 0, ID2 }, { "foo", 0, ID1 },
	{ "app", 0, ID3 }, { "worker", 0, ID4 }, { "b1f7", -ENOTUNIQ, NULL },
	{ "cafe", -ENOTUNIQ, NULL }, { "", -ENOENT, NULL }, { "fo", -ENOENT, NULL },
	{ "../runc", -ENOENT, NULL }, { "broken1", -EBADMSG, NULL }, { "broken2", -EBADMSG, NULL },
	{ "broken3", -EBADMSG, NULL }, { "broken4", -EBADMSG, NULL }, { "broken5", -ENOENT, NULL },
	{ "broken6", -ENOENT, NULL }, { "twice", -EBADMSG, NULL }, { "broken", -ENOENT, NULL },
};

static void
check_asked(void)
{
	for (size_t i = 0; i < COUNT(asked); i++) {
		char why[REGISTRY_WHY] = "";
		struct container *c = NULL;
		int r = registry_find(root, asked[i].text, &c, why);

		CHECK_ROW(asked[i].text, r == asked[i].error);
		CHECK_ROW(asked[i].text, r == 0 ? c && strcmp(c->id, asked[i].id) == 0 : !c && *why);
		registry_free(&c);
	}
}

static void
check_pods(void)
{
	char why[REGISTRY_WHY], uid[REGISTRY_TEXT];
	struct container *c = NULL;

	CHECK(registry_find_pod(root, "shop/lookup", &c, uid, why) == 0 && strcmp(uid, "1-2-3") == 0);
	CHECK(c && c->pid == 13 && strcmp(c->digest, "sha256:" MANIFEST) == 0);
	registry_free(&c);
	CHECK(registry_find_pod(root, "shop/other", &c, uid, why) == 0 && strcmp(uid, "4-5-6") == 0);
	CHECK(c && c->pid == 14 && strcmp(c->image, "reg.example/y:2") == 0);
	registry_free(&c);
	CHECK(registry_find_pod(root, "lookup", &c, uid, why) == -ENOENT);
	CHECK(registry_find_pod(root, "other/lookup", &c, uid, why) == -ENOENT && !c);
	/* deleted and made anew under the same name: the old one is still there */
	put_runc("/run/runc", "again", 16, "/again");
	put("/again/config.json", "{\"annotations\":{\"io.kubernetes.pod.namespace\":\"shop\","
	    "\"io.kubernetes.pod.name\":\"other\",\"io.kubernetes.pod.uid\":\"7-8-9\"}}");
	CHECK(registry_find_pod(root, "shop/other", &c, uid, why) == -ENOTUNIQ && !c);
}

/* As a hook tells of it, before its runtime has written anything down. */
static void
check_created(void)
{
	char bundle[512];
	struct container *c = NULL;

	snprintf(bundle, sizeof(bundle), "%s/store/vfs-containers/" ID1 "/userdata", root);
	CHECK(registry_created(root, ID1, bundle, 99, &c) == 0);
	CHECK(c && c->pid == 99 && c->ticks == 0 && strcmp(c->name, "foo") == 0);
	registry_free(&c);
	CHECK(registry_created(root, "../x", bundle, 99, &c) == -EINVAL);
	CHECK(registry_created(root, ID1, "store", 99, &c) == -EINVAL);
	CHECK(registry_created(root, ID1, bundle, 0, &c) == -EINVAL);
	CHECK(registry_created(root, ID1, "/no/bundle", 99, &c) == -ENOENT && !c);
}

/* A file that is too large, or none at all, is not read. */
static void
check_limits(void)
{
	char path[512];
	struct container *c = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "%s/run/runc/twice/state.json", root);
	f = fopen(path, "w");
	CHECK(f && ftruncate(fileno(f), 5 << 20) == 0 && fclose(f) == 0);
	CHECK(registry_load(root, "twice", &c) == -EFBIG);
	CHECK(unlink(path) == 0 && mkfifo(path, 0600) == 0);
	CHECK(registry_load(root, "twice", &c) == -EINVAL && !c);
}

int
main(void)
{
	char command[128];

	if (!mkdtemp(root))
		abort();
	make_podman();
	make_docker();
	make_pods();
	make_broken();
	check_known();
	check_asked();
	check_pods();
	check_created();
	check_limits();
	snprintf(command, sizeof(command), "rm -rf %s", root);
	CHECK(system(command) == 0);
	return check_end();
}
