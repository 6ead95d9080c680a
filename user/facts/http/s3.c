/*
 * s3.c: requests of the S3 protocol (Amazon S3 API Reference, "Actions"). The object is
 * "/bucket/key", whichever way the bucket is named; what is done follows from the
 * method, from whether there is a key, and from at most one name in the query that
 * chooses a part of the resource. A name there that is not known could choose too.
 */
#include "base/caseless.h"
#include "base/glob.h"
#include "facts/http/inside.h"

enum depth { DEPTH_SERVICE, DEPTH_BUCKET, DEPTH_OBJECT };

struct action_row {
	const char *method;
	enum depth depth;
	const char *part;	/* name in the query that chooses it */
	const char *name;
	enum effect effect;
	bool is_elsewhere;	/* the body says which keys */
};

static const struct action_row actions[] = {
	{ "GET", DEPTH_SERVICE, "", "ListBuckets", EFFECT_READ, false },
	{ "GET", DEPTH_BUCKET, "", "ListObjects", EFFECT_READ, false },
	{ "GET", DEPTH_BUCKET, "list-type", "ListObjectsV2", EFFECT_READ, false },
	{ "GET", DEPTH_BUCKET, "versions", "ListObjectVersions", EFFECT_READ, false },
	{ "GET", DEPTH_BUCKET, "uploads", "ListMultipartUploads", EFFECT_READ, false },
	{ "HEAD", DEPTH_BUCKET, "", "HeadBucket", EFFECT_READ, false },
	{ "PUT", DEPTH_BUCKET, "", "CreateBucket", EFFECT_DEFINE, false },
	{ "DELETE", DEPTH_BUCKET, "", "DeleteBucket", EFFECT_DEFINE, false },
	{ "POST", DEPTH_BUCKET, "delete", "DeleteObjects", EFFECT_DELETE, true },
	{ "POST", DEPTH_BUCKET, "", "PostObject", EFFECT_UPDATE, true },
	{ "GET", DEPTH_OBJECT, "", "GetObject", EFFECT_READ, false },
	{ "HEAD", DEPTH_OBJECT, "", "HeadObject", EFFECT_READ, false },
	{ "GET", DEPTH_OBJECT, "uploadId", "ListParts", EFFECT_READ, false },
	{ "PUT", DEPTH_OBJECT, "", "PutObject", EFFECT_UPDATE, false },
	{ "PUT", DEPTH_OBJECT, "uploadId", "UploadPart", EFFECT_UPDATE, false },
	{ "POST", DEPTH_OBJECT, "uploads", "CreateMultipartUpload", EFFECT_UPDATE, false },
	{ "POST", DEPTH_OBJECT, "uploadId", "CompleteMultipartUpload", EFFECT_UPDATE, false },
	{ "DELETE", DEPTH_OBJECT, "uploadId", "AbortMultipartUpload", EFFECT_UPDATE, false },
	{ "DELETE", DEPTH_OBJECT, "", "DeleteObject", EFFECT_DELETE, false },
	{ "POST", DEPTH_OBJECT, "select", "SelectObjectContent", EFFECT_READ, false },
	{ "POST", DEPTH_OBJECT, "restore", "RestoreObject", EFFECT_CALL, false },
	{ "GET", DEPTH_OBJECT, "attributes", "GetObjectAttributes", EFFECT_READ, false },
	{ "GET", DEPTH_OBJECT, "torrent", "GetObjectTorrent", EFFECT_READ, false },
	{ "PUT", DEPTH_OBJECT, "tagging", "PutObjectTagging", EFFECT_UPDATE, false },
	{ "DELETE", DEPTH_OBJECT, "tagging", "DeleteObjectTagging", EFFECT_UPDATE, false },
};

/* Parts of a bucket or object that are read by GET, and set or taken away by the rest. */
static const struct {
	const char *part;
	enum effect effect;
} parts[] = {
	{ "acl", EFFECT_GRANT }, { "policy", EFFECT_GRANT }, { "policyStatus", EFFECT_GRANT },
	{ "publicAccessBlock", EFFECT_GRANT }, { "ownershipControls", EFFECT_GRANT }, { "accelerate", EFFECT_DEFINE },
	{ "analytics", EFFECT_DEFINE }, { "cors", EFFECT_DEFINE }, { "encryption", EFFECT_DEFINE },
	{ "intelligent-tiering", EFFECT_DEFINE }, { "inventory", EFFECT_DEFINE }, { "legal-hold", EFFECT_DEFINE },
	{ "lifecycle", EFFECT_DEFINE }, { "location", EFFECT_DEFINE }, { "logging", EFFECT_DEFINE }, { "metrics", EFFECT_DEFINE },
	{ "notification", EFFECT_DEFINE }, { "object-lock", EFFECT_DEFINE }, { "replication", EFFECT_DEFINE },
	{ "requestPayment", EFFECT_DEFINE }, { "retention", EFFECT_DEFINE }, { "tagging", EFFECT_DEFINE },
	{ "versioning", EFFECT_DEFINE }, { "website", EFFECT_DEFINE },
};

/* Names in a query that choose nothing: what is listed and how, versions, and a signature. */
static const char *const plain[] = {
	"prefix", "delimiter", "marker", "max-keys", "continuation-token", "start-after", "encoding-type", "fetch-owner",
	"key-marker", "version-id-marker", "upload-id-marker", "max-uploads", "max-parts", "part-number-marker", "max-buckets",
	"bucket-region", "versionId", "partNumber", "select-type", "id", "x-id", "response-**", "X-Amz-**", "AWSAccessKeyId",
	"Signature", "Expires",
};

static bool
is_plain(struct span name)
{
	for (size_t i = 0; i < COUNT(plain); i++) {
		if (glob_match(plain[i], name))
			return true;
	}
	return false;
}

static bool
is_part(struct span name)
{
	for (size_t i = 0; i < COUNT(actions); i++) {
		if (actions[i].part[0] && span_is(name, actions[i].part))
			return true;
	}
	for (size_t i = 0; i < COUNT(parts); i++) {
		if (span_is(name, parts[i].part))
			return true;
	}
	return false;
}

/* The name in the query that chooses; empty: none does. */
static struct span
find_part(struct explaining *explaining)
{
	const struct pairs *query = &explaining->pairs[HTTP_QUERY];
	struct span part = span_of("", 0);

	if (query->is_open)
		http_doubt(explaining, "its query cannot be read");
	for (size_t i = 0; i < query->n; i++) {
		struct span name = query->v[i].name;

		if (is_part(name) && (part.n == 0 || span_equal(part, name)))
			part = name;
		else if (is_part(name))
			http_doubt(explaining, "its query asks for two things");
		else if (!is_plain(name))
			http_doubt(explaining, "its query has a name that S3 does not know");
	}
	return part;
}

/* The bucket that the host names: "b.s3.example" beside "s3.example", "b.s3.REGION.amazonaws.com". */
static struct span
bucket_of_host(const struct explaining *explaining)
{
	struct span host = explaining->facts->host;
	const struct view_target *target = explaining->target;
	const uint8_t *mark = host.n ? memmem(host.p, host.n, ".s3.", 4) : NULL;

	for (size_t i = 0; i < target->host_count; i++) {
		struct span end = span_text(target->hosts[i]);

		if (host.n > end.n + 1 && host.p[host.n - end.n - 1] == '.' && span_equal(span_skip(host, host.n - end.n), end))
			return span_head(host, host.n - end.n - 1);
	}
	if (!mark && host.n)
		mark = memmem(host.p, host.n, ".s3-", 4);
	return mark ? span_head(host, (size_t)(mark - host.p)) : span_of("", 0);
}

/* "/bucket/key" and how deep that is. */
static struct span
find_object(struct explaining *explaining, enum depth *depth)
{
	struct span path = explaining->facts->path, bucket = bucket_of_host(explaining);
	bool is_root = path.n <= 1;
	uint8_t *p;

	if (bucket.n == 0) {
		*depth = is_root ? DEPTH_SERVICE : memchr(path.p + 1, '/', path.n - 1) ? DEPTH_OBJECT : DEPTH_BUCKET;
		return path;
	}
	*depth = is_root ? DEPTH_BUCKET : DEPTH_OBJECT;
	p = http_take(explaining, 1 + bucket.n + path.n);
	if (!p || path.n == 0)
		return path;
	p[0] = '/';
	memcpy(p + 1, bucket.p, bucket.n);
	if (!is_root)
		memcpy(p + 1 + bucket.n, path.p, path.n);
	return span_of(p, 1 + bucket.n + (is_root ? 0 : path.n));
}

/* A part that is no action of its own. */
static bool
find_in_parts(struct explaining *explaining, struct span part, struct meant *meant)
{
	struct span method = explaining->facts->method;

	for (size_t i = 0; i < COUNT(parts); i++) {
		if (!span_is(part, parts[i].part))
			continue;
		meant->operation = part;
		meant->effect = span_is(method, "GET") || span_is(method, "HEAD") ? EFFECT_READ : parts[i].effect;
		return span_is(method, "GET") || span_is(method, "PUT") || span_is(method, "DELETE");
	}
	return false;
}

static bool
find_action(struct explaining *explaining, enum depth depth, struct span part, struct meant *meant)
{
	for (size_t i = 0; i < COUNT(actions); i++) {
		const struct action_row *row = &actions[i];

		if (row->depth != depth || !span_is(part, row->part) || !span_is(explaining->facts->method, row->method))
			continue;
		meant->operation = span_text(row->name);
		meant->effect = row->effect;
		meant->is_elsewhere = row->is_elsewhere;
		return true;
	}
	return depth != DEPTH_SERVICE && find_in_parts(explaining, part, meant);
}

/* What a copy is made of is read. */
static void
explain_source(struct explaining *explaining, bool is_written)
{
	struct meant meant = { .effect = EFFECT_READ, .operation = SPAN("CopySource") };
	const uint8_t *mark;
	struct span value;
	const char *doubt;
	size_t count;
	uint8_t *p;

	(void)http_header(explaining, "x-amz-copy-source", &value, &count);
	if (count == 0)
		return;
	mark = value.n ? memchr(value.p, '?', value.n) : NULL;
	value = mark ? span_head(value, (size_t)(mark - value.p)) : value;
	p = http_take(explaining, value.n + 1);
	if (!p)
		return;
	p[0] = '/';
	memcpy(p + 1, value.p, value.n);
	if (value.n == 0 || value.p[0] != '/')
		value = span_of(p, value.n + 1);
	doubt = count > 1 || !is_written ? "it copies in a way that S3 does not know" :
	    http_canonical(explaining, value, &meant.object);
	if (doubt)
		http_doubt(explaining, doubt);
	else
		http_add_act(explaining, &meant);
}

/* Does this field of the head give rights, or take a lock away? */
static bool
gives_rights(const struct wire_pair *header)
{
	if (caseless_equal(header->name, SPAN("x-amz-acl")))
		return !span_is(header->value, "private");
	return caseless_equal(span_head(header->name, 12), SPAN("x-amz-grant-")) ||
	    caseless_equal(header->name, SPAN("x-amz-bypass-governance-retention"));
}

/* Rights that are given along with what is written. */
static void
explain_rights(struct explaining *explaining, struct span object)
{
	struct meant meant = { .effect = EFFECT_GRANT, .operation = SPAN("acl"), .object = object };
	const struct wire_request *request = explaining->request;

	for (size_t i = 0; i < request->header_count; i++) {
		if (gives_rights(&request->headers[i])) {
			http_add_act(explaining, &meant);
			return;
		}
	}
}

void
http_explain_s3(struct explaining *explaining)
{
	struct meant meant = { .effect = EFFECT_UNKNOWN };
	struct span part = find_part(explaining);
	const struct view_operation *operation;
	enum depth depth;

	meant.object = find_object(explaining, &depth);
	if (explaining->facts->path.n && !find_action(explaining, depth, part, &meant))
		http_doubt(explaining, "S3 has no such request");
	operation = http_find_named(explaining, meant.operation);
	if (operation)
		meant.effect = operation->effect;
	if (meant.is_elsewhere)
		meant.note = "its body says which keys";
	http_add_act(explaining, &meant);
	explain_source(explaining, meant.effect == EFFECT_UPDATE);
	explain_rights(explaining, meant.is_elsewhere ? span_of("", 0) : meant.object);
}
