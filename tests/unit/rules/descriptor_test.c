/*
 * Descriptor sets: what becomes of one in the view, and what is wrong with others; a set that
 * is cut anywhere is a fault, and one with other bytes in it is a fault or in order.
 */
#include "rules/rules.h"

#include <errno.h>

#include "../proto.h"
#include "check.h"
#include "view/schema.h"

static char directory[] = "/tmp/interlock-set-XXXXXX";
static struct faults faults;

static void
put(const char *name, struct span bytes)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (!file || (bytes.n && fwrite(bytes.p, bytes.n, 1, file) != 1) || fclose(file))
		abort();
}

static struct rules *
load(struct span set, const char *more, int *status)
{
	struct rules_options options = { .uid_base = 60800, .is_offline = true };
	struct rules *rules = NULL;
	char text[512];

	snprintf(text, sizeof(text), "version: 1\ntargets:\n  web: {protocol: http, names: [a.example], addresses: [10.0.0.1], %s}\n", more);
	put("policy.yaml", span_text(text));
	put("set.pb", set);
	memset(&faults, 0, sizeof(faults));
	*status = rules_load(&rules, directory, &options, &faults);
	return rules;
}

#define FIELD(name, number, label, type, more) "2:{1:'" name "' 3:" number " 4:" label " 5:" type " " more "}"
#define IN "3:{1:'In' " FIELD("x", "1", "1", "3", "") "}"
#define MAP "3:{1:'NotesEntry' " FIELD("key", "1", "1", "9", "") FIELD("value", "2", "1", "9", "") " 7:{7:1}}"
#define MSG "4:{1:'Msg' " FIELD("card", "2", "1", "9", "") FIELD("kind", "1", "1", "14", "6:'.t.K'") \
	FIELD("inner", "3", "3", "11", "6:'.t.Msg.In'") FIELD("notes", "4", "3", "11", "6:'.t.Msg.NotesEntry'") \
	FIELD("a", "5", "1", "9", "9:0") FIELD("o", "6", "1", "9", "9:1 17:1") IN MAP "}"
#define ENUM "5:{1:'K' 2:{1:'A' 2:0} 2:{1:'B' 2:18446744073709551615}}"
#define SERVICE "6:{1:'S' 2:{1:'Put' 2:'.t.Msg' 3:'.t.Msg.In' 5:1 6:1} 2:{1:'Get' 2:'.t.Msg' 3:'.t.Msg' 4:{34:1}}}"
#define OLD "1:{2:'u' 4:{1:'Old' " FIELD("f", "1", "2", "9", "") FIELD("g", "2", "1", "10", "6:'.u.Old.G'") " 3:{1:'G'}} " \
	"7:{1:'more' 2:'.u.Old' 3:100 4:1 5:9}}"
#define FILE_OF(rest) "1:{2:'t' 12:'proto3' " rest "}"
#define SET FILE_OF(MSG ENUM SERVICE) OLD

static void
check_view(void)
{
	int status;
	struct rules *rules = load(proto_of(SET), "api: grpc, descriptors: set.pb", &status);
	const struct view_schema *schema;
	const struct view_message *msg, *old;
	const struct view_method *get, *put_;

	if (!CHECK(rules)) {
		fprintf(stderr, "  %s\n", faults.v[0].text);
		return;
	}
	schema = &rules->worker.targets[0].schema;
	msg = schema_message(schema, SPAN("t.Msg"));
	old = schema_message(schema, SPAN("u.Old"));
	get = schema_method(schema, SPAN("t.S/Get"));
	put_ = schema_method(schema, SPAN("t.S/Put"));
	CHECK(schema->message_count == 5 && schema->enum_count == 1 && schema->method_count == 2 && rules->worker.targets[0].is_closed);
	if (CHECK(msg && old && get && put_)) {
		CHECK(get->is_read && !get->has_many_asks && &schema->messages[get->input] == msg && get->output == get->input);
		CHECK(!put_->is_read && put_->has_many_asks && put_->has_many_answers);
		CHECK(strcmp(schema->messages[put_->output].name, "t.Msg.In") == 0);
		CHECK(msg->field_count == 6 && msg->fields[0].proto == PROTO_ENUM && msg->fields[0].is_implicit);
		CHECK(msg->fields[1].is_implicit && !msg->fields[1].oneof && strcmp(msg->fields[1].name, "card") == 0);
		CHECK(msg->fields[2].is_repeated && !msg->fields[2].is_implicit && !schema_is_map(schema, &msg->fields[2]));
		CHECK(schema_is_map(schema, &msg->fields[3]) && msg->fields[4].oneof == 1 && !msg->fields[4].is_implicit);
		CHECK(!msg->fields[5].oneof && !msg->fields[5].is_implicit);
		CHECK(old->field_count == 3 && !old->fields[0].is_implicit && old->fields[1].proto == PROTO_GROUP);
		CHECK(old->fields[2].number == 100 && strcmp(old->fields[2].name, "more") == 0);
		CHECK(span_is(schema_value(&schema->enums[0], UINT64_MAX), "B") && schema_value(&schema->enums[0], 7).n == 0);
	}
	rules_free(&rules);
}

/* What a worker reads of it is the same. */
static void
check_packed(void)
{
	int status;
	struct rules *rules = load(proto_of(SET), "api: grpc, descriptors: set.pb", &status);
	struct view_worker *view = NULL;
	struct out out = out_new(1 << 20);

	if (!CHECK(rules))
		return;
	view_worker_pack(&rules->worker, &out);
	CHECK(view_worker_read(&view, out_view(&out)) == 0);
	if (view)
		CHECK(view->targets[0].schema.message_count == 5 && schema_method(&view->targets[0].schema, SPAN("t.S/Get")));
	view_free(view);
	rules->worker.targets[0].schema.methods[0].input = 5;
	out_clear(&out);
	view_worker_pack(&rules->worker, &out);
	view = NULL;
	CHECK(view_worker_read(&view, out_view(&out)) == -EINVAL);
	out_free(&out);
	rules_free(&rules);
}

static const struct {
	const char *name, *set, *fault;
} rows[] = {
	{ "nothing", "", "it has no methods" },
	{ "no methods", FILE_OF(MSG ENUM), "it has no methods" },
	{ "an edition", "1:{2:'t' 12:'editions' " MSG ENUM SERVICE "}", "t is neither of proto2 nor of proto3" },
	{ "a type that is not there", FILE_OF(MSG SERVICE), "t.Msg has a field whose type is not in the set" },
	{ "messages that are not there", FILE_OF(ENUM SERVICE), "t.S has a method whose messages are not in the set" },
	{ "a message twice", FILE_OF(MSG MSG ENUM SERVICE), "t.Msg is there twice" },
	{ "a file twice", FILE_OF(MSG ENUM SERVICE) FILE_OF(MSG ENUM SERVICE), "is there twice" },
	{ "a service twice", FILE_OF(MSG ENUM SERVICE SERVICE), "it does not fit together" },
	{ "a number twice", FILE_OF(MSG ENUM SERVICE "4:{1:'D' " FIELD("a", "1", "1", "9", "") FIELD("b", "1", "1", "9", "") "}"), "t.D has a number twice" },
	{ "number 0", FILE_OF("4:{1:'D' " FIELD("a", "0", "1", "9", "") "}" SERVICE), "no right name, number or type" },
	{ "a number too large", FILE_OF("4:{1:'D' " FIELD("a", "536870912", "1", "9", "") "}" SERVICE), "no right name, number or type" },
	{ "type 19", FILE_OF("4:{1:'D' " FIELD("a", "1", "1", "19", "") "}" SERVICE), "no right name, number or type" },
	{ "a name that is none", FILE_OF("4:{1:'a b'}" SERVICE), "without a right name" },
	{ "an enum without values", FILE_OF(MSG "5:{1:'K'}" SERVICE), "t.K is an enum without values" },
	{ "an enum as a message", FILE_OF("4:{1:'D' " FIELD("a", "1", "1", "11", "6:'.t.K'") "}" ENUM SERVICE), "type is not in the set" },
	{ "a map of three", FILE_OF(MSG ENUM SERVICE "4:{1:'M' " FIELD("a", "1", "1", "9", "") FIELD("b", "2", "1", "9", "") FIELD("c", "3", "1", "9", "")
	  " 7:{7:1}}"), "does not fit together" },
	{ "an extension of nothing", FILE_OF(MSG ENUM SERVICE "7:{1:'x' 2:'.t.None' 3:1 4:1 5:9}"), "extends what is not in the set" },
	{ "a file that is none", "1:'\xff'", "is cut, or none" },
	{ "a message that is none", FILE_OF("4:{1:'D' 99:'x' 3:'\xff'}"), "without a right name" },
};

static void
check_rows(void)
{
	static const char *const others[][2] = {
		{ "api: grpc", "found api grpc without descriptors" }, { "descriptors: set.pb", "found descriptors with api rest" },
		{ "api: grpc, descriptors: none.pb", "No such file" }, { "api: grpc, descriptors: set.pb, openapi: x", "found openapi with api grpc" },
	};
	struct rules *rules;
	int status;

	for (size_t i = 0; i < COUNT(rows); i++) {
		rules = load(proto_of(rows[i].set), "api: grpc, descriptors: set.pb", &status);
		CHECK_ROW(rows[i].name, !rules && status == -EINVAL);
		if (!CHECK_ROW(rows[i].name, faults.count && strstr(faults.v[0].text, rows[i].fault)))
			fprintf(stderr, "  %s\n", faults.v[0].text);
		rules_free(&rules);
	}
	for (size_t i = 0; i < COUNT(others); i++) {
		rules = load(proto_of(SET), others[i][0], &status);
		CHECK_ROW(others[i][0], !rules && faults.count && strstr(faults.v[0].text, others[i][1]));
		rules_free(&rules);
	}
}

static void
check_bytes(void)
{
	struct span set = proto_of(SET);
	struct out changed = out_new(1 << 16);
	uint32_t random = 7;
	int status;

	for (size_t n = 0; n < set.n; n++) {
		struct rules *rules = load(span_head(set, n), "api: grpc, descriptors: set.pb", &status);

		/* the second file may be missing whole */
		CHECK(!rules || n == proto_of(FILE_OF(MSG ENUM SERVICE)).n);
		rules_free(&rules);
	}
	for (size_t i = 0; i < 1500; i++) {
		struct rules *rules;

		out_clear(&changed);
		out_span(&changed, set);
		random = random * 1664525u + 1013904223u;
		changed.p[(random >> 8) % changed.n] ^= (uint8_t)(1u << (random >> 29));
		rules = load(out_view(&changed), "api: grpc, descriptors: set.pb", &status);
		CHECK(!rules || schema_is_right(&rules->worker.targets[0].schema));
		rules_free(&rules);
	}
	out_free(&changed);
}

int
main(void)
{
	char command[64];

	if (!mkdtemp(directory))
		return 1;
	check_view();
	check_packed();
	check_rows();
	check_bytes();
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command) ? 1 : check_end();
}
