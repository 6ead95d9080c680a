/* match.c: see match.h. Globs are the policy's (base/glob.h), over images, values and paths. */
#include "registry/match.h"

#include <stdio.h>
#include <string.h>

#include "base/glob.h"
#include "registry/own.h"
#include "view.h"

bool
match_wants_container(const struct view_match *m)
{
	return m->image_count || m->digest_count || m->label_count || m->annotation_count;
}

bool
match_is_given(const struct view_match *m)
{
	return match_wants_container(m) || m->unit_count || m->cgroup_count;
}

/* What is told of a fit: the first is enough to know it by. */
static bool
fits(char *why, const char *kind, const char *text)
{
	if (!*why)
		snprintf(why, MATCH_WHY, "%s %.140s", kind, text);
	return true;
}

static bool
fits_glob(const char **globs, size_t count, const char *text, const char *kind, char *why)
{
	for (size_t i = 0; *text && i < count; i++)
		if (glob_match(globs[i], span_text(text)))
			return fits(why, kind, text);
	return false;
}

/* "NAME" or "NAME=VALUE", of which VALUE is a glob. */
static bool
fits_pair(const char *pair, const json_t *object, const char *kind, char *why)
{
	size_t n = strcspn(pair, "=");
	char name[GLOB_LIMIT + 1];
	const char *value;

	if (n >= sizeof(name))
		return false;
	memcpy(name, pair, n);
	name[n] = '\0';
	value = json_string_value(json_object_get(object, name));
	if (!value || (pair[n] && !glob_match(pair + n + 1, span_text(value))))
		return false;
	return fits(why, kind, pair);
}

static bool
fits_pairs(const char **pairs, size_t count, const json_t *object, const char *kind, char *why)
{
	for (size_t i = 0; i < count; i++)
		if (fits_pair(pairs[i], object, kind, why))
			return true;
	return false;
}

/* What is in the image is told by its manifest or by its configuration. */
static bool
fits_digest(const struct view_match *m, const struct container *c, char *why)
{
	for (size_t i = 0; i < m->digest_count; i++)
		if (strcmp(m->digests[i], c->digest) == 0 || strcmp(m->digests[i], c->image_id) == 0)
			return fits(why, "digest", m->digests[i]);
	return false;
}

static bool
fits_container(const struct view_match *m, const struct container *c, char *why)
{
	if (m->digest_count && !fits_digest(m, c, why))
		return false;
	if (m->label_count && !fits_pairs(m->labels, m->label_count, c->labels, "label", why))
		return false;
	if (m->annotation_count && !fits_pairs(m->annotations, m->annotation_count,
	    c->annotations, "annotation", why))
		return false;
	return !m->image_count || fits_glob(m->images, m->image_count, c->image, "image", why);
}

bool
match_fits(const struct view_match *m, const struct container *c, const char *group,
    char why[MATCH_WHY])
{
	const char *unit = strrchr(group, '/');

	*why = '\0';
	if (!match_is_given(m) || (match_wants_container(m) && !c))
		return false;
	if (c && !fits_container(m, c, why))
		return false;
	if (m->unit_count && !fits_glob(m->units, m->unit_count, unit ? unit + 1 : group, "unit", why))
		return false;
	return !m->cgroup_count || fits_glob(m->cgroups, m->cgroup_count, group, "cgroup", why);
}
