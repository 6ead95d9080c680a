/* Views survive packing; every prefix, every longer one, every flipped byte is refused or read whole. */
#include "view.h"

#include <errno.h>

#include "check.h"
#include "out.h"

#define TEXTS(...) (const char *[]){ __VA_ARGS__ }

static struct view_address addresses[] = { { { 1, 2, 3 }, 5432 }, { { 9 }, 1 } };
static struct view_range ranges[] = { { { 10 }, 8 }, { { 0xfd }, 128 } };
static struct view_operation operations[] = { { "o", "GET", "/a/{b}", EFFECT_READ }, { "tools/call x", "", "", EFFECT_CALL } };
static struct view_target targets[] = {
	{ .name = "shop", .is_learned = true, .port = 5432, .ranges = ranges, .range_count = 2, .protocol = PROTOCOL_POSTGRESQL, .hosts = TEXTS("db", "db2"), .host_count = 2,
	  .addresses = addresses, .address_count = 2, .tls = TLS_VERIFY_FULL, .socket = "/s", .socket_uid = 26, .tls_name = "db",
	  .tls_roots = "PEM", .resumes = true, .role = "r", .databases = TEXTS("a"), .database_count = 1, .has_secret = true, .needs_proof = true,
	  .credential = { AS_BASIC, "u", "n", "p", "r", "s", "k" } },
	{ .name = "raw", .protocol = PROTOCOL_RAW, .inspect = INSPECT_NONE, .from_skill = true,
	  .socket = "", .tls_name = "", .tls_roots = "", .role = "", .operations = operations, .operation_count = 2,
	  .is_closed = true, .api = API_MCP, .unparsable = UNPARSABLE_REDACT },
};
static struct view_condition conditions[] = {
	{ SUBJECT_FIELD, "a.b", TEST_IS, TEXTS("1", ""), 2 }, { SUBJECT_SIZE, "", TEST_AT_MOST, TEXTS("9"), 1 },
	{ SUBJECT_HEADER, "x", TEST_ABSENT, NULL, 0 },
};
static struct view_rule view_rules[] = {
	{ .effects = 3, .reaches = 2, .objects = TEXTS("public.*"), .object_count = 1, .columns = TEXTS("c", "d"),
	  .column_count = 2, .verdict = VERDICT_HOLD, .masks = 3, .row_limit = UINT64_C(1) << 40, .approvers = 1,
	  .need = 2, .expires_s = 600, .retry_s = 5, .answer = ANSWER_RETRY_202, .where = "p:1" },
	{ .effects = 1, .verdict = VERDICT_ALLOW, .where = "", .hosts = TEXTS("h", "i"), .host_count = 2, .methods = TEXTS("GET"),
	  .method_count = 1, .paths = TEXTS("/a/**"), .path_count = 1, .operations = TEXTS("o*"), .operation_count = 1,
	  .conditions = conditions, .condition_count = 3 },
};
static struct view_duty duties[] = { { "d", 1, view_rules, 2 }, { "e", 0, NULL, 0 } };
static uint32_t indices[] = { 0, 1 };
static struct view_skill_duties skill_duties[] = { { "s", indices, 2, true }, { "t", NULL, 0, false } };
static struct view_mask masks[] = {
	{ "m", TEXTS("a.b.c"), 1, 5, "x+", WAY_PARTIAL, 4, TEXTS("a.b", "c[].d"), 2 }, { "n", NULL, 0, 1, "", WAY_NULL, 0, NULL, 0 },
};
static struct view_worker worker = {
	.head = { 7, { 1, 2, 3 } }, .targets = targets, .target_count = 2, .duties = duties, .duty_count = 2,
	.skills = skill_duties, .skill_count = 2, .masks = masks, .mask_count = 2,
};
static struct view_digest digests[] = { { { 1 } }, { { 2 } } };
static struct view_skill skills[] = {
	{ .name = "s", .owner = "ann", .starters = TEXTS("ann", "*"), .starter_count = 2, .uid = 5, .gid = 6,
	  .user = "u", .folder = "/f", .excludes = TEXTS("*.log"), .exclude_count = 1, .folder_digests = digests,
	  .folder_digest_count = 2, .sockets = TEXTS("/s", "/t"), .socket_count = 2,
	  .executable = "/e", .executable_digests = digests, .executable_digest_count = 1,
	  .match = { TEXTS("i:*"), 1, TEXTS("sha256:0"), 1, TEXTS("a=b", "c"), 2, TEXTS("d"), 1, NULL, 0, TEXTS("/x/**"), 1 } },
};
static struct view_person people[] = { { "ann", 1 }, { "bob", 2 } };
static struct view_loader loader = {
	.head = { 8, { 4 } }, .targets = targets, .target_count = 2, .skills = skills, .skill_count = 1,
	.people = people, .person_count = 2, .servers = "10.0.0.2:53",
};
static struct view_secret secrets[] = { { "shop", "r", SECRET_FILE, "/x", 3, TLS_VERIFY_CA, SECRET_FILE, "/y", { AS_SIGV4, "u", "n", "p", "r", "s", "k" },
	  { GRANT_REFRESH, CLIENT_SECRET_POST, "e", "h", 443, "c", "s", "a", "r", "PEM", SECRET_FILE, "/z" } },
	{ "raw", "", SECRET_NONE, "", 0, TLS_DISABLE, SECRET_NONE, "", { 0 }, { 0 } } };
static struct view_verifier verifiers[] = { { "s", SECRET_CREDENTIAL, "s" } };
static struct view_keeper keeper = {
	.head = { 9, { 5 } }, .secrets = secrets, .secret_count = 2,
	.verifiers = verifiers, .verifier_count = 1, .masks = TEXTS("m", "n"), .mask_count = 2,
	.targets = targets, .target_count = 2,
};
static struct view_approvers groups[] = { { "leads", TEXTS("ann", "bob"), 2, 1 } };
static struct view_broker broker = {
	.head = { 10, { 6 } }, .people = people, .person_count = 2, .approvers = groups, .approver_count = 1,
	.skills = skills, .skill_count = 1, .admins = TEXTS("ann"), .admin_count = 1, .auditors = TEXTS("bob"),
	.auditor_count = 1,
};
static struct view_name names[] = { { "time", addresses, 2 }, { "none", NULL, 0 } };
static struct view_resolver resolver = {
	.head = { 12, { 8 } }, .targets = targets, .target_count = 2, .names = names, .name_count = 2,
	.servers = "10.0.0.2:53",
};
static struct view_recorder recorder = { { 11, { 7 } }, "/c", true, 1000 };

/* One name for all six kinds. */
static void pack_worker(struct out *out) { view_worker_pack(&worker, out); }
static void pack_loader(struct out *out) { view_loader_pack(&loader, out); }
static void pack_keeper(struct out *out) { view_keeper_pack(&keeper, out); }
static void pack_broker(struct out *out) { view_broker_pack(&broker, out); }
static void pack_recorder(struct out *out) { view_recorder_pack(&recorder, out); }
static void pack_resolver(struct out *out) { view_resolver_pack(&resolver, out); }
static int read_worker(void **v, struct span in, struct out *again)
{
	struct view_worker *view = *v;
	int status = view_worker_read(&view, in);

	*v = view;
	if (status == 0)
		view_worker_pack(view, again);
	return status;
}
static int read_loader(void **v, struct span in, struct out *again)
{
	struct view_loader *view = *v;
	int status = view_loader_read(&view, in);

	*v = view;
	if (status == 0)
		view_loader_pack(view, again);
	return status;
}
static int read_keeper(void **v, struct span in, struct out *again)
{
	struct view_keeper *view = *v;
	int status = view_keeper_read(&view, in);

	*v = view;
	if (status == 0)
		view_keeper_pack(view, again);
	return status;
}
static int read_broker(void **v, struct span in, struct out *again)
{
	struct view_broker *view = *v;
	int status = view_broker_read(&view, in);

	*v = view;
	if (status == 0)
		view_broker_pack(view, again);
	return status;
}
static int read_recorder(void **v, struct span in, struct out *again)
{
	struct view_recorder *view = *v;
	int status = view_recorder_read(&view, in);

	*v = view;
	if (status == 0)
		view_recorder_pack(view, again);
	return status;
}
static int read_resolver(void **v, struct span in, struct out *again)
{
	struct view_resolver *view = *v;
	int status = view_resolver_read(&view, in);

	*v = view;
	if (status == 0)
		view_resolver_pack(view, again);
	return status;
}

static const struct {
	const char *name;
	void (*pack)(struct out *);
	int (*read)(void **, struct span, struct out *);
} kinds[] = {
	{ "worker", pack_worker, read_worker }, { "loader", pack_loader, read_loader },
	{ "keeper", pack_keeper, read_keeper }, { "broker", pack_broker, read_broker },
	{ "recorder", pack_recorder, read_recorder }, { "resolver", pack_resolver, read_resolver },
};

/* Read; when it is accepted, packing it again must give the same bytes. */
static int
read_one(size_t kind, struct span in)
{
	struct out again = out_new(1 << 20);
	void *view = NULL;
	int status = kinds[kind].read(&view, on_cliff(in), &again);

	if (status == 0)
		CHECK_ROW(kinds[kind].name, span_equal(out_view(&again), in));
	else
		CHECK_ROW(kinds[kind].name, status == -EINVAL && !view);
	view_free(view);
	out_free(&again);
	return status;
}

static void
check_kind(size_t kind)
{
	struct out out = out_new(1 << 20);
	struct span packed;
	uint8_t *copy;

	kinds[kind].pack(&out);
	packed = out_view(&out);
	CHECK_ROW(kinds[kind].name, !out.failed);
	CHECK_ROW(kinds[kind].name, read_one(kind, packed) == 0);
	for (size_t n = 0; n < packed.n; n++)
		CHECK_ROW(kinds[kind].name, read_one(kind, span_head(packed, n)) == -EINVAL);
	for (size_t other = 0; other < COUNT(kinds); other++)
		CHECK_ROW(kinds[kind].name, other == kind || read_one(other, packed) == -EINVAL);
	copy = malloc(packed.n + 1);
	memcpy(copy, packed.p, packed.n);
	copy[packed.n] = 0;
	CHECK_ROW(kinds[kind].name, read_one(kind, span_of(copy, packed.n + 1)) == -EINVAL);
	for (size_t n = 0; n < packed.n; n++) {
		static const uint8_t other[] = { 0, 1, 0x7f, 0xff };

		for (size_t b = 0; b < COUNT(other); b++) {
			copy[n] = other[b];
			(void)read_one(kind, span_of(copy, packed.n));
		}
		copy[n] = packed.p[n];
	}
	free(copy);
	out_free(&out);
}

static int
read_worker_now(void)
{
	struct out out = out_new(1 << 20);
	struct view_worker *view = NULL;
	int status;

	view_worker_pack(&worker, &out);
	status = view_worker_read(&view, out_view(&out));
	view_free(view);
	out_free(&out);
	return status;
}

/* What packs but must not be believed. */
static void
check_indices(void)
{
	static char long_glob[5000];

	CHECK(read_worker_now() == 0);
	duties[0].target = 2;
	CHECK(read_worker_now() == -EINVAL);
	duties[0].target = 1;
	indices[1] = 2;
	CHECK(read_worker_now() == -EINVAL);
	indices[1] = 1;
	view_rules[0].masks = 4;
	CHECK(read_worker_now() == -EINVAL);
	view_rules[0].masks = 3;
	view_rules[0].effects = 1u << EFFECTS;
	CHECK(read_worker_now() == -EINVAL);
	view_rules[0].effects = 0;
	CHECK(read_worker_now() == -EINVAL);
	view_rules[0].effects = 3;
	view_rules[0].reaches = 8;
	CHECK(read_worker_now() == -EINVAL);
	view_rules[0].reaches = 2;
	view_rules[0].need = 0;
	CHECK(read_worker_now() == -EINVAL);
	view_rules[0].need = 2;
	masks[0].detectors = 1u << DETECTORS;
	CHECK(read_worker_now() == -EINVAL);
	masks[0].detectors = 5;
	memset(long_glob, 'a', sizeof(long_glob) - 1);
	view_rules[0].objects[0] = long_glob;
	CHECK(read_worker_now() == -EINVAL);
	view_rules[0].objects[0] = "public.*";
	masks[0].fields[1] = long_glob;
	CHECK(read_worker_now() == -EINVAL);
	masks[0].fields[1] = "c[].d";
	CHECK(read_worker_now() == 0);
}

static void
check_http(void)
{
	view_rules[1].paths[0] = "a";
	CHECK(read_worker_now() == -EINVAL);
	view_rules[1].paths[0] = "/a/**";
	conditions[1].value_count = 0;
	CHECK(read_worker_now() == -EINVAL);
	conditions[1].value_count = 1;
	conditions[2].values = TEXTS("1");
	conditions[2].value_count = 1;
	CHECK(read_worker_now() == -EINVAL);
	conditions[2].value_count = 0;
	conditions[0].test = TEST_AT_LEAST;
	CHECK(read_worker_now() == -EINVAL);
	conditions[0].test = TEST_IS;
	operations[0].method = "";
	CHECK(read_worker_now() == -EINVAL);
	operations[0].method = "GET";
	operations[0].path = "/a/{";
	CHECK(read_worker_now() == -EINVAL);
	operations[0].path = "/a/{b}";
	CHECK(read_worker_now() == 0);
}

static void
check_others(void)
{
	struct out out = out_new(1 << 20);
	struct view_resolver *asked = NULL;
	struct view_loader *view = NULL;
	struct view_keeper *kept = NULL;

	skills[0].uid = 0;
	view_loader_pack(&loader, &out);
	CHECK(view_loader_read(&view, out_view(&out)) == -EINVAL);
	skills[0].uid = 5;
	out_clear(&out);
	keeper.secret_count = 1;
	view_keeper_pack(&keeper, &out);
	CHECK(view_keeper_read(&kept, out_view(&out)) == -EINVAL);
	keeper.secret_count = 2;
	out_clear(&out);
	ranges[0].bits = 129;
	view_resolver_pack(&resolver, &out);
	CHECK(view_resolver_read(&asked, out_view(&out)) == -EINVAL);
	ranges[0].bits = 8;
	out_free(&out);
	view_free(NULL);
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		check_kind(i);
	check_indices();
	check_http();
	check_others();
	return check_end();
}
