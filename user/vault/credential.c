/* credential.c: the passwords and client certificates of targets, and verifiers of skills, read when first needed. */
#include "vault/credential.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "vault/client_key.h"
#include "vault/private.h"
#include "vault/scram_server.h"
#include "view.h"

#define NAME_SIZE 256

struct inherited {
	char name[NAME_SIZE];
	struct secret secret;
};

struct verifier_row {
	bool is_read;
	struct scram_verifier verifier;
};

struct credentials {
	uint32_t uid;
	struct inherited inherited[CREDENTIAL_INHERITED];
	size_t inherited_count;
	const struct view_keeper *view;
	struct credential *rows;	/* one for each of the view's secrets */
	size_t row_count;
	struct verifier_row *verifiers;
	size_t verifier_count;
	uint64_t numbers;
};

static void
close_directory(DIR **d)
{
	if (*d)
		closedir(*d);
	*d = NULL;
}

int
credentials_new(struct credentials **out, uint32_t uid)
{
	struct credentials *all = calloc(1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	all->uid = uid;
	*out = all;
	return 0;
}

static void
inherit_one(struct credentials *all, int dir, const char *name)
{
	struct inherited *row = &all->inherited[all->inherited_count];
	int r;

	if (strlen(name) >= sizeof(row->name))
		return;
	r = private_read(dir, name, all->uid, CREDENTIAL_MAX, &row->secret);
	if (r) {
		log_warning("credential %s was not read: %s", name, strerror(-r));
		return;
	}
	memcpy(row->name, name, strlen(name) + 1);
	all->inherited_count++;
}

void
credentials_inherit(struct credentials *all, const char *directory)
{
	cleanup(close_directory) DIR *d = NULL;
	const struct dirent *entry;

	if (!directory || directory[0] != '/')
		return;
	d = opendir(directory);
	if (!d) {
		log_warning("credentials of the service were not read: %s", strerror(errno));
		return;
	}
	while ((entry = readdir(d)) && all->inherited_count < CREDENTIAL_INHERITED)
		if (entry->d_name[0] != '.')
			inherit_one(all, dirfd(d), entry->d_name);
}

static void
empty_row(struct credential *row)
{
	client_key_free(&row->client_key);
	secret_free(&row->password);
	secret_free(&row->keys);
	*row = (struct credential){ 0 };
}

static void
empty_rows(struct credentials *all)
{
	for (size_t i = 0; i < all->row_count; i++)
		empty_row(&all->rows[i]);
	free(all->rows);
	all->rows = NULL;
	all->row_count = 0;
	for (size_t i = 0; i < all->verifier_count; i++)
		credentials_forget_verifier(all, (uint32_t)i);
	free(all->verifiers);
	all->verifiers = NULL;
	all->verifier_count = 0;
}

int
credentials_policy(struct credentials *all, const struct view_keeper *view)
{
	empty_rows(all);
	all->view = view;
	all->rows = calloc(view->secret_count + 1, sizeof(*all->rows));
	all->verifiers = calloc(view->verifier_count + 1, sizeof(*all->verifiers));
	if (!all->rows || !all->verifiers)
		return -ENOMEM;
	all->row_count = view->secret_count;
	all->verifier_count = view->verifier_count;
	return 0;
}

static int
copy_inherited(const struct credentials *all, const char *name,
    struct secret *out)
{
	for (size_t i = 0; i < all->inherited_count; i++)
		if (!strcmp(all->inherited[i].name, name))
			return secret_copy(out, secret_view(&all->inherited[i].secret));
	return -ENOENT;
}

static int
read_secret(const struct credentials *all, enum view_secret_from from, const char *path,
    struct secret *out)
{
	if (from == SECRET_CREDENTIAL)
		return copy_inherited(all, path, out);
	if (from != SECRET_FILE || path[0] != '/')
		return -ENOENT;
	return private_read(AT_FDCWD, path, all->uid, CREDENTIAL_MAX, out);
}

/* An editor's newline at the end is not part of it; nothing else is touched. */
static int
trim_secret(struct secret *secret)
{
	if (secret->n && secret->p[secret->n - 1] == '\n')
		secret->n--;
	if (!secret->n)
		return -ENODATA;
	return memchr(secret->p, 0, secret->n) ? -EINVAL : 0;
}

int
credentials_find(struct credentials *all, uint32_t target,
    struct credential **out)
{
	cleanup(secret_free) struct secret secret = { 0 };
	const struct view_secret *where;
	struct credential *row;
	int r;

	if (target >= all->row_count)
		return -ENOENT;
	row = &all->rows[target];
	where = &all->view->secrets[target];
	if (!row->password.p) {
		r = read_secret(all, where->from, where->path, &secret);
		if (!r)
			r = trim_secret(&secret);
		if (r)
			return r;
		row->password = secret;
		row->number = ++all->numbers;
		secret = (struct secret){ 0 };
	}
	*out = row;
	return 0;
}

int
credentials_find_key(struct credentials *all, uint32_t target, const struct client_key **out)
{
	cleanup(secret_free) struct secret pem = { 0 };
	const struct view_secret *where;
	struct credential *row;
	int r = 0;

	if (target >= all->row_count)
		return -ENOENT;
	row = &all->rows[target];
	where = &all->view->secrets[target];
	if (!row->client_key)
		r = read_secret(all, where->certificate_from, where->certificate, &pem);
	if (!r && !row->client_key)
		r = client_key_read(&row->client_key, secret_view(&pem));
	if (!r)
		*out = row->client_key;
	return r;
}

int
credentials_find_refresh(struct credentials *all, uint32_t target, struct secret *out)
{
	cleanup(secret_free) struct secret secret = { 0 };
	const struct view_grant *grant;
	int r;

	if (target >= all->row_count)
		return -ENOENT;
	grant = &all->view->secrets[target].grant;
	r = read_secret(all, grant->refresh_from, grant->refresh, &secret);
	if (!r)
		r = trim_secret(&secret);
	if (r)
		return r;
	*out = secret;
	secret = (struct secret){ 0 };
	return 0;
}

int
credentials_find_verifier(struct credentials *all, uint32_t index, const struct scram_verifier **out)
{
	cleanup(secret_free) struct secret text = { 0 };
	const struct view_verifier *where;
	struct verifier_row *row;
	int r = 0;

	if (index >= all->verifier_count)
		return -ENOENT;
	row = &all->verifiers[index];
	where = &all->view->verifiers[index];
	if (!row->is_read)
		r = read_secret(all, where->from, where->path, &text);
	if (!r && !row->is_read)
		r = trim_secret(&text);
	if (!r && !row->is_read)
		r = scram_verifier_read(&row->verifier, secret_view(&text));
	if (r)
		return r;
	row->is_read = true;
	*out = &row->verifier;
	return 0;
}

const struct secret *
credential_keys(const struct credential *row, const struct scram_offer *offer)
{
	if (!row->keys.p || row->count != offer->count ||
	    !span_equal(span_of(row->salt, row->salt_size),
	    span_of(offer->salt, offer->salt_size)))
		return NULL;
	return &row->keys;
}

void
credential_keep(struct credential *row, const struct scram_offer *offer,
    const struct secret *keys)
{
	struct secret copy = { 0 };

	if (secret_copy(&copy, secret_view(keys)))
		return;
	secret_free(&row->keys);
	row->keys = copy;
	memcpy(row->salt, offer->salt, sizeof(row->salt));
	row->salt_size = offer->salt_size;
	row->count = offer->count;
}

void
credentials_forget(struct credentials *all, uint32_t target)
{
	if (target < all->row_count)
		empty_row(&all->rows[target]);
}

void
credentials_forget_verifier(struct credentials *all, uint32_t index)
{
	if (index < all->verifier_count)
		explicit_bzero(&all->verifiers[index], sizeof(all->verifiers[index]));
}

void
credentials_free(struct credentials **all)
{
	if (*all) {
		empty_rows(*all);
		for (size_t i = 0; i < (*all)->inherited_count; i++)
			secret_free(&(*all)->inherited[i].secret);
	}
	free(*all);
	*all = NULL;
}
