/* people.c: the sections `people` and `approvers`: who may command, read and decide. */
#include <stdio.h>

#include "rules/work.h"

static const char *const role_words[] = { "admin", "auditor", NULL };
enum { ROLE_ADMIN = 1, ROLE_AUDITOR = 2 };

#define PERSON(name) offsetof(struct draft_person, name)
static const struct key person_keys[] = {
	{ "uid", SHAPE_TEXT, PERSON(uid), false, 0, 0, NULL },
	{ "user", SHAPE_TEXT, PERSON(user), false, 0, 0, NULL },
	{ "roles", SHAPE_WORDS, PERSON(roles), false, 0, 0, role_words },
};

#define GROUP(name) offsetof(struct draft_approvers, name)
static const struct key approvers_keys[] = {
	{ "people", SHAPE_TEXTS, GROUP(people), true, 0, 0, NULL },
	{ "need", SHAPE_NUMBER, GROUP(need), false, 1, 100, NULL },
};

void
person_read(struct work *work, const struct node *entry)
{
	struct draft_person *person = work_take(work, sizeof(*person));
	const char *what = work_text(work, "person %s", entry->key->text);

	if (!person)
		return;
	person->draft = (struct draft){ entry->key->text, entry->key, false };
	list_add(work, &work->people, person);
	if (!schema_read(work->faults, entry, what, person_keys,
	    COUNT(person_keys), person))
		return;
	if (!person->uid == !person->user)
		fault_add(work->faults, entry->place, "%s: found %s of uid and "
		    "user, expected one", what, person->uid ? "both" : "none");
	if (person->roles == (ROLE_ADMIN | ROLE_AUDITOR))
		fault_add(work->faults, entry->place, "%s: found roles admin "
		    "and auditor, expected one: an auditor only reads", what);
}

/* The login uid of one person; 0 after a fault. */
static uint32_t
person_uid(struct work *work, const struct draft_person *person)
{
	const struct node *node = person->uid ? person->uid : person->user;
	const char *name;
	uint64_t number;
	uint32_t uid = 0, gid;

	if (!node)
		return 0;
	if (person->uid && (!schema_number(node->text, &number) ||
	    number >= UINT32_MAX)) {
		fault_add(work->faults, node->place, "person %s: uid: found "
		    "\"%.40s\", expected a number", person->draft.name,
		    node->text);
	} else if (!work_user(node->text, &uid, &gid, &name, work)) {
		fault_add(work->faults, node->place, "person %s: user: found "
		    "\"%.40s\", expected a user of /etc/passwd (or uid: N)",
		    person->draft.name, node->text);
	} else if (uid == 0) {
		fault_add(work->faults, node->place, "person %s: found uid 0, "
		    "expected a person's own login: root is nobody",
		    person->draft.name);
	}
	return uid;
}

static void
check_same_person(struct work *work, const struct draft_person *person,
    uint32_t uid, size_t before)
{
	const struct view_person *people = work->rules->loader.people;

	for (size_t i = 0; i < before; i++) {
		if (uid == 0 || people[i].uid != uid || work->options->is_offline)
			continue;
		fault_add(work->faults, person->draft.at->place, "person %s: "
		    "found uid %u, which person %s has too; expected one name "
		    "for one person", person->draft.name, uid, people[i].name);
	}
}

void
person_build(struct work *work)
{
	struct view_loader *loader = &work->rules->loader;
	struct view_broker *broker = &work->rules->broker;
	size_t n = work->people.n;

	loader->people = work_take(work, n * sizeof(*loader->people));
	broker->admins = work_take(work, n * sizeof(*broker->admins));
	broker->auditors = work_take(work, n * sizeof(*broker->auditors));
	if (!work->has_memory)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct draft_person *person = work->people.v[i];
		uint32_t uid = person_uid(work, person);

		check_same_person(work, person, uid, i);
		loader->people[i] = (struct view_person){ person->draft.name, uid };
		if (person->roles & ROLE_ADMIN)
			broker->admins[broker->admin_count++] = person->draft.name;
		if (person->roles & ROLE_AUDITOR)
			broker->auditors[broker->auditor_count++] =
			    person->draft.name;
	}
	loader->person_count = broker->person_count = n;
	broker->people = loader->people;
}

void
approvers_read(struct work *work, const struct node *entry)
{
	struct draft_approvers *group = work_take(work, sizeof(*group));
	const char *what = work_text(work, "approvers %s", entry->key->text);

	if (!group)
		return;
	group->draft = (struct draft){ entry->key->text, entry->key, false };
	group->need = 1;
	list_add(work, &work->approvers, group);
	if (!schema_read(work->faults, entry, what, approvers_keys,
	    COUNT(approvers_keys), group))
		return;
	work_no_doubles(work, group->people, what);
	if (group->need > group->people->count)
		fault_add(work->faults, entry->place, "%s: found need %u with "
		    "%zu people, expected at most as many as there are", what,
		    (unsigned int)group->need, group->people->count);
}

static void
check_member(struct work *work, const struct node *member, const char *what)
{
	const struct draft_person *person = list_need(work, &work->people,
	    member, what, "person", NULL);

	if (person && person->roles & ROLE_AUDITOR)
		fault_add(work->faults, member->place, "%s: found auditor %s, "
		    "expected someone who may do more than read", what,
		    person->draft.name);
}

void
approvers_build(struct work *work)
{
	struct view_broker *broker = &work->rules->broker;
	size_t n = work->approvers.n;

	broker->approvers = work_take(work, n * sizeof(*broker->approvers));
	if (!broker->approvers)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct draft_approvers *draft = work->approvers.v[i];
		struct view_approvers *group = &broker->approvers[i];
		const char *what = work_text(work, "approvers %s: people",
		    draft->draft.name);

		group->name = draft->draft.name;
		group->need = (uint32_t)draft->need;
		group->people = work_texts(work, draft->people,
		    &group->person_count);
		for (const struct node *member = draft->people ?
		    draft->people->first : NULL; member; member = member->next)
			check_member(work, member, what);
	}
	broker->approver_count = n;
}
