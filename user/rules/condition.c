/*
 * condition.c: items of `when` that ask for a value of an HTTP request, like
 * "query: page, at_most: 100": where it is, then one test.
 */
#include <string.h>

#include "base/glob.h"
#include "base/number.h"
#include "rules/work.h"

#define AT(name) offsetof(struct draft_condition, name)
#define SUBJECT(name, index) { name, SHAPE_TEXT, AT(subjects) + (index) * sizeof(const struct node *), false, 0, 0, NULL }
static const struct key condition_keys[] = {
	SUBJECT("query", SUBJECT_QUERY),
	SUBJECT("header", SUBJECT_HEADER),
	SUBJECT("form", SUBJECT_FORM),
	SUBJECT("field", SUBJECT_FIELD),
	SUBJECT("size", SUBJECT_SIZE),
	SUBJECT("content-type", SUBJECT_CONTENT_TYPE),
	{ "is", SHAPE_ONE_OR_TEXTS, AT(is), false, 0, 0, NULL },
	{ "like", SHAPE_ONE_OR_TEXTS, AT(like), false, 0, 0, NULL },
	{ "at_most", SHAPE_TEXT, AT(at_most), false, 0, 0, NULL },
	{ "at_least", SHAPE_TEXT, AT(at_least), false, 0, 0, NULL },
	{ "absent", SHAPE_BOOL, AT(is_absent), false, 0, 0, NULL },
};

bool
condition_is_here(const struct node *item)
{
	for (size_t i = 0; i < COUNT(condition_keys); i++) {
		if (tree_find(item, condition_keys[i].name))
			return true;
	}
	return false;
}

static const struct node *
subject_of(const struct draft_condition *draft, enum view_subject *subject)
{
	for (unsigned int i = 0; i < SUBJECTS; i++) {
		if (draft->subjects[i]) {
			*subject = (enum view_subject)i;
			return draft->subjects[i];
		}
	}
	return NULL;
}

static void
check_number(struct work *work, const struct node *node, const char *what)
{
	struct number number;

	if (node && !number_read(span_of(node->text, node->n), &number))
		fault_add(work->faults, node->place, "%s: when: found \"%.60s\", expected a number like 100, -1 or 0.5", what,
		    node->text);
}

static void
check_values(struct work *work, const struct draft_condition *draft, enum view_subject subject, const char *what)
{
	const struct node *name = draft->subjects[subject];
	bool is_of_body = subject == SUBJECT_SIZE || subject == SUBJECT_CONTENT_TYPE;

	check_number(work, draft->at_most, what);
	check_number(work, draft->at_least, what);
	if (draft->like && draft->like->kind == NODE_SCALAR && !glob_is_valid(draft->like->text))
		fault_add(work->faults, draft->like->place, "%s: when: pattern too long: expected at most %d bytes", what,
		    GLOB_LIMIT);
	else if (draft->like && draft->like->kind == NODE_LIST)
		work_check_globs(work, draft->like, work_text(work, "%s: when", what));
	if (is_of_body && strcmp(name->text, "body") != 0)
		fault_add(work->faults, name->place, "%s: when: found \"%.40s\", expected body: %s is of nothing else", what,
		    name->text, name->key->text);
	if (subject == SUBJECT_SIZE && !(draft->at_most || draft->at_least))
		fault_add(work->faults, name->place, "%s: when: found size without at_most or at_least, expected one", what);
}

void
condition_read(struct work *work, const struct node *item, const char *what, struct list *to)
{
	struct draft_condition *draft = work_take(work, sizeof(*draft));
	size_t subjects = 0, tests;
	enum view_subject subject = SUBJECTS;

	if (!draft)
		return;
	draft->at = item;
	if (!schema_read(work->faults, item, work_text(work, "%s: when", what), condition_keys, COUNT(condition_keys), draft))
		return;
	for (size_t i = 0; i < SUBJECTS; i++)
		subjects += draft->subjects[i] != NULL;
	tests = !!draft->is + !!draft->like + !!draft->at_most + !!draft->at_least + !!tree_find(item, "absent");
	if (subjects != 1 || tests != 1) {
		fault_add(work->faults, item->place, "%s: when: found %zu of query, header, form, field, size, content-type and "
		    "%zu of is, like, at_most, at_least, absent; expected one of each", what, subjects, tests);
		return;
	}
	(void)subject_of(draft, &subject);
	check_values(work, draft, subject, what);
	list_add(work, to, draft);
}

/* A scalar, or a list of them, empty ones too. */
static const char **
values_of(struct work *work, const struct node *node, size_t *count)
{
	size_t n = node->kind == NODE_LIST ? node->count : 1;
	const char **values = work_take(work, n * sizeof(*values));

	*count = 0;
	if (!values)
		return NULL;
	if (node->kind == NODE_SCALAR)
		values[(*count)++] = node->text;
	for (const struct node *item = node->kind == NODE_LIST ? node->first : NULL; item; item = item->next) {
		if (item->kind == NODE_SCALAR)
			values[(*count)++] = item->text;
	}
	return values;
}

static void
build_one(struct work *work, const struct draft_condition *draft, struct view_condition *condition)
{
	const struct {
		const struct node *node;
		enum view_test test;
	} tests[] = {
		{ draft->is, TEST_IS }, { draft->like, TEST_LIKE },
		{ draft->at_most, TEST_AT_MOST }, { draft->at_least, TEST_AT_LEAST },
	};
	const struct node *name = subject_of(draft, &condition->subject);

	condition->name = condition->subject == SUBJECT_SIZE || condition->subject == SUBJECT_CONTENT_TYPE ? "" : name->text;
	condition->test = draft->is_absent ? TEST_ABSENT : TEST_PRESENT;
	for (size_t i = 0; i < COUNT(tests); i++) {
		if (!tests[i].node)
			continue;
		condition->test = tests[i].test;
		condition->values = values_of(work, tests[i].node, &condition->value_count);
	}
}

void
conditions_build(struct work *work, const struct list *drafts, struct view_rule *rule)
{
	rule->conditions = work_take(work, drafts->n * sizeof(*rule->conditions));
	for (size_t i = 0; rule->conditions && i < drafts->n; i++)
		build_one(work, drafts->v[i], &rule->conditions[rule->condition_count++]);
}
