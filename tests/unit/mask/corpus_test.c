/*
 * Recall and false hits on public corpora, where the folder INTERLOCK_DATA (or
 * ../shared/data beside the sources) has them. The counts are printed for
 * people; what is asserted is that no text makes a detector misbehave, and
 * floors well below what was measured. Without the folder it says so.
 */
#include <jansson.h>

#include "mask/mask.h"

#include "check.h"

struct score {
	unsigned int hit, missed, quiet, false_hits;
};

static const struct {
	const char *label;
	enum view_detector detector;
} labels[] = {
	{ "CREDIT_CARD", DETECT_CARD }, { "US_SSN", DETECT_SSN },
	{ "EMAIL_ADDRESS", DETECT_EMAIL }, { "PHONE_NUMBER", DETECT_PHONE },
	{ "IBAN_CODE", DETECT_IBAN }, { "IP_ADDRESS", DETECT_IP },
	{ "jwt", DETECT_JWT }, { "private-key", DETECT_PRIVATE_KEY },
	{ "aws-access-token", DETECT_AWS }, { "github-pat", DETECT_GITHUB },
	{ "github-oauth", DETECT_GITHUB }, { "github-app-token", DETECT_GITHUB },
	{ "github-refresh-token", DETECT_GITHUB }, { "github-fine-grained-pat", DETECT_GITHUB },
	{ "slack-bot-token", DETECT_SLACK }, { "slack-user-token", DETECT_SLACK },
	{ "slack-app-token", DETECT_SLACK }, { "slack-webhook-url", DETECT_SLACK },
	{ "slack-legacy-bot-token", DETECT_SLACK }, { "slack-legacy-token", DETECT_SLACK },
	{ "slack-legacy-workspace-token", DETECT_SLACK },
	{ "slack-config-access-token", DETECT_SLACK }, { "slack-config-refresh-token", DETECT_SLACK },
	{ "ES_NIF", DETECT_NATIONAL_ID }, { "ES_NIE", DETECT_NATIONAL_ID }, { "FI_PERSONAL_IDENTITY_CODE", DETECT_NATIONAL_ID },
	{ "PL_PESEL", DETECT_NATIONAL_ID }, { "IN_AADHAAR", DETECT_NATIONAL_ID }, { "IN_GSTIN", DETECT_NATIONAL_ID },
	{ "KR_RRN", DETECT_NATIONAL_ID }, { "TR_NATIONAL_ID", DETECT_NATIONAL_ID }, { "SE_PERSONNUMMER", DETECT_NATIONAL_ID },
	{ "DE_TAX_ID", DETECT_NATIONAL_ID }, { "DE_SOCIAL_SECURITY", DETECT_NATIONAL_ID }, { "US_MBI", DETECT_NATIONAL_ID },
	{ "CA_SIN", DETECT_NATIONAL_ID }, { "UK_NHS", DETECT_NATIONAL_ID }, { "UK_NINO", DETECT_NATIONAL_ID },
	{ "SG_NRIC_FIN", DETECT_NATIONAL_ID },
	{ "sendgrid-api-token", DETECT_TOKEN }, { "stripe-access-token", DETECT_TOKEN }, { "gitlab-pat", DETECT_TOKEN },
	{ "npm-access-token", DETECT_TOKEN }, { "pypi-upload-token", DETECT_TOKEN }, { "gcp-api-key", DETECT_TOKEN },
	{ "openai-api-key", DETECT_TOKEN }, { "digitalocean-pat", DETECT_TOKEN }, { "huggingface-access-token", DETECT_TOKEN },
	{ "planetscale-api-token", DETECT_TOKEN }, { "jwt-base64", DETECT_TOKEN }, { "telegram-bot-api-token", DETECT_TOKEN },
};

static struct score scores[COUNT(labels)];

static size_t
label_of(const char *text)
{
	size_t i = 0;

	while (i < COUNT(labels) && (!text || strcmp(labels[i].label, text) != 0))
		i++;
	return i;
}

static void
judge(size_t label, const char *text, bool expected)
{
	struct span in = on_cliff(span_text(text));
	size_t page = (size_t)sysconf(_SC_PAGESIZE), at, n;
	bool found = mask_detect(labels[label].detector, in, &at, &n);
	uint8_t *base = (uint8_t *)((uintptr_t)(in.p + in.n) - (in.n + page) / page * page - page);

	if (found)
		CHECK(n && at + n <= in.n);
	munmap(base, (in.n + page) / page * page + 2 * page);
	if (expected)
		found ? scores[label].hit++ : scores[label].missed++;
	else
		found ? scores[label].false_hits++ : scores[label].quiet++;
	if (getenv("VERBOSE") && found != expected)
		printf("%s %s: %.150s\n", expected ? "missed" : "false", labels[label].label, text);
}

static FILE *
corpus(const char *name)
{
	const char *folder = getenv("INTERLOCK_DATA");
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder ? folder : "../shared/data", name);
	return fopen(path, "r");
}

/* A count, or true: json_integer_value takes true for 0. */
static bool
is_expected(const json_t *value)
{
	return json_is_true(value) || json_integer_value(value) > 0;
}

/* One document a line: label, text, expected. */
static void
lines(const char *file, const char *label_key, const char *expected_key)
{
	FILE *f = corpus(file);
	char *line = NULL;
	size_t room = 0;

	if (!f) {
		printf("not tested here: %s is absent\n", file);
		CHECK(true);
		return;
	}
	while (getline(&line, &room, f) > 0) {
		json_t *row = json_loads(line, 0, NULL);
		size_t label = label_of(json_string_value(json_object_get(row, label_key)));
		const char *text = json_string_value(json_object_get(row, "text"));

		if (label < COUNT(labels) && text)
			judge(label, text, is_expected(json_object_get(row, expected_key)));
		json_decref(row);
	}
	free(line);
	fclose(f);
}

/* Texts with the kinds of personal data in them: every kind a text lacks must be quiet. */
static void
spans(void)
{
	FILE *f = corpus("pii-spans.json");
	json_t *all = f ? json_loadf(f, 0, NULL) : NULL, *one, *span;
	size_t i, j;

	json_array_foreach(all, i, one) {
		const char *text = json_string_value(json_object_get(one, "full_text"));

		for (size_t label = 0; text && label < 6; label++) {
			bool expected = false;

			json_array_foreach(json_object_get(one, "spans"), j, span) {
				const char *type = json_string_value(json_object_get(span, "entity_type"));

				expected |= label_of(type) == label;
			}
			judge(label, text, expected);
		}
	}
	json_decref(all);
	if (f)
		fclose(f);
}

int
main(void)
{
	lines("presidio-recognizers.jsonl", "entity", "expected");
	lines("gitleaks-corpus.jsonl", "rule", "label");
	spans();
	printf("%-30s %6s %6s %6s %6s\n", "kind", "hit", "missed", "quiet", "false");
	for (size_t i = 0; i < COUNT(labels); i++) {
		const struct score *s = &scores[i];

		printf("%-30s %6u %6u %6u %6u\n", labels[i].label, s->hit, s->missed,
		    s->quiet, s->false_hits);
		CHECK_ROW(labels[i].label, 10 * s->hit >= 6 * (s->hit + s->missed));
	}
	return check_end();
}
