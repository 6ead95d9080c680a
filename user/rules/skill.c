/*
 * skill.c: the section `skills`: who owns and starts one, what it is, and which
 * duties it has. A skill reaches a target in two ways: by a duty that names the
 * target, or by listing it under `targets`, which gives it the profile (its own,
 * else the target's, else read-masked). Neither: no access.
 */
#include <stdio.h>
#include <string.h>

#include "abi.h"
#include "msg.h"
#include "rules/work.h"

#define PROFILE_DEFAULT 1	/* read-masked */
#define NOBODY 65534		/* work_user(): whoever is named, offline */

#define AT(name) offsetof(struct draft_skill, name)
static const struct key skill_keys[] = {
	{ "owner", SHAPE_TEXT, AT(owner), true, 0, 0, NULL },
	{ "start", SHAPE_MAP, AT(start), true, 0, 0, NULL },
	{ "folder", SHAPE_TEXT, AT(folder), false, 0, 0, NULL },
	{ "digests", SHAPE_TEXTS, AT(digests), false, 0, 0, NULL },
	{ "excludes", SHAPE_TEXTS, AT(excludes), false, 0, 0, NULL },
	{ "executable", SHAPE_MAP, AT(executable), false, 0, 0, NULL },
	{ "duties", SHAPE_TEXTS, AT(duties), false, 0, 0, NULL },
	{ "targets", SHAPE_TEXTS, AT(targets), false, 0, 0, NULL },
	{ "profile", SHAPE_WORD, AT(profile), false, 0, 0, profile_words },
	{ "verifier", SHAPE_TEXT, AT(verifier), false, 0, 0, NULL },
	{ "sockets", SHAPE_TEXTS, AT(sockets), false, 0, 0, NULL },
};
static const struct key start_keys[] = {
	{ "by", SHAPE_TEXTS, AT(begin.by), true, 0, 0, NULL },
	{ "as", SHAPE_TEXT, AT(begin.as), true, 0, 0, NULL },
};
static const struct key executable_keys[] = {
	{ "path", SHAPE_TEXT, AT(program.path), true, 0, 0, NULL },
	{ "sha256", SHAPE_TEXTS, AT(program.sha256), false, 0, 0, NULL },
};

static void
check_path(struct work *work, const struct node *path, const char *what)
{
	if (path && path->kind == NODE_SCALAR && path->text[0] != '/')
		fault_add(work->faults, path->place, "%s: found \"%.80s\", "
		    "expected a path that begins with /", what, path->text);
}

/* Paths that sun_path has room for, and not too many. */
static void
check_sockets(struct work *work, const struct node *list, const char *what)
{
	size_t count = 0;

	if (!list || list->kind != NODE_LIST)
		return;
	for (const struct node *item = list->first; item; item = item->next) {
		check_path(work, item, what);
		if (item->kind == NODE_SCALAR && item->n > ABI_UNIX_SIZE)
			fault_add(work->faults, item->place, "%s: found a path of %zu "
			    "bytes, expected %d at most", what, item->n, ABI_UNIX_SIZE);
		if (++count == VIEW_SOCKETS_MOST + 1)
			fault_add(work->faults, item->place, "%s: found more than %d, "
			    "expected %d at most", what, VIEW_SOCKETS_MOST,
			    VIEW_SOCKETS_MOST);
	}
}

void
skill_read(struct work *work, const struct node *entry)
{
	struct draft_skill *skill = work_take(work, sizeof(*skill));
	const char *what = work_text(work, "skill %s", entry->key->text);

	if (!skill)
		return;
	skill->draft = (struct draft){ entry->key->text, entry->key, false };
	list_add(work, &work->skills, skill);
	(void)schema_read(work->faults, entry, what, skill_keys,
	    COUNT(skill_keys), skill);
	if (skill->start)
		(void)schema_read(work->faults, skill->start,
		    work_text(work, "%s: start", what), start_keys,
		    COUNT(start_keys), skill);
	if (skill->executable)
		(void)schema_read(work->faults, skill->executable,
		    work_text(work, "%s: executable", what), executable_keys,
		    COUNT(executable_keys), skill);
	check_path(work, skill->folder, work_text(work, "%s: folder", what));
	check_sockets(work, skill->sockets, work_text(work, "%s: sockets", what));
	check_path(work, skill->program.path,
	    work_text(work, "%s: executable: path", what));
	if ((skill->digests || skill->excludes) && !skill->folder)
		fault_add(work->faults, entry->place, "%s: found digests or "
		    "excludes without folder, expected the folder they are of",
		    what);
	work_check_globs(work, skill->excludes, what);
}

static struct view_digest *
build_digests(struct work *work, const struct node *list, const char *what,
    size_t *count)
{
	struct view_digest *digests;
	char found[SCHEMA_FOUND];

	*count = 0;
	if (!list || list->kind != NODE_LIST)
		return NULL;
	digests = work_take(work, list->count * sizeof(*digests));
	for (const struct node *item = list->first; digests && item;
	    item = item->next) {
		if (work_digest(item->text, digests[*count].sha256))
			++*count;
		else
			fault_add(work->faults, item->place, "%s: found %s, "
			    "expected 64 hex digits, or sha256: and 64", what,
			    schema_found(item, found));
	}
	return digests;
}

/* Offline every user's name has one number: there the names tell. */
static bool
is_same_user(const struct work *work, uint32_t uid, const char *user,
    uint32_t other_uid, const char *other)
{
	if (strcmp(user, other) == 0)
		return true;
	return uid == other_uid && !(work->options->is_offline && uid == NOBODY);
}

/* Whoever has its uid could take it over, or be taken over by it. */
static void
check_alone(struct work *work, const struct node *as, const char *what,
    const struct view_skill *skill)
{
	const struct view_loader *view = &work->rules->loader;

	for (size_t i = 0; i < work->people.n; i++) {
		const struct draft_person *person = work->people.v[i];
		const struct node *node = person->uid ? person->uid :
		    person->user;

		if (node && is_same_user(work, skill->uid, as->text,
		    view->people[i].uid, node->text))
			fault_add(work->faults, as->place, "%s: start: as: "
			    "found %s, who is person %s; expected a user of "
			    "the skill's own", what, as->text,
			    person->draft.name);
	}
	for (const struct view_skill *other = view->skills; other < skill;
	    other++) {
		const struct draft_skill *draft =
		    work->skills.v[other - view->skills];

		if (draft->begin.as && is_same_user(work, skill->uid, as->text,
		    other->uid, draft->begin.as->text))
			fault_add(work->faults, as->place, "%s: start: as: "
			    "found %s, as whom skill %s runs too; expected a "
			    "user of the skill's own", what, as->text,
			    other->name);
	}
}

/* As whom it runs: never root, never one of the daemon's own uids, and nobody
 * that somebody else is. */
static void
build_user(struct work *work, const struct draft_skill *draft,
    const char *what, struct view_skill *skill)
{
	const struct node *as = draft->begin.as;
	uint32_t base = work->options->uid_base;

	skill->uid = skill->gid = NOBODY;
	skill->user = "";
	if (!as || as->kind != NODE_SCALAR)
		return;
	if (!work_user(as->text, &skill->uid, &skill->gid, &skill->user, work))
		fault_add(work->faults, as->place, "%s: start: as: found "
		    "\"%.40s\", expected a user of /etc/passwd or a uid", what,
		    as->text);
	else if (skill->uid == 0 || skill->gid == 0)
		fault_add(work->faults, as->place, "%s: start: as: found %s "
		    "(uid %u, gid %u), expected a user that is not root", what,
		    as->text, skill->uid, skill->gid);
	else if (skill->uid >= base && skill->uid < base + SLOTS)
		fault_add(work->faults, as->place, "%s: start: as: found uid "
		    "%u, which is a process of the daemon's; expected another",
		    what, skill->uid);
	else
		check_alone(work, as, what, skill);
}

static void
build_skill(struct work *work, const struct draft_skill *draft,
    struct view_skill *skill)
{
	const char *what = work_text(work, "skill %s", draft->draft.name);

	skill->name = draft->draft.name;
	skill->owner = work_scalar(draft->owner);
	if (draft->owner)
		(void)list_need(work, &work->people, draft->owner,
		    work_text(work, "%s: owner", what), "person", NULL);
	skill->starters = work_texts(work, draft->begin.by,
	    &skill->starter_count);
	for (const struct node *by = draft->begin.by ? draft->begin.by->first :
	    NULL; by; by = by->next) {
		if (strcmp(by->text, "*") != 0)
			(void)list_need(work, &work->people, by,
			    work_text(work, "%s: start: by", what), "person",
			    NULL);
	}
	build_user(work, draft, what, skill);
	skill->folder = work_scalar(draft->folder);
	skill->excludes = work_texts(work, draft->excludes,
	    &skill->exclude_count);
	skill->folder_digests = build_digests(work, draft->digests,
	    work_text(work, "%s: digests", what), &skill->folder_digest_count);
	skill->sockets = work_texts(work, draft->sockets, &skill->socket_count);
	skill->executable = work_scalar(draft->program.path);
	skill->executable_digests = build_digests(work, draft->program.sha256,
	    work_text(work, "%s: executable: sha256", what),
	    &skill->executable_digest_count);
}

/* The number of (duty, target) in the view, made when first asked for. */
static uint32_t
place_duty(struct work *work, struct list *placed, struct draft_duty *duty,
    uint32_t target)
{
	struct view_duty *made;

	for (size_t i = 0; i < placed->n; i++) {
		made = placed->v[i];
		if (made->target == target && made->name == duty->draft.name)
			return (uint32_t)i;
	}
	made = work_take(work, sizeof(*made));
	if (!made)
		return 0;
	*made = (struct view_duty){ duty->draft.name, target, duty->built,
	    duty->built_count };
	list_add(work, placed, made);
	return (uint32_t)placed->n - 1;
}

struct given {
	struct list *placed;
	uint32_t *duties;
	size_t count, room;
};

static void
give(struct work *work, struct given *given, struct draft_duty *duty,
    uint32_t target)
{
	uint32_t index = place_duty(work, given->placed, duty, target);
	size_t at = given->count;

	if (!work->has_memory || at >= given->room)
		return;
	for (size_t i = 0; i < given->count; i++) {
		if (given->duties[i] == index)
			return;
	}
	for (; at > 0 && given->duties[at - 1] > index; at--)
		given->duties[at] = given->duties[at - 1];
	given->duties[at] = index;	/* kept in rising order */
	given->count++;
}

static void
give_profile(struct work *work, struct given *given,
    const struct draft_skill *skill, const struct node *item)
{
	const struct draft_target *target;
	struct draft_duty *duty;
	uint32_t index, profile;

	target = list_need(work, &work->targets, item, work_text(work,
	    "skill %s: targets", skill->draft.name), "target", &index);
	if (!target)
		return;
	profile = skill->profile ? skill->profile : target->profile ?
	    target->profile : PROFILE_DEFAULT;
	duty = profile_find(work, profile);
	if (!duty)
		return;
	if (duty->is_weakened)
		fault_warn(work->faults, item->place, "skill %s: profile %s "
		    "on target %s holds for approvers, but policy has no group "
		    "named default: what would be held is denied",
		    skill->draft.name, duty->draft.name, target->draft.name);
	give(work, given, duty, index);
}

static void
give_duty(struct work *work, struct given *given,
    const struct draft_skill *skill, const struct node *item)
{
	struct draft_duty *duty = list_need(work, &work->duties, item,
	    work_text(work, "skill %s: duties", skill->draft.name), "duty", NULL);
	uint32_t index;

	if (duty && duty->draft.is_built_in) {
		fault_add(work->faults, item->place, "skill %s: duties: found "
		    "profile %s, expected a duty; a profile is given by "
		    "`targets` and `profile`", skill->draft.name, item->text);
		return;
	}
	for (const struct node *target = duty && duty->targets ?
	    duty->targets->first : NULL; target; target = target->next) {
		if (list_find(&work->targets, target->text, &index))
			give(work, given, duty, index);
	}
}

static void
build_duties(struct work *work, const struct draft_skill *draft,
    struct list *placed, struct view_skill_duties *skill)
{
	size_t room = draft->targets ? draft->targets->count : 0;
	struct given given = { .placed = placed };

	for (const struct node *item = draft->duties ? draft->duties->first :
	    NULL; item; item = item->next) {
		const struct draft_duty *duty = list_find(&work->duties,
		    item->text, NULL);

		room += duty && duty->targets ? duty->targets->count : 0;
	}
	given.room = room;
	given.duties = work_take(work, room * sizeof(*given.duties));
	if (!given.duties)
		return;
	for (const struct node *item = draft->duties ? draft->duties->first :
	    NULL; item; item = item->next)
		give_duty(work, &given, draft, item);
	for (const struct node *item = draft->targets ? draft->targets->first :
	    NULL; item; item = item->next)
		give_profile(work, &given, draft, item);
	*skill = (struct view_skill_duties){ draft->draft.name, given.duties,
	    given.count, draft->verifier };
	if (given.count == 0)
		fault_warn(work->faults, draft->draft.at->place, "skill %s: "
		    "has no duties and no targets: it can reach nothing",
		    draft->draft.name);
}

/* Where the keeper finds what the skill's own password is checked against. */
static void
build_verifier(struct work *work, const struct draft_skill *draft)
{
	struct view_keeper *view = &work->rules->keeper;
	struct view_verifier *verifier;

	if (!draft->verifier)
		return;
	verifier = &view->verifiers[view->verifier_count++];
	verifier->skill = draft->draft.name;
	secret_place(work, draft->verifier, work_text(work, "skill %s: verifier", draft->draft.name),
	    &verifier->from, &verifier->path);
}

static void
copy_placed(struct work *work, const struct list *placed)
{
	struct view_worker *view = &work->rules->worker;

	view->duties = work_take(work, placed->n * sizeof(*view->duties));
	for (size_t i = 0; view->duties && i < placed->n; i++)
		view->duties[view->duty_count++] =
		    *(struct view_duty *)placed->v[i];
}

void
skill_build(struct work *work)
{
	struct rules *rules = work->rules;
	size_t n = work->skills.n;
	struct view_skill *brief = work_take(work, n * sizeof(*brief));
	struct list placed = { 0 };

	rules->loader.skills = work_take(work, n * sizeof(*brief));
	rules->worker.skills = work_take(work,
	    n * sizeof(*rules->worker.skills));
	rules->keeper.verifiers = work_take(work,
	    n * sizeof(*rules->keeper.verifiers));
	if (!work->has_memory)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct draft_skill *draft = work->skills.v[i];
		struct view_skill *skill = &rules->loader.skills[i];

		build_skill(work, draft, skill);
		build_duties(work, draft, &placed, &rules->worker.skills[i]);
		build_verifier(work, draft);
		brief[i] = (struct view_skill){
			.name = skill->name, .owner = skill->owner,
			.starters = skill->starters,
			.starter_count = skill->starter_count,
			.user = "", .folder = "", .executable = "",
		};
	}
	copy_placed(work, &placed);
	rules->broker.skills = brief;
	rules->worker.skill_count = rules->loader.skill_count = n;
	rules->broker.skill_count = n;
}
