/*
 * view.c: the layouts of the views, and what must hold in one besides.
 * A packed view begins with four bytes that say which view of which version it
 * is. After reading, indices and bits are checked against the counts beside
 * them, so that users of a view need not.
 */
#include "view.h"

#include <errno.h>
#include <stdlib.h>

#include "base/glob.h"
#include "base/template.h"
#include "out.h"
#include "view/schema.h"
#include "view/table.h"

#define PLAIN(type, kind, name, limit) \
	{ kind, offsetof(struct type, name), 0, limit, NULL }
#define TEXT(type, name) PLAIN(type, CELL_TEXT, name, 0)
#define WORD(type, name, limit) PLAIN(type, CELL_WORD, name, limit)
#define BOOL(type, name) PLAIN(type, CELL_BOOL, name, 0)
#define U32(type, name) PLAIN(type, CELL_U32, name, UINT32_MAX)
#define U64(type, name) PLAIN(type, CELL_U64, name, UINT64_MAX)
#define LIST(type, kind, name, counter, inner) \
	{ kind, offsetof(struct type, name), offsetof(struct type, counter), 0, inner }
#define TEXTS(type, name, counter) LIST(type, CELL_TEXTS, name, counter, NULL)
#define STRUCTS(type, name, counter, inner) \
	LIST(type, CELL_STRUCTS, name, counter, inner)
#define LAYOUT(type, table) { sizeof(struct type), table, COUNT(table) }
#define HEAD(type) U32(type, head.epoch), \
	PLAIN(type, CELL_BYTES, head.digest, 32)

#define CREDENTIAL(type) WORD(type, credential.as, AS_KINDS), \
	TEXT(type, credential.user), TEXT(type, credential.name), \
	TEXT(type, credential.prefix), TEXT(type, credential.region), \
	TEXT(type, credential.service), TEXT(type, credential.key)

#define EFFECT_BITS ((1u << EFFECTS) - 1)
#define REACH_BITS ((1u << (REACH_ALL + 1)) - 1)
#define DETECTOR_BITS ((1u << DETECTORS) - 1)
#define PROOF_BITS ((1u << PROOFS) - 1)
#define MASKS_MOST 64

static const struct field_row address_rows[] = {
	PLAIN(view_address, CELL_BYTES, ip, 16),
	PLAIN(view_address, CELL_U16, port, 0),
};
static const struct layout address_layout = LAYOUT(view_address, address_rows);

static const struct field_row range_rows[] = {
	PLAIN(view_range, CELL_BYTES, ip, 16),
	PLAIN(view_range, CELL_U8, bits, 128),
};
static const struct layout range_layout = LAYOUT(view_range, range_rows);

static const struct field_row operation_rows[] = {
	TEXT(view_operation, name),
	TEXT(view_operation, method),
	TEXT(view_operation, path),
	WORD(view_operation, effect, EFFECTS),
};
static const struct layout operation_layout = LAYOUT(view_operation, operation_rows);

static const struct field_row proto_field_rows[] = {
	U32(view_proto_field, number),
	TEXT(view_proto_field, name),
	WORD(view_proto_field, proto, PROTOS),
	U32(view_proto_field, type),
	U32(view_proto_field, oneof),
	BOOL(view_proto_field, is_repeated),
	BOOL(view_proto_field, is_implicit),
};
static const struct layout proto_field_layout = LAYOUT(view_proto_field, proto_field_rows);

static const struct field_row message_rows[] = {
	TEXT(view_message, name),
	STRUCTS(view_message, fields, field_count, &proto_field_layout),
	BOOL(view_message, is_map_entry),
};
static const struct layout message_layout = LAYOUT(view_message, message_rows);

static const struct field_row enum_value_rows[] = {
	U32(view_enum_value, number),
	TEXT(view_enum_value, name),
};
static const struct layout enum_value_layout = LAYOUT(view_enum_value, enum_value_rows);

static const struct field_row enum_rows[] = {
	STRUCTS(view_enum, values, value_count, &enum_value_layout),
};
static const struct layout enum_layout = LAYOUT(view_enum, enum_rows);

static const struct field_row method_rows[] = {
	TEXT(view_method, name),
	U32(view_method, input),
	U32(view_method, output),
	BOOL(view_method, has_many_asks),
	BOOL(view_method, has_many_answers),
	BOOL(view_method, is_read),
};
static const struct layout method_layout = LAYOUT(view_method, method_rows);

static const struct field_row target_rows[] = {
	TEXT(view_target, name),
	WORD(view_target, protocol, PROTOCOLS),
	WORD(view_target, inspect, INSPECT_NONE + 1),
	BOOL(view_target, from_skill),
	TEXTS(view_target, hosts, host_count),
	STRUCTS(view_target, addresses, address_count, &address_layout),
	BOOL(view_target, is_learned),
	PLAIN(view_target, CELL_U16, port, 0),
	STRUCTS(view_target, ranges, range_count, &range_layout),
	TEXT(view_target, socket),
	U32(view_target, socket_uid),
	WORD(view_target, tls, TLS_VERIFY_FULL + 1),
	TEXT(view_target, tls_name),
	TEXT(view_target, tls_roots),
	BOOL(view_target, resumes),
	TEXT(view_target, role),
	TEXTS(view_target, databases, database_count),
	CREDENTIAL(view_target),
	BOOL(view_target, has_secret),
	BOOL(view_target, needs_proof),
	BOOL(view_target, has_certificate),
	WORD(view_target, api, APIS),
	STRUCTS(view_target, operations, operation_count, &operation_layout),
	BOOL(view_target, is_closed),
	STRUCTS(view_target, schema.messages, schema.message_count, &message_layout),
	STRUCTS(view_target, schema.enums, schema.enum_count, &enum_layout),
	STRUCTS(view_target, schema.methods, schema.method_count, &method_layout),
	WORD(view_target, unparsable, UNPARSABLES),
};
static const struct layout target_layout = LAYOUT(view_target, target_rows);

static const struct field_row condition_rows[] = {
	WORD(view_condition, subject, SUBJECTS),
	TEXT(view_condition, name),
	WORD(view_condition, test, TESTS),
	TEXTS(view_condition, values, value_count),
};
static const struct layout condition_layout = LAYOUT(view_condition, condition_rows);

static const struct field_row rule_rows[] = {
	PLAIN(view_rule, CELL_U32, effects, EFFECT_BITS),
	PLAIN(view_rule, CELL_U8, reaches, REACH_BITS),
	TEXTS(view_rule, objects, object_count),
	TEXTS(view_rule, columns, column_count),
	TEXTS(view_rule, hosts, host_count),
	TEXTS(view_rule, methods, method_count),
	TEXTS(view_rule, paths, path_count),
	TEXTS(view_rule, operations, operation_count),
	STRUCTS(view_rule, conditions, condition_count, &condition_layout),
	WORD(view_rule, verdict, VERDICT_ALLOW + 1),
	U64(view_rule, masks),
	U64(view_rule, row_limit),
	U32(view_rule, approvers),
	U32(view_rule, need),
	U32(view_rule, expires_s),
	U32(view_rule, retry_s),
	WORD(view_rule, answer, HOLD_ANSWERS),
	TEXT(view_rule, where),
};
static const struct layout rule_layout = LAYOUT(view_rule, rule_rows);

static const struct field_row duty_rows[] = {
	TEXT(view_duty, name),
	U32(view_duty, target),
	STRUCTS(view_duty, rules, rule_count, &rule_layout),
};
static const struct layout duty_layout = LAYOUT(view_duty, duty_rows);

static const struct field_row skill_duties_rows[] = {
	TEXT(view_skill_duties, skill),
	LIST(view_skill_duties, CELL_NUMBERS, duties, duty_count, NULL),
	BOOL(view_skill_duties, has_verifier),
};
static const struct layout skill_duties_layout =
	LAYOUT(view_skill_duties, skill_duties_rows);

static const struct field_row mask_rows[] = {
	TEXT(view_mask, name),
	TEXTS(view_mask, columns, column_count),
	PLAIN(view_mask, CELL_U32, detectors, DETECTOR_BITS),
	TEXT(view_mask, pattern),
	WORD(view_mask, way, WAYS),
	U32(view_mask, keep),
	TEXTS(view_mask, fields, field_count),
};
static const struct layout mask_layout = LAYOUT(view_mask, mask_rows);

static const struct field_row worker_rows[] = {
	HEAD(view_worker),
	STRUCTS(view_worker, targets, target_count, &target_layout),
	STRUCTS(view_worker, duties, duty_count, &duty_layout),
	STRUCTS(view_worker, skills, skill_count, &skill_duties_layout),
	STRUCTS(view_worker, masks, mask_count, &mask_layout),
};
static const struct layout worker_layout = LAYOUT(view_worker, worker_rows);

static const struct field_row digest_rows[] = {
	PLAIN(view_digest, CELL_BYTES, sha256, 32),
};
static const struct layout digest_layout = LAYOUT(view_digest, digest_rows);

static const struct field_row skill_rows[] = {
	TEXT(view_skill, name),
	TEXT(view_skill, owner),
	TEXTS(view_skill, starters, starter_count),
	U32(view_skill, uid),
	U32(view_skill, gid),
	TEXT(view_skill, user),
	TEXT(view_skill, folder),
	TEXTS(view_skill, excludes, exclude_count),
	STRUCTS(view_skill, folder_digests, folder_digest_count, &digest_layout),
	TEXTS(view_skill, sockets, socket_count),
	TEXT(view_skill, executable),
	STRUCTS(view_skill, executable_digests, executable_digest_count,
	    &digest_layout),
	BOOL(view_skill, freezes),
	TEXTS(view_skill, match.images, match.image_count),
	TEXTS(view_skill, match.digests, match.digest_count),
	TEXTS(view_skill, match.labels, match.label_count),
	TEXTS(view_skill, match.annotations, match.annotation_count),
	TEXTS(view_skill, match.units, match.unit_count),
	TEXTS(view_skill, match.cgroups, match.cgroup_count),
};
static const struct layout skill_layout = LAYOUT(view_skill, skill_rows);

static const struct field_row person_rows[] = {
	TEXT(view_person, name),
	U32(view_person, uid),
};
static const struct layout person_layout = LAYOUT(view_person, person_rows);

static const struct field_row loader_rows[] = {
	HEAD(view_loader),
	STRUCTS(view_loader, targets, target_count, &target_layout),
	STRUCTS(view_loader, skills, skill_count, &skill_layout),
	STRUCTS(view_loader, people, person_count, &person_layout),
	TEXT(view_loader, servers),
};
static const struct layout loader_layout = LAYOUT(view_loader, loader_rows);

static const struct field_row secret_rows[] = {
	TEXT(view_secret, target),
	TEXT(view_secret, role),
	WORD(view_secret, from, SECRET_CREDENTIAL + 1),
	TEXT(view_secret, path),
	PLAIN(view_secret, CELL_U32, proofs, PROOF_BITS),
	WORD(view_secret, tls, TLS_VERIFY_FULL + 1),
	WORD(view_secret, certificate_from, SECRET_CREDENTIAL + 1),
	TEXT(view_secret, certificate),
	CREDENTIAL(view_secret),
	WORD(view_secret, grant.type, GRANTS),
	WORD(view_secret, grant.auth, CLIENT_AUTHS),
	TEXT(view_secret, grant.endpoint),
	TEXT(view_secret, grant.host),
	PLAIN(view_secret, CELL_U16, grant.port, 0),
	TEXT(view_secret, grant.client_id),
	TEXT(view_secret, grant.scope),
	TEXT(view_secret, grant.audience),
	TEXT(view_secret, grant.resource),
	TEXT(view_secret, grant.roots),
	WORD(view_secret, grant.refresh_from, SECRET_CREDENTIAL + 1),
	TEXT(view_secret, grant.refresh),
};
static const struct layout secret_layout = LAYOUT(view_secret, secret_rows);

static const struct field_row verifier_rows[] = {
	TEXT(view_verifier, skill),
	WORD(view_verifier, from, SECRET_CREDENTIAL + 1),
	TEXT(view_verifier, path),
};
static const struct layout verifier_layout = LAYOUT(view_verifier, verifier_rows);

static const struct field_row keeper_rows[] = {
	HEAD(view_keeper),
	STRUCTS(view_keeper, secrets, secret_count, &secret_layout),
	STRUCTS(view_keeper, verifiers, verifier_count, &verifier_layout),
	TEXTS(view_keeper, masks, mask_count),
	STRUCTS(view_keeper, targets, target_count, &target_layout),
};
static const struct layout keeper_layout = LAYOUT(view_keeper, keeper_rows);

static const struct field_row approvers_rows[] = {
	TEXT(view_approvers, name),
	TEXTS(view_approvers, people, person_count),
	U32(view_approvers, need),
};
static const struct layout approvers_layout =
	LAYOUT(view_approvers, approvers_rows);

static const struct field_row broker_rows[] = {
	HEAD(view_broker),
	STRUCTS(view_broker, people, person_count, &person_layout),
	STRUCTS(view_broker, approvers, approver_count, &approvers_layout),
	STRUCTS(view_broker, skills, skill_count, &skill_layout),
	TEXTS(view_broker, admins, admin_count),
	TEXTS(view_broker, auditors, auditor_count),
	TEXTS(view_broker, targets, target_count),
};
static const struct layout broker_layout = LAYOUT(view_broker, broker_rows);

static const struct field_row name_rows[] = {
	TEXT(view_name, name),
	STRUCTS(view_name, addresses, address_count, &address_layout),
};
static const struct layout name_layout = LAYOUT(view_name, name_rows);

static const struct field_row resolver_rows[] = {
	HEAD(view_resolver),
	STRUCTS(view_resolver, targets, target_count, &target_layout),
	STRUCTS(view_resolver, names, name_count, &name_layout),
	TEXT(view_resolver, servers),
};
static const struct layout resolver_layout = LAYOUT(view_resolver, resolver_rows);

static const struct field_row recorder_rows[] = {
	HEAD(view_recorder),
	TEXT(view_recorder, checkpoint_directory),
	BOOL(view_recorder, checkpoint_syslog),
	U32(view_recorder, checkpoint_every_ms),
};
static const struct layout recorder_layout =
	LAYOUT(view_recorder, recorder_rows);

uint64_t
view_speech(uint64_t h)
{
	static const struct layout *const layouts[] = {
		&worker_layout, &loader_layout, &keeper_layout, &broker_layout, &recorder_layout,
		&resolver_layout,
	};

	for (size_t i = 0; i < COUNT(layouts); i++)
		h = table_speech(layouts[i], h);
	return h;
}

static void
pack(const struct layout *layout, const char *mark, const void *view,
    struct out *out)
{
	out_bytes(out, mark, 4);
	table_pack(layout, view, out);
}

static int
unpack(const struct layout *layout, const char *mark, struct span in, void **out)
{
	struct span head;

	if (!take_bytes(&in, 4, &head) || memcmp(head.p, mark, 4) != 0)
		return -EINVAL;
	return table_read(layout, in, out);
}

static bool
globs_are_right(const char **globs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!glob_is_valid(globs[i]))
			return false;
	}
	return true;
}

static bool
templates_are_right(const char **templates, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!template_is_valid(templates[i]))
			return false;
	}
	return true;
}

/* A number is compared as one, so it must be one; a test of values needs some. */
static bool
conditions_are_right(const struct view_rule *rule)
{
	for (size_t i = 0; i < rule->condition_count; i++) {
		const struct view_condition *condition = &rule->conditions[i];
		bool is_number = condition->test == TEST_AT_MOST || condition->test == TEST_AT_LEAST;
		bool is_alone = condition->test == TEST_ABSENT || condition->test == TEST_PRESENT;

		if (is_alone ? condition->value_count != 0 : condition->value_count == 0)
			return false;
		if (is_number && condition->value_count != 1)
			return false;
		if (condition->test == TEST_LIKE && !globs_are_right(condition->values, condition->value_count))
			return false;
	}
	return true;
}

/* What a rule says of HTTP. */
static bool
http_is_right(const struct view_rule *rule)
{
	return globs_are_right(rule->hosts, rule->host_count) && globs_are_right(rule->methods, rule->method_count) &&
	    globs_are_right(rule->operations, rule->operation_count) &&
	    templates_are_right(rule->paths, rule->path_count) && conditions_are_right(rule);
}

static bool
target_is_right(const struct view_target *target)
{
	for (size_t i = 0; i < target->operation_count; i++) {
		const struct view_operation *operation = &target->operations[i];

		if (!operation->path[0] != !operation->method[0] ||
		    (operation->path[0] && !template_is_valid(operation->path)))
			return false;
	}
	return schema_is_right(&target->schema);
}

static bool
duty_is_right(const struct view_worker *view, const struct view_duty *duty)
{
	uint64_t masks = view->mask_count == MASKS_MOST ? UINT64_MAX :
	    (UINT64_C(1) << view->mask_count) - 1;

	if (duty->target >= view->target_count)
		return false;
	for (size_t i = 0; i < duty->rule_count; i++) {
		const struct view_rule *rule = &duty->rules[i];

		if ((rule->masks & ~masks) != 0 || rule->effects == 0 ||
		    (rule->verdict == VERDICT_HOLD && rule->need == 0) ||
		    !globs_are_right(rule->objects, rule->object_count) ||
		    !globs_are_right(rule->columns, rule->column_count) || !http_is_right(rule))
			return false;
	}
	return true;
}

static bool
worker_is_right(const struct view_worker *view)
{
	if (view->mask_count > MASKS_MOST)
		return false;
	for (size_t i = 0; i < view->mask_count; i++) {
		const struct view_mask *mask = &view->masks[i];

		if (!globs_are_right(mask->columns, mask->column_count) ||
		    !globs_are_right(mask->fields, mask->field_count))
			return false;
	}
	for (size_t i = 0; i < view->target_count; i++) {
		if (!target_is_right(&view->targets[i]))
			return false;
	}
	for (size_t i = 0; i < view->duty_count; i++) {
		if (!duty_is_right(view, &view->duties[i]))
			return false;
	}
	for (size_t i = 0; i < view->skill_count; i++) {
		const struct view_skill_duties *skill = &view->skills[i];

		for (size_t n = 0; n < skill->duty_count; n++) {
			if (skill->duties[n] >= view->duty_count)
				return false;
		}
	}
	return true;
}

void
view_worker_pack(const struct view_worker *view, struct out *out)
{
	pack(&worker_layout, "IVW6", view, out);
}

int
view_worker_read(struct view_worker **out, struct span in)
{
	void *view = NULL;
	int status = unpack(&worker_layout, "IVW6", in, &view);

	if (status < 0)
		return status;
	if (!worker_is_right(view)) {
		view_free(view);
		return -EINVAL;
	}
	*out = view;
	return 0;
}

void
view_loader_pack(const struct view_loader *view, struct out *out)
{
	pack(&loader_layout, "IVL5", view, out);
}

int
view_loader_read(struct view_loader **out, struct span in)
{
	struct view_loader *view;
	void *block = NULL;
	int status = unpack(&loader_layout, "IVL5", in, &block);

	if (status < 0)
		return status;
	view = block;
	for (size_t i = 0; i < view->skill_count; i++) {
		if (view->skills[i].uid == 0 || view->skills[i].gid == 0) {
			view_free(view);
			return -EINVAL;
		}
	}
	*out = view;
	return 0;
}

void
view_keeper_pack(const struct view_keeper *view, struct out *out)
{
	pack(&keeper_layout, "IVK5", view, out);
}

int
view_keeper_read(struct view_keeper **out, struct span in)
{
	struct view_keeper *view;
	void *block = NULL;
	int status = unpack(&keeper_layout, "IVK5", in, &block);

	if (status < 0)
		return status;
	view = block;
	if (view->secret_count != view->target_count ||
	    view->mask_count > MASKS_MOST) {
		view_free(view);
		return -EINVAL;
	}
	*out = view;
	return 0;
}

void
view_broker_pack(const struct view_broker *view, struct out *out)
{
	pack(&broker_layout, "IVB2", view, out);
}

int
view_broker_read(struct view_broker **out, struct span in)
{
	struct view_broker *view;
	void *block = NULL;
	int status = unpack(&broker_layout, "IVB2", in, &block);

	if (status < 0)
		return status;
	view = block;
	for (size_t i = 0; i < view->approver_count; i++) {
		if (view->approvers[i].need == 0) {
			view_free(view);
			return -EINVAL;
		}
	}
	*out = view;
	return 0;
}

void
view_resolver_pack(const struct view_resolver *view, struct out *out)
{
	pack(&resolver_layout, "IVN2", view, out);
}

int
view_resolver_read(struct view_resolver **out, struct span in)
{
	void *view = NULL;
	int status = unpack(&resolver_layout, "IVN2", in, &view);

	if (status < 0)
		return status;
	*out = view;
	return 0;
}

void
view_recorder_pack(const struct view_recorder *view, struct out *out)
{
	pack(&recorder_layout, "IVR1", view, out);
}

int
view_recorder_read(struct view_recorder **out, struct span in)
{
	void *view = NULL;
	int status = unpack(&recorder_layout, "IVR1", in, &view);

	if (status < 0)
		return status;
	*out = view;
	return 0;
}

void
view_free(void *view)
{
	free(view);
}
