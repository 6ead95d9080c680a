/*
 * rules.c: from a directory to a compiled policy. Read the shipped profiles,
 * then every file, section by section, into drafts; when all have been read,
 * build the views. Faults never stop the reading, so that one pass tells all.
 */
#include "rules/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "base/must.h"
#include "rules/source.h"
#include "rules/work.h"

#define RULES_MEMORY (256u << 20)
#define BUILT_IN "built-in-"

/* Sections of named entries. `most` is how many there may be. */
static const struct section {
	const char *name, *kind;
	size_t list;
	void (*read)(struct work *, const struct node *entry);
	size_t name_limit, most;
} sections[] = {
	{ "masks", "mask", offsetof(struct work, masks), masks_read,
	  NAME_LIMIT, 64 },
	{ "people", "person", offsetof(struct work, people), person_read,
	  NAME_LIMIT, 4096 },
	{ "approvers", "approver group", offsetof(struct work, approvers),
	  approvers_read, NAME_LIMIT, 256 },
	{ "targets", "target", offsetof(struct work, targets), target_read,
	  ABI_NAME_SIZE - 1, 1024 },
	{ "duties", "duty", offsetof(struct work, duties), duty_read,
	  NAME_LIMIT, 1024 },
	{ "skills", "skill", offsetof(struct work, skills), skill_read,
	  ABI_NAME_SIZE - 1, 1024 },
};

static void
free_rules(struct rules **rules)
{
	rules_free(rules);
}

/* a-z, digits, dash, dot, underscore; begins with a letter or digit. */
static bool
name_is_good(const char *name, size_t limit)
{
	size_t n = strlen(name);

	return n > 0 && n <= limit && strspn(name,
	    "abcdefghijklmnopqrstuvwxyz0123456789-._") == n &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789") > 0;
}

static bool
entry_is_good(struct work *work, const struct section *section,
    const struct list *list, const struct node *entry)
{
	const struct node *key = entry->key;
	const struct draft *first = list_find(list, key->text, NULL);

	if (!name_is_good(key->text, section->name_limit)) {
		fault_add(work->faults, key->place, "%s: found name \"%.60s\", "
		    "expected at most %zu of a-z 0-9 - . _", section->name,
		    key->text, section->name_limit);
		return false;
	}
	if (!work->is_built_in && strncmp(key->text, BUILT_IN,
	    sizeof(BUILT_IN) - 1) == 0) {
		fault_add(work->faults, key->place, "%s: found name \"%.60s\", "
		    "expected one that does not begin with " BUILT_IN,
		    section->name, key->text);
		return false;
	}
	if (first) {
		fault_add(work->faults, key->place, "%s %s is defined twice, "
		    "first at %s:%u; expected it once", section->kind, key->text,
		    first->at->place.file, first->at->place.line);
		return false;
	}
	if (list->n >= section->most) {
		fault_add(work->faults, key->place, "%s: found more than %zu, "
		    "expected fewer", section->name, section->most);
		return false;
	}
	return true;
}

static void
read_section(struct work *work, const struct section *section,
    const struct node *value)
{
	struct list *list = (struct list *)(void *)((char *)work + section->list);
	char found[SCHEMA_FOUND];

	if (value->kind == NODE_BAD || (value->kind == NODE_SCALAR &&
	    value->is_nothing))
		return;
	if (value->kind != NODE_MAP) {
		fault_add(work->faults, value->place, "%s: found %s, expected a "
		    "mapping of names", section->name,
		    schema_found(value, found));
		return;
	}
	for (const struct node *entry = value->first; entry;
	    entry = entry->next) {
		if (entry_is_good(work, section, list, entry))
			section->read(work, entry);
	}
}

static void
read_version(struct work *work, const struct node *root)
{
	const struct node *version = tree_find(root, "version");
	char found[SCHEMA_FOUND];

	if (!version)
		fault_add(work->faults, root->place, "key \"version\" is "
		    "missing, expected version: 1");
	else if (version->kind != NODE_SCALAR ||
	    strcmp(version->text, "1") != 0)
		fault_add(work->faults, version->place, "version: found %s, "
		    "expected 1", schema_found(version, found));
}

static void
read_root(struct work *work, const struct node *root)
{
	read_version(work, root);
	for (const struct node *value = root->first; value;
	    value = value->next) {
		const char *name = value->key->text;
		size_t i = 0;

		while (i < COUNT(sections) && strcmp(sections[i].name, name) != 0)
			i++;
		if (i < COUNT(sections))
			read_section(work, &sections[i], value);
		else if (strcmp(name, "ledger") == 0)
			checkpoints_read(work, value);
		else if (strcmp(name, "names") == 0)
			names_read(work, value);
		else if (strcmp(name, "version") != 0)
			fault_add(work->faults, value->key->place, "found "
			    "unknown section \"%.40s\", expected version, "
			    "targets, names, skills, duties, masks, people, "
			    "approvers or ledger", name);
	}
}

static int
read_text(struct work *work, const char *name, struct span text)
{
	struct node *root = NULL;
	int status = tree_read(work->arena, text, name, work->faults, &root);

	if (status == -ENOMEM)
		return status;
	if (root)
		read_root(work, root);
	return work->has_memory ? 0 : -ENOMEM;
}

static int
read_all(struct work *work, const char *directory)
{
	struct sources *sources = work_take(work, sizeof(*sources));
	int status;

	if (!sources)
		return -ENOMEM;
	work->is_built_in = true;
	status = read_text(work, "profiles.yaml", profile_text());
	work->is_built_in = false;
	if (status == 0)
		status = source_read(work->arena, directory, work->faults,
		    sources);
	for (size_t i = 0; status == 0 && i < sources->count; i++)
		status = read_text(work, sources->v[i].name,
		    sources->v[i].text);
	if (status == 0)
		memcpy(work->rules->digest, sources->digest, 32);
	return status;
}

static void
build_all(struct work *work)
{
	static void (*const steps[])(struct work *) = {
		masks_build, person_build, approvers_build, target_build,
		names_build, duty_build, skill_build, checkpoints_build, check_people,
	};

	for (size_t i = 0; i < COUNT(steps) && work->has_memory; i++)
		steps[i](work);
}

int
rules_load(struct rules **out, const char *directory,
    const struct rules_options *options, struct faults *faults)
{
	struct rules *rules cleanup(free_rules) = calloc(1, sizeof(*rules));
	struct work work = {
		.rules = rules, .faults = faults, .options = options,
		.directory = directory, .has_memory = true,
	};
	int status;

	if (!rules)
		return -ENOMEM;
	rules->arena = work.arena = arena_new(RULES_MEMORY);
	if (!rules->arena)
		return -ENOMEM;
	status = read_all(&work, directory);
	if (status == 0)
		build_all(&work);
	fault_sort(faults);
	if (status < 0 || !work.has_memory)
		return status < 0 ? status : -ENOMEM;
	if (faults->errors)
		return -EINVAL;
	rules_number(rules, 0);
	*out = take(&rules);
	return 0;
}

void
rules_number(struct rules *rules, uint32_t epoch)
{
	struct view_head *heads[] = {
		&rules->worker.head, &rules->loader.head, &rules->keeper.head,
		&rules->broker.head, &rules->recorder.head, &rules->resolver.head,
	};

	for (size_t i = 0; i < COUNT(heads); i++) {
		heads[i]->epoch = epoch;
		memcpy(heads[i]->digest, rules->digest, 32);
	}
}

void
rules_free(struct rules **rules)
{
	if (!*rules)
		return;
	arena_free(&(*rules)->arena);
	free(*rules);
	*rules = NULL;
}
