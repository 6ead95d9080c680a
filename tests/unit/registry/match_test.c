/* What a policy's match means: every kind that it names fits, each by any of its texts. */
#include "registry/match.h"

#include "check.h"
#include "registry/registry.h"
#include "view.h"

#define LIST(...) ((const char *[]){ __VA_ARGS__ })
#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define GROUP "/machine.slice/libpod-abc.scope"

static const struct {
	const char *name;
	struct view_match match;
	bool is_container;
	const char *group;
	const char *why;	/* NULL: it does not fit */
} rows[] = {
	{ "nothing", { 0 }, true, GROUP, NULL },
	{ "image", { .images = LIST("localhost/lookup:*"), .image_count = 1 }, true, GROUP, "image localhost/lookup:1" },
	{ "another image", { .images = LIST("localhost/look:*"), .image_count = 1 }, true, GROUP, NULL },
	{ "either image", { .images = LIST("x", "**/lookup:1"), .image_count = 2 }, true, GROUP, "image localhost/lookup:1" },
	{ "image of no container", { .images = LIST("**"), .image_count = 1 }, false, GROUP, NULL },
	{ "digest of the manifest", { .digests = LIST("sha256:" HEX), .digest_count = 1 }, true, GROUP, "digest sha256:" HEX },
	{ "digest of the configuration", { .digests = LIST("sha256:ff"), .digest_count = 1 }, true, GROUP, "digest sha256:ff" },
	{ "another digest", { .digests = LIST("sha256:00"), .digest_count = 1 }, true, GROUP, NULL },
	{ "label", { .labels = LIST("app=lookup"), .label_count = 1 }, true, GROUP, "label app=lookup" },
	{ "label of any value", { .labels = LIST("app"), .label_count = 1 }, true, GROUP, "label app" },
	{ "label by a glob", { .labels = LIST("app=look*"), .label_count = 1 }, true, GROUP, "label app=look*" },
	{ "label of another value", { .labels = LIST("app=look"), .label_count = 1 }, true, GROUP, NULL },
	{ "label of no value", { .labels = LIST("app="), .label_count = 1 }, true, GROUP, NULL },
	{ "no such label", { .labels = LIST("ap"), .label_count = 1 }, true, GROUP, NULL },
	{ "annotation", { .annotations = LIST("interlock.skill=x"), .annotation_count = 1 }, true, GROUP,
	    "annotation interlock.skill=x" },
	{ "a label is no annotation", { .annotations = LIST("app"), .annotation_count = 1 }, true, GROUP, NULL },
	{ "all kinds", { .labels = LIST("app"), .label_count = 1, .images = LIST("**"), .image_count = 1,
	    .cgroups = LIST("/machine.slice/**"), .cgroup_count = 1 }, true, GROUP, "label app" },
	{ "all but one kind", { .labels = LIST("app"), .label_count = 1, .images = LIST("x"), .image_count = 1 },
	    true, GROUP, NULL },
	{ "all but the path", { .labels = LIST("app"), .label_count = 1, .cgroups = LIST("/x"), .cgroup_count = 1 },
	    true, GROUP, NULL },
	{ "unit", { .units = LIST("shop.service"), .unit_count = 1 }, false, "/system.slice/shop.service",
	    "unit shop.service" },
	{ "unit of a template", { .units = LIST("shop@*.service"), .unit_count = 1 }, false,
	    "/system.slice/system-shop.slice/shop@7.service", "unit shop@7.service" },
	{ "a group in a unit", { .units = LIST("shop.service"), .unit_count = 1 }, false,
	    "/system.slice/shop.service/below", NULL },
	{ "path", { .cgroups = LIST("/jobs/*"), .cgroup_count = 1 }, false, "/jobs/one", "cgroup /jobs/one" },
	{ "path of another", { .cgroups = LIST("/jobs/*"), .cgroup_count = 1 }, false, "/other/one", NULL },
};

int
main(void)
{
	struct container c = { .image = "localhost/lookup:1", .digest = "sha256:" HEX, .image_id = "sha256:ff" };

	c.labels = json_pack("{s:s}", "app", "lookup");
	c.annotations = json_pack("{s:s}", "interlock.skill", "x");
	for (size_t i = 0; i < COUNT(rows); i++) {
		char why[MATCH_WHY];
		bool fits = match_fits(&rows[i].match, rows[i].is_container ? &c : NULL, rows[i].group, why);

		CHECK_ROW(rows[i].name, fits == (rows[i].why != NULL));
		CHECK_ROW(rows[i].name, !fits || strcmp(why, rows[i].why) == 0);
	}
	CHECK(!match_is_given(&rows[0].match) && match_is_given(&rows[1].match));
	CHECK(match_wants_container(&rows[1].match) && !match_wants_container(&rows[COUNT(rows) - 1].match));
	json_decref(c.labels);
	json_decref(c.annotations);
	return check_end();
}
