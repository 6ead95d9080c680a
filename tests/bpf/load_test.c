/*
 * load_test.c: every program passes this kernel's verifier, without a word from
 * libbpf, and how long each is. And status tells the truth about what is effective.
 */
#include "scene.h"

#include "hooks/inside.h"

#define INSTRUCTIONS_MAX 20000	/* verified; far above today's, far below the kernel's million */

static void
check_programs(void)
{
	struct hooks_code code;
	char why[512] = "";

	CHECK(!hooks_code_load(&code, NULL, why, sizeof(why)));
	CHECK_ROW(hooks_code_warning(), !hooks_code_warning()[0]);
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++) {
		struct bpf_prog_info info = { 0 };
		uint32_t size = sizeof(info);
		const char *name = hooks_programs[i].name;

		CHECK_ROW(name, code.programs[i] >= 0);
		CHECK_ROW(name, !bpf_obj_get_info_by_fd(code.programs[i], &info, &size));
		CHECK_ROW(name, !strcmp(info.name, name) && strlen(name) < 16);
		CHECK_ROW(name, !strncmp(name, "ilk_", 4));
		CHECK_ROW(name, info.verified_insns < INSTRUCTIONS_MAX);
		printf("%-15s %5u instructions verified, %5u bytes\n", name,
		    info.verified_insns, info.xlated_prog_len);
	}
	for (size_t i = 0; i < HOOKS_MAPS; i++)
		CHECK_ROW(hooks_maps[i], strlen(hooks_maps[i]) < 16 && code.maps[i] >= 0);
	hooks_code_free(&code);
}

static bool
is_whole(void)
{
	char *json = NULL;
	bool whole = true;

	CHECK(!hooks_status(scene.hooks, &json, &whole));
	CHECK(strstr(json, whole ? "\"whole\":true" : "\"whole\":false") != NULL);
	CHECK(strstr(json, "\"ilk_skills\",\"entries\":1,") != NULL);
	CHECK(strstr(json, "\"ilk_targets\",\"entries\":4,") != NULL);
	free(json);
	return whole;
}

/* Pins that are there say nothing: a link that was detached is noticed. */
static void
check_status(void)
{
	char path[INSTANCE_PATH_SIZE + 64];
	int link;

	CHECK(is_whole());
	snprintf(path, sizeof(path), "%.200s/links/ilk_connect6",
	    scene.instance.pin_directory);
	link = bpf_obj_get(path);
	CHECK(link >= 0 && !bpf_link_detach(link));
	close(link);
	CHECK(!access(path, F_OK));
	CHECK(!is_whole());
	hooks_close(&scene.hooks);
	scene_open();		/* and mended by the next loader */
	CHECK(is_whole());
}

/* What an earlier version attached under another name goes. */
static void
check_sweep(void)
{
	char from[INSTANCE_PATH_SIZE + 64], to[INSTANCE_PATH_SIZE + 64];

	snprintf(from, sizeof(from), "%.200s/links/ilk_unixsend",
	    scene.instance.pin_directory);
	snprintf(to, sizeof(to), "%.200s/links/ilk_old",
	    scene.instance.pin_directory);
	hooks_close(&scene.hooks);
	CHECK(!rename(from, to));
	scene_open();
	CHECK(access(to, F_OK) && !access(from, F_OK));
	CHECK(is_whole());
}

int
main(void)
{
	scene_begin();
	CHECK(!scene_targets(1));
	check_programs();
	check_status();
	check_sweep();
	return check_end();
}
