/*
 * view.h: the compiled policy, as far as one process may see it.
 * The policy process reads YAML, checks it, and gives every other process its
 * own view and no more: the recorder never learns where a secret lies, the
 * keeper never sees a rule. rules/ builds these structs, view/ packs and
 * unpacks them, their users only read. All text is NUL-terminated, never NULL
 * (empty where not given), and lives in the view's own memory.
 * Units are in the names: _s seconds, _bytes.
 */
#ifndef VIEW_H
#define VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "action.h"
#include "span.h"
#include "verdict.h"

struct out;

struct view_head {
	uint32_t epoch;		/* grows by one with each policy put in force */
	uint8_t digest[32];	/* SHA-256 over the policy's files, in name order */
};

/* ---- targets --------------------------------------------------------- */

enum view_protocol { PROTOCOL_POSTGRESQL, PROTOCOL_RAW, PROTOCOL_HTTP, PROTOCOLS };
enum view_inspect { INSPECT_FULL, INSPECT_NONE };
enum view_tls {
	TLS_DISABLE,		/* never */
	TLS_REQUIRE,		/* encrypt, do not check: a named risk */
	TLS_VERIFY_CA,
	TLS_VERIFY_FULL,	/* the default */
};

/* What is spoken on top of HTTP. */
enum view_api { API_REST, API_JSON_RPC, API_GRAPHQL, API_MCP, API_S3, API_GRPC, APIS };

/* What becomes of an answer that cannot be looked into, where masks apply. */
enum view_unparsable { UNPARSABLE_REFUSE, UNPARSABLE_REDACT, UNPARSABLES };

/* Something an API can be asked. */
struct view_operation {
	const char *name;
	const char *method;		/* empty, with the path: the API names its operations itself */
	const char *path;		/* a template (base/template.h) */
	enum effect effect;
};

/* Types of fields of Protocol Buffers, by their numbers in descriptor.proto. */
enum view_proto {
	PROTO_NONE, PROTO_DOUBLE, PROTO_FLOAT, PROTO_INT64, PROTO_UINT64, PROTO_INT32, PROTO_FIXED64, PROTO_FIXED32,
	PROTO_BOOL, PROTO_STRING, PROTO_GROUP, PROTO_MESSAGE, PROTO_BYTES, PROTO_UINT32, PROTO_ENUM, PROTO_SFIXED32,
	PROTO_SFIXED64, PROTO_SINT32, PROTO_SINT64, PROTOS
};

struct view_proto_field {
	uint32_t number;
	const char *name;		/* as its file has it */
	enum view_proto proto;
	uint32_t type;			/* MESSAGE, GROUP: index of the message; ENUM: of the enum */
	uint32_t oneof;			/* of these in its message, from 1; 0: none */
	bool is_repeated;
	bool is_implicit;		/* one that is not there has its type's zero (proto3) */
};

struct view_message {
	const char *name;		/* full: "shop.Order" */
	struct view_proto_field *fields;	/* by number, ascending */
	size_t field_count;
	bool is_map_entry;		/* fields 1 and 2: key and value */
};

struct view_enum_value {
	uint32_t number;		/* the bits of an int32 */
	const char *name;
};

struct view_enum {
	struct view_enum_value *values;	/* in the order of its file; the first is what is not there */
	size_t value_count;
};

struct view_method {
	const char *name;		/* "shop.Orders/Get" */
	uint32_t input, output;		/* indices of messages */
	bool has_many_asks, has_many_answers;	/* streams */
	bool is_read;			/* its file says that it has no side effects */
};

/* A descriptor set: what a target's gRPC is made of. */
struct view_schema {
	struct view_message *messages;	/* by name, ascending */
	size_t message_count;
	struct view_enum *enums;
	size_t enum_count;
	struct view_method *methods;	/* by name, ascending */
	size_t method_count;
};

struct view_address {
	uint8_t ip[16];		/* in the form of ip.h */
	uint16_t port;		/* host order */
};

struct view_range {
	uint8_t ip[16];		/* in the form of ip.h; its bits after the first `bits` are 0 */
	uint8_t bits;		/* 0..128 */
};

/* How requests of HTTP show the target's secret to its backend. */
enum view_as {
	AS_NONE,		/* not at all: a request goes with what the skill has */
	AS_BEARER,		/* Authorization: Bearer SECRET */
	AS_BASIC,		/* Authorization: Basic, of user and secret */
	AS_HEADER,		/* a field of its own */
	AS_QUERY,		/* a parameter behind the '?' */
	AS_COOKIE,
	AS_SIGV4,		/* never lent: the keeper signs (AWS Signature Version 4) */
	AS_OAUTH2,		/* as BEARER, a token that the keeper has fetched (struct view_grant) */
	AS_KINDS
};

struct view_credential {
	enum view_as as;
	const char *user;	/* BASIC; empty: the secret is "USER:PASSWORD" */
	const char *name;	/* HEADER, QUERY, COOKIE: of the field, parameter or cookie */
	const char *prefix;	/* HEADER: what stands before the secret, its blank too */
	const char *region, *service;	/* SIGV4 */
	const char *key;	/* SIGV4: access key id; empty: the secret begins with it (view/credential.h) */
};

struct view_target {
	const char *name;
	enum view_protocol protocol;
	enum view_inspect inspect;
	bool from_skill;		/* namespace: skill */
	const char **hosts;		/* names a skill may dial; resolve inside it */
	size_t host_count;
	struct view_address *addresses;
	size_t address_count;
	bool is_learned;		/* and what DNS says of its hosts, at `port` */
	uint16_t port;
	struct view_range *ranges;	/* special ones that such an address may lie in */
	size_t range_count;
	const char *socket;		/* path of the unix socket it is behind; empty: it is at its addresses */
	uint32_t socket_uid;		/* whose process must listen there */
	enum view_tls tls;		/* to the backend */
	const char *tls_name;		/* name to verify; default the first host */
	const char *tls_roots;		/* PEM of the CAs to trust; empty: the system's, in PEM too */
	bool resumes;			/* sessions of TLS may be taken up again, the skill's and those to the backend */
	const char *role;		/* login upstream as this; empty: as the skill asked */
	const char **databases;		/* allowed; none: all */
	size_t database_count;
	struct view_credential credential;	/* HTTP: what its requests carry */
	bool has_secret;		/* the keeper has a password for it */
	bool needs_proof;		/* and the backend must ask for some proof of it */
	bool has_certificate;		/* the keeper has one, which the backend must ask for in TLS */
	enum view_api api;		/* of HTTP */
	struct view_operation *operations;
	size_t operation_count;
	bool is_closed;			/* what is none of its operations is unknown */
	struct view_schema schema;	/* of API_GRPC */
	enum view_unparsable unparsable;
};

/* ---- rules ----------------------------------------------------------- */

/* What must hold of the values of one name. */
enum view_test { TEST_IS, TEST_LIKE, TEST_AT_MOST, TEST_AT_LEAST, TEST_ABSENT, TEST_PRESENT, TESTS };
/* Where it looks: enum http_place, then what there is one of. */
enum view_subject {
	SUBJECT_QUERY, SUBJECT_HEADER, SUBJECT_FORM, SUBJECT_FIELD,
	SUBJECT_SIZE,			/* of the body, in bytes */
	SUBJECT_CONTENT_TYPE,
	SUBJECTS
};

/* A rule of HTTP: "field amount at_most 100". */
struct view_condition {
	enum view_subject subject;
	const char *name;		/* of a parameter or field, or a path of it; empty for what there is one of */
	enum view_test test;
	const char **values;		/* IS, LIKE: any of them; AT_MOST, AT_LEAST: one number, as written */
	size_t value_count;
};

struct view_rule {
	uint32_t effects;		/* bit per enum effect */
	uint8_t reaches;		/* bit per enum reach that matches; 0: any */
	const char **objects;		/* globs ("public.*"), of HTTP templates; none: any object */
	size_t object_count;
	const char **columns;		/* globs; none: any; else every touched column must match */
	size_t column_count;
	/* of HTTP only: a rule with any of these speaks of no other act; none: any */
	const char **hosts;		/* names, lower case; globs */
	size_t host_count;
	const char **methods;		/* globs */
	size_t method_count;
	const char **paths;		/* templates (base/template.h) */
	size_t path_count;
	const char **operations;	/* globs over their names */
	size_t operation_count;
	struct view_condition *conditions;	/* all must hold */
	size_t condition_count;
	enum verdict_kind verdict;
	uint64_t masks;			/* bit per view_mask, obligations of an allow */
	uint64_t row_limit;
	uint32_t approvers, need, expires_s, retry_s;
	enum hold_answer answer;
	const char *where;		/* "policy.yaml:41 duty support-reads rule 2" */
};

/* Rules of one duty for one target. Deny beats hold beats allow, across all. */
struct view_duty {
	const char *name;
	uint32_t target;		/* index */
	struct view_rule *rules;
	size_t rule_count;
};

struct view_skill_duties {
	const char *skill;
	uint32_t *duties;		/* indices */
	size_t duty_count;
	bool has_verifier;		/* it must prove a password to the daemon, by SCRAM */
};

/* ---- masks ----------------------------------------------------------- */

enum view_way { WAY_REDACT, WAY_PARTIAL, WAY_NULL, WAY_HASH, WAY_TOKEN, WAYS };
enum view_detector {
	DETECT_CARD, DETECT_SSN, DETECT_EMAIL, DETECT_PHONE, DETECT_IBAN, DETECT_IP,
	DETECT_JWT, DETECT_PRIVATE_KEY, DETECT_AWS, DETECT_GITHUB, DETECT_SLACK,
	DETECT_TOKEN,		/* of a service, or named a secret */
	DETECT_NATIONAL_ID, DETECT_VAT, DETECT_BIC, DETECT_CRYPTO,
	DETECT_PATTERN,		/* the mask's own pattern */
	DETECTORS
};

struct view_mask {
	const char *name;
	const char **columns;		/* globs over "schema.table.column" */
	size_t column_count;
	uint32_t detectors;		/* bit per enum view_detector */
	const char *pattern;		/* PCRE2, for DETECT_PATTERN */
	enum view_way way;
	uint32_t keep;			/* for partial: how many at the end stay */
	const char **fields;		/* globs over the paths of bodies: "customer.ssn", "items[].price", "**.card" */
	size_t field_count;
};

#define MASK_FIELDS_MOST 256	/* of one mask */
#define MASK_FIELD_BYTES 255	/* of one of them */
#define MASKS_MAX 64	/* masks of a view: one bit each in a verdict */

/* How often each mask (by index) hit; adds up over an answer. */
struct mask_tally {
	uint64_t hits[MASKS_MAX];
};

/* ---- one view per process -------------------------------------------- */

struct view_worker {
	struct view_head head;
	struct view_target *targets;
	size_t target_count;
	struct view_duty *duties;
	size_t duty_count;
	struct view_skill_duties *skills;
	size_t skill_count;
	struct view_mask *masks;	/* at most 64 */
	size_t mask_count;
};

struct view_digest {
	uint8_t sha256[32];
};

/* What finds a skill by itself: each kind that is given must fit, by any of its texts. */
struct view_match {
	const char **images;		/* globs over "localhost/lookup:1" */
	size_t image_count;
	const char **digests;		/* "sha256:…" of an image's manifest or configuration */
	size_t digest_count;
	const char **labels;		/* "NAME" or "NAME=GLOB" */
	size_t label_count;
	const char **annotations;	/* the same */
	size_t annotation_count;
	const char **units;		/* globs over the group's own name */
	size_t unit_count;
	const char **cgroups;		/* globs over its path */
	size_t cgroup_count;
};

struct view_skill {
	const char *name;
	const char *owner;		/* a person */
	const char **starters;		/* people who may start it; "*": anyone in people */
	size_t starter_count;
	uint32_t uid, gid;		/* what it runs as; never 0 */
	const char *user;		/* name of uid, for HOME, USER */
	const char *folder;		/* empty: not pinned by folder */
	const char **excludes;		/* globs below the folder, not measured */
	size_t exclude_count;
	struct view_digest *folder_digests;	/* any of them is right */
	size_t folder_digest_count;
	const char **sockets;		/* paths of unix sockets it may dial when it is run */
	size_t socket_count;
	const char *executable;		/* path of the root executable; empty: any */
	struct view_digest *executable_digests;
	size_t executable_digest_count;
	bool freezes;			/* stands still while the daemon is away */
	struct view_match match;
};

#define VIEW_SOCKETS_MOST 8	/* of a skill */

struct view_person {
	const char *name;
	uint32_t uid;			/* login uid */
};

struct view_loader {
	struct view_head head;
	struct view_target *targets;	/* where each is, no more */
	size_t target_count;
	struct view_skill *skills;
	size_t skill_count;
	struct view_person *people;
	size_t person_count;
	const char *servers;		/* as in view_resolver */
};

/* What a backend may ask for to be proven; PROOF_NONE: it may let in without. */
enum view_proof {
	PROOF_SCRAM, PROOF_SCRAM_PLUS, PROOF_MD5, PROOF_CLEARTEXT, PROOF_NONE,
	PROOF_CERTIFICATE,	/* in TLS; whatever else is asked for comes on top */
	PROOFS
};

enum view_secret_from { SECRET_NONE, SECRET_FILE, SECRET_CREDENTIAL };

/* Of what a token is fetched: RFC 6749 sections 4.4 and 6. */
enum view_grant_type { GRANT_NONE, GRANT_CLIENT, GRANT_REFRESH, GRANTS };
/* How the token endpoint knows who asks: RFC 7591 section 2. */
enum view_client_auth { CLIENT_SECRET_BASIC, CLIENT_SECRET_POST, CLIENT_AUTH_NONE, CLIENT_AUTHS };

struct view_grant {
	enum view_grant_type type;
	enum view_client_auth auth;
	const char *endpoint;		/* https URL */
	const char *host;		/* of it: a name, or an address without brackets */
	uint16_t port;
	const char *client_id, *scope, *audience, *resource;
	const char *roots;		/* PEM of the CAs to trust */
	enum view_secret_from refresh_from;
	const char *refresh;		/* as `path` of the secret: the refresh token to begin with */
};

struct view_secret {
	const char *target;
	const char *role;
	enum view_secret_from from;
	const char *path;		/* file, mode 0600; or the systemd credential's name */
	uint32_t proofs;		/* bit per enum view_proof */
	enum view_tls tls;		/* on the way to the backend */
	enum view_secret_from certificate_from;
	const char *certificate;	/* as `path`: chain and key, in PEM */
	struct view_credential credential;	/* HTTP: the only way in which it is lent, or used */
	struct view_grant grant;	/* OAUTH2: `path` is the client's secret, if it has one */
};

/* What a skill's own password is checked against. */
struct view_verifier {
	const char *skill;
	enum view_secret_from from;
	const char *path;
};

struct view_keeper {
	struct view_head head;
	struct view_secret *secrets;	/* position i belongs to target i */
	size_t secret_count;
	struct view_verifier *verifiers;	/* of those skills that have one */
	size_t verifier_count;
	const char **masks;		/* names, to derive a key for each */
	size_t mask_count;
	/* names and addresses per target, the only ones a leaf is made for */
	struct view_target *targets;
	size_t target_count;
};

struct view_approvers {
	const char *name;
	const char **people;
	size_t person_count;
	uint32_t need;
};

struct view_broker {
	struct view_head head;
	struct view_person *people;
	size_t person_count;
	struct view_approvers *approvers;
	size_t approver_count;
	struct view_skill *skills;	/* name, owner and starters only */
	size_t skill_count;
	const char **admins;		/* people who may stop, detach, reload, set secrets */
	size_t admin_count;
	const char **auditors;		/* people who may read sessions and entries only */
	size_t auditor_count;
	const char **targets;		/* their names: what can be stopped */
	size_t target_count;
};

/* A name that is no target's, and what skills are told of it. */
struct view_name {
	const char *name;
	struct view_address *addresses;	/* port 0 */
	size_t address_count;
};

struct view_resolver {
	struct view_head head;
	struct view_target *targets;	/* names, addresses, ranges, no more */
	size_t target_count;
	struct view_name *names;
	size_t name_count;
	const char *servers;		/* "10.0.0.2:53,[fd00::2]:53"; empty: the system's */
};

struct view_recorder {
	struct view_head head;
	const char *checkpoint_directory;	/* a second place; empty: none */
	bool checkpoint_syslog;
	uint32_t checkpoint_every_ms;	/* at most this long until entries are signed */
};

/*
 * Pack a view into *out (out->failed tells) and read one back.
 * view_*_read() copies everything into one new block which *view owns; free it
 * with view_free(). Returns 0, -EINVAL (not a whole view, or a byte is left
 * over, or an index is out of range) or -ENOMEM; on failure *view is unchanged.
 */
void view_worker_pack(const struct view_worker *, struct out *);
int view_worker_read(struct view_worker **view, struct span in);
void view_loader_pack(const struct view_loader *, struct out *);
int view_loader_read(struct view_loader **view, struct span in);
void view_keeper_pack(const struct view_keeper *, struct out *);
int view_keeper_read(struct view_keeper **view, struct span in);
void view_broker_pack(const struct view_broker *, struct out *);
int view_broker_read(struct view_broker **view, struct span in);
void view_resolver_pack(const struct view_resolver *, struct out *);
int view_resolver_read(struct view_resolver **view, struct span in);
void view_recorder_pack(const struct view_recorder *, struct out *);
int view_recorder_read(struct view_recorder **view, struct span in);
/* Free what a view_*_read gave. NULL is fine. */
void view_free(void *view);

/* How views of this build are packed, as one number: builds with the same read each other's. */
uint64_t view_speech(uint64_t on_top_of);

#endif
