/*
 * work.h: a policy on the bench, between tree and views.
 * Each section has a file that reads its entries into drafts (what YAML said,
 * with places) and later builds them into views (what processes read). Building
 * happens in the order masks, people, approvers, targets, duties, skills, once
 * all files have been read, so that a name may be used before it is defined.
 * Only rules/ includes this.
 */
#ifndef RULES_WORK_H
#define RULES_WORK_H

#include "base/arena.h"
#include "rules/rules.h"
#include "rules/schema.h"

#define NAME_LIMIT 63

/* A growing list of pointers in the arena. */
struct list {
	void **v;
	size_t n, room;
};

/* What every draft begins with. */
struct draft {
	const char *name;
	const struct node *at;	/* its key in the section */
	bool is_built_in;
};

struct draft_mask {
	struct draft draft;
	const struct node *columns, *fields, *pattern;
	uint64_t detectors, keep;
	uint32_t way;
};

struct draft_person {
	struct draft draft;
	const struct node *user, *uid;
	uint64_t roles;
};

struct draft_approvers {
	struct draft draft;
	const struct node *people;
	uint64_t need;
};

struct draft_target {
	struct draft draft;
	const struct node *names, *addresses, *ranges, *socket, *tls, *login, *credential;
	const struct node *operations, *openapi, *descriptors;
	uint64_t port;
	uint32_t protocol, inspect, namespace, resolve, profile, api, unparsable;
	struct {
		const struct node *path, *owner;
	} local;
	struct {
		uint32_t backend;
		const struct node *name, *roots;
		bool resumes;
	} terms;
	struct {
		const struct node *role, *databases, *secret, *certificate;
		uint64_t proofs;	/* 0: not given */
	} account;
	struct {
		enum view_as as;
		const struct node *secret, *user, *name, *prefix, *region, *service, *key;
		const struct node *token_endpoint, *client_id, *client_secret, *refresh_token;
		const struct node *scope, *audience, *resource, *roots;
		uint32_t grant, auth;
	} shown;
};

struct draft_rule {
	const struct node *at, *objects, *columns, *masks, *approvers, *need;
	const struct node *expires, *retry;
	uint64_t effects, rows, expires_ms, retry_ms, need_count;
	uint32_t where, verdict, answer;
	const struct node *when;
	const struct node *hosts, *methods, *paths, *operations;
	struct list conditions;		/* struct draft_condition */
};

/* One of `when` that asks for a value of HTTP. */
struct draft_condition {
	const struct node *at;
	const struct node *subjects[SUBJECTS];
	const struct node *is, *like, *at_most, *at_least;
	bool is_absent;
};

struct draft_duty {
	struct draft draft;
	const struct node *targets, *rules;
	struct list drafts;		/* struct draft_rule */
	struct view_rule *built;
	size_t built_count;
	bool is_weakened;		/* a profile's holds became denials */
};

struct draft_skill {
	struct draft draft;
	const struct node *owner, *start, *folder, *digests, *excludes;
	const struct node *executable, *duties, *targets, *verifier, *sockets, *match;
	uint32_t profile, when_away;
	struct {
		const struct node *by, *as;
	} begin;
	struct {
		const struct node *path, *sha256;
	} program;
	struct {
		const struct node *image, *digest, *label, *annotation, *unit, *cgroup;
	} found;		/* in match */
};

struct draft_names {
	const struct node *servers, *also;
};

struct draft_ledger {
	const struct node *checkpoints, *directory;
	uint64_t every_ms;
	bool is_syslog;
};

struct work {
	struct arena *arena;
	const char *directory;	/* of the policy */
	struct faults *faults;
	const struct rules_options *options;
	struct rules *rules;
	bool is_built_in;	/* what is being read ships with the product */
	bool has_memory;	/* false: an allocation failed */
	struct list masks, people, approvers, targets, duties, skills;
	struct draft_ledger ledger;
	struct draft_names names;
	const char *system_roots;	/* read once */
};

extern const char *const protocol_words[];
/* Names of the profiles, NULL at the end; 0 is "none given". */
extern const char *const profile_words[];
struct span profile_text(void);
/* The built-in duty of that profile (index in profile_words). */
struct draft_duty *profile_find(struct work *, uint32_t profile);

/* `n` zeroed bytes; on failure NULL, and has_memory becomes false. */
void *work_take(struct work *, size_t n);
const char *work_text(struct work *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void list_add(struct work *, struct list *, void *item);
/* The draft called `name`, and its index; or NULL. */
void *list_find(const struct list *, const char *name, uint32_t *index);
/* The draft that `node` names, or NULL and a fault: "duty x: found "y", expected the name of a mask". */
void *list_need(struct work *, const struct list *, const struct node *node,
    const char *what, const char *kind, uint32_t *index);
/* The scalars of a list node as an array of texts; NULL node: none. */
const char **work_texts(struct work *, const struct node *, size_t *count);
const char *work_scalar(const struct node *);	/* "" when NULL */
/* "a" twice in a list is a fault. */
void work_no_doubles(struct work *, const struct node *, const char *what);
/* A host name in lower case, and no address? */
bool work_is_host(const char *text);
/* Fault when a glob is too long. `what` names the thing and key. */
void work_check_globs(struct work *, const struct node *, const char *what);
/* Is it a SHA-256 in hex, with or without "sha256:"? */
bool work_digest(const char *text, uint8_t out[32]);

void masks_read(struct work *, const struct node *entry);
void masks_build(struct work *);
void person_read(struct work *, const struct node *entry);
void person_build(struct work *);
void approvers_read(struct work *, const struct node *entry);
void approvers_build(struct work *);
void target_read(struct work *, const struct node *entry);
void target_build(struct work *);
/* What a target of HTTP has besides, in a target of any protocol; see operation.c. */
extern const char *const api_words[], *const unparsable_words[];
void operations_check(struct work *, const struct draft_target *, const struct node *entry, const char *what);
void operations_build(struct work *, const struct draft_target *, const char *what, struct view_target *);
/* The operations of an OpenAPI document, added to `to` (struct view_operation); see openapi.c. */
void openapi_read(struct work *, const struct node *at, const char *what, struct list *to);
/* A file that the policy names at `at`, beside it where the name is relative; it counts into the policy's digest. */
bool work_read_file(struct work *, const struct node *at, const char *what, struct span *out);
/* What a descriptor set has; see descriptor.c. */
void descriptors_read(struct work *, const struct node *at, const char *what, struct view_schema *);
/* Conditions of HTTP; see condition.c. */
bool condition_is_here(const struct node *item);
void condition_read(struct work *, const struct node *item, const char *what, struct list *to);
void conditions_build(struct work *, const struct list *, struct view_rule *);
/* What a rule says must be right, and fit the protocols of its duty's targets; see fitting.c. */
void rule_check_names(struct work *, const struct draft_rule *, const char *what);
void rule_check_targets(struct work *, const struct draft_duty *, const struct draft_rule *, const char *what);
/* `credential` of one target, how its requests show a secret. False: a fault. */
bool credential_read(struct work *, struct draft_target *, const char *what);
void credential_build(struct work *, const struct draft_target *, const char *what, struct view_credential *,
    struct view_secret *);
/* What a credential of OAuth 2 is fetched with; see grant.c. */
extern const char *const grant_words[], *const client_auth_words[];
bool grant_is_endpoint(const char *);
bool grant_is_scope(const char *);
bool grant_is_resource(const char *);
void grant_check(struct work *, const struct draft_target *, const char *what);
void grant_build(struct work *, const struct draft_target *, const char *what, struct view_secret *);
void duty_read(struct work *, const struct node *entry);
void duty_build(struct work *);		/* rules, once per duty */
void skill_read(struct work *, const struct node *entry);
/* `match` of one skill, by which the loader finds it. */
void match_read(struct work *, struct draft_skill *, const char *what);
void match_build(struct work *, const struct draft_skill *, const char *what, struct view_match *);
void skill_build(struct work *);	/* also which duty meets which target */
void names_read(struct work *, const struct node *section);
void names_build(struct work *);	/* and the resolver's view */
void checkpoints_read(struct work *, const struct node *section);
void checkpoints_build(struct work *);
/* Could anyone approve? Can a skill log in at all? */
void check_people(struct work *);

/* A login name or number of /etc/passwd. False: not known. */
bool work_user(const char *text, uint32_t *uid, uint32_t *gid, const char **name,
    struct work *);
/* Certificates of a target, NULL after a fault; see outside.c. */
const char *roots_read(struct work *, const struct node *at, const char *path,
    const char *what);
/* The system's, read once; see target.c. */
const char *system_roots(struct work *, const struct node *at, const char *what);
/* Look at a secret's file; faults are added. */
void secret_check(struct work *, const struct node *at, const char *path,
    const char *what);
/* Where a secret is: file:/PATH or credential:NAME. "target t: login: secret" is what it is called. */
void secret_place(struct work *, const struct node *, const char *what,
    enum view_secret_from *from, const char **path);
/* Addresses of a name from the system, added to `to` (struct view_address); see resolve.c. */
void resolve_name(struct work *, const struct node *at, uint16_t port,
    struct list *to);

#endif
