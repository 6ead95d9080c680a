/*
 * match_rule.c: `match` of a skill: what makes a container, unit or group that skill
 * without anybody saying so. What a container is (image, digest, label, annotation)
 * and where a service stands (unit) are two things; a path (cgroup) goes with both.
 */
#include <stdio.h>
#include <string.h>

#include "rules/work.h"

#define AT(name) offsetof(struct draft_skill, found.name)
static const struct key match_keys[] = {
	{ "image", SHAPE_TEXTS, AT(image), false, 0, 0, NULL },
	{ "digest", SHAPE_TEXTS, AT(digest), false, 0, 0, NULL },
	{ "label", SHAPE_TEXTS, AT(label), false, 0, 0, NULL },
	{ "annotation", SHAPE_TEXTS, AT(annotation), false, 0, 0, NULL },
	{ "unit", SHAPE_TEXTS, AT(unit), false, 0, 0, NULL },
	{ "cgroup", SHAPE_TEXTS, AT(cgroup), false, 0, 0, NULL },
};

void
match_read(struct work *work, struct draft_skill *skill, const char *what)
{
	if (skill->match)
		(void)schema_read(work->faults, skill->match, work_text(work, "%s: match", what),
		    match_keys, COUNT(match_keys), skill);
}

static bool
has_container(const struct draft_skill *skill)
{
	return skill->found.image || skill->found.digest || skill->found.label ||
	    skill->found.annotation;
}

static void
check_kinds(struct work *work, const struct draft_skill *skill, const char *what)
{
	bool is_container = has_container(skill);

	if (!is_container && !skill->found.unit && !skill->found.cgroup)
		fault_add(work->faults, skill->match->place, "%s: match: found nothing, expected "
		    "one of image, digest, label, annotation, unit, cgroup", what);
	if (is_container && skill->found.unit)
		fault_add(work->faults, skill->found.unit->place, "%s: match: found unit beside what "
		    "only a container has, expected one of the two", what);
	if (is_container && skill->executable)
		fault_add(work->faults, skill->executable->place, "%s: found executable with a match "
		    "of containers, expected the image's digest in match: it covers every file", what);
}

/* "NAME" or "NAME=GLOB". */
static void
check_pairs(struct work *work, const struct node *list, const char *what)
{
	for (const struct node *item = list ? list->first : NULL; item; item = item->next)
		if (item->kind == NODE_SCALAR && *item->text == '=')
			fault_add(work->faults, item->place, "%s: match: found \"%.80s\", expected "
			    "NAME or NAME=VALUE", what, item->text);
	work_check_globs(work, list, what);
}

static void
check_paths(struct work *work, const struct node *list, const char *what)
{
	for (const struct node *item = list ? list->first : NULL; item; item = item->next)
		if (item->kind == NODE_SCALAR && *item->text != '/')
			fault_add(work->faults, item->place, "%s: match: cgroup: found \"%.80s\", "
			    "expected a path that begins with /", what, item->text);
	work_check_globs(work, list, what);
}

/* In the one form in which engines write them. */
static const char **
build_digests(struct work *work, const struct node *list, const char *what, size_t *count)
{
	size_t room = list && list->kind == NODE_LIST ? list->count : 0;
	const char **digests = work_take(work, room * sizeof(*digests));
	char found[SCHEMA_FOUND], hex[65];
	uint8_t digest[32];

	*count = 0;
	for (const struct node *item = room ? list->first : NULL; digests && item; item = item->next) {
		if (!work_digest(item->text, digest)) {
			fault_add(work->faults, item->place, "%s: match: digest: found %s, expected 64 "
			    "hex digits, or sha256: and 64", what, schema_found(item, found));
			continue;
		}
		for (size_t i = 0; i < sizeof(digest); i++)
			snprintf(hex + 2 * i, 3, "%02x", digest[i]);
		digests[(*count)++] = work_text(work, "sha256:%s", hex);
	}
	return digests;
}

void
match_build(struct work *work, const struct draft_skill *skill, const char *what,
    struct view_match *match)
{
	if (!skill->match || skill->match->kind != NODE_MAP)
		return;
	check_kinds(work, skill, what);
	work_check_globs(work, skill->found.image, what);
	work_check_globs(work, skill->found.unit, what);
	check_pairs(work, skill->found.label, what);
	check_pairs(work, skill->found.annotation, what);
	check_paths(work, skill->found.cgroup, what);
	match->images = work_texts(work, skill->found.image, &match->image_count);
	match->digests = build_digests(work, skill->found.digest, what, &match->digest_count);
	match->labels = work_texts(work, skill->found.label, &match->label_count);
	match->annotations = work_texts(work, skill->found.annotation, &match->annotation_count);
	match->units = work_texts(work, skill->found.unit, &match->unit_count);
	match->cgroups = work_texts(work, skill->found.cgroup, &match->cgroup_count);
}
