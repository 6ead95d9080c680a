/*
 * kept_key.c: a key whose private half is somewhere else, as OpenSSL sees one.
 * A provider of our own (provider(7)) with keys and their signatures. A key is a public one
 * of OpenSSL's, which answers whatever is asked of a public key, and a function that
 * signs. It is never exported with a private half: so OpenSSL finds that no other provider
 * can sign with it, and comes back to this one. The provider lives in a library context of
 * its own: nobody who asks for an RSA key elsewhere is given one of these.
 * Which hash and padding a signature has is for who signs to know, and settled before.
 */
#include "unwrap/kept_key.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define PROVIDER "kept"
#define PARAMETER "kept"	/* a struct kept, by which a key is made */

struct kept {
	EVP_PKEY *public;
	kept_sign_fn *sign;
	void *arg;
};

/* ---- keys: provider-keymgmt(7) ---------------------------------------------------- */

static void *
key_new(void *provider)
{
	(void)provider;
	return calloc(1, sizeof(struct kept));
}

static void
key_free(void *data)
{
	struct kept *key = data;

	if (key)
		EVP_PKEY_free(key->public);
	free(key);
}

static int
key_has(const void *key, int selection)
{
	(void)key, (void)selection;
	return 1;
}

static int
key_import(void *key, int selection, const OSSL_PARAM params[])
{
	const OSSL_PARAM *from = OSSL_PARAM_locate_const(params, PARAMETER);

	(void)selection;
	if (!from || from->data_size != sizeof(struct kept))
		return 0;
	memcpy(key, from->data, sizeof(struct kept));
	return EVP_PKEY_up_ref(((struct kept *)key)->public);
}

static const OSSL_PARAM *
key_import_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_DEFN(PARAMETER, OSSL_PARAM_OCTET_STRING, NULL, 0), OSSL_PARAM_END
	};

	(void)selection;
	return types;
}

/* The public half only. */
static int
key_export(void *key, int selection, OSSL_CALLBACK *put, void *arg)
{
	OSSL_PARAM *params = NULL;
	int r;

	if (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY ||
	    EVP_PKEY_todata(((struct kept *)key)->public, selection, &params) != 1)
		return 0;
	r = put(params, arg);
	OSSL_PARAM_free(params);
	return r;
}

static const OSSL_PARAM *
key_export_types(int selection)
{
	(void)selection;
	return NULL;
}

static int
key_get(void *key, OSSL_PARAM params[])
{
	return EVP_PKEY_get_params(((struct kept *)key)->public, params);
}

static const OSSL_PARAM *
key_gettable(void *provider)
{
	static const OSSL_PARAM all[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_END
	};

	(void)provider;
	return all;
}

static const OSSL_DISPATCH key_calls[] = {
	{ OSSL_FUNC_KEYMGMT_NEW, (void (*)(void))key_new },
	{ OSSL_FUNC_KEYMGMT_FREE, (void (*)(void))key_free },
	{ OSSL_FUNC_KEYMGMT_HAS, (void (*)(void))key_has },
	{ OSSL_FUNC_KEYMGMT_IMPORT, (void (*)(void))key_import },
	{ OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (void (*)(void))key_import_types },
	{ OSSL_FUNC_KEYMGMT_EXPORT, (void (*)(void))key_export },
	{ OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (void (*)(void))key_export_types },
	{ OSSL_FUNC_KEYMGMT_GET_PARAMS, (void (*)(void))key_get },
	{ OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (void (*)(void))key_gettable },
	{ 0, NULL },
};

/* ---- signatures: provider-signature(7) ---------------------------------------------- */

struct signing {
	const struct kept *key;
};

static void *
signing_new(void *provider, const char *properties)
{
	(void)provider, (void)properties;
	return calloc(1, sizeof(struct signing));
}

static int
signing_begin(void *signing, const char *hash, void *key, const OSSL_PARAM params[])
{
	(void)hash, (void)params;
	((struct signing *)signing)->key = key;
	return 1;
}

static int
signing_do(void *signing, unsigned char *out, size_t *n, size_t room, const unsigned char *in, size_t in_n)
{
	const struct kept *key = ((struct signing *)signing)->key;

	if (!key)
		return 0;
	if (!out) {
		*n = KEPT_SIGNATURE_MAX;
		return 1;
	}
	*n = key->sign(key->arg, span_of(in, in_n), out, room);
	return *n > 0;
}

static int
signing_set(void *signing, const OSSL_PARAM params[])
{
	(void)signing, (void)params;
	return 1;
}

static const OSSL_PARAM *
signing_settable(void *signing, void *provider)
{
	static const OSSL_PARAM all[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
		OSSL_PARAM_END
	};

	(void)signing, (void)provider;
	return all;
}

static const OSSL_DISPATCH signing_calls[] = {
	{ OSSL_FUNC_SIGNATURE_NEWCTX, (void (*)(void))signing_new },
	{ OSSL_FUNC_SIGNATURE_FREECTX, (void (*)(void))free },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (void (*)(void))signing_begin },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN, (void (*)(void))signing_do },
	{ OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (void (*)(void))signing_set },
	{ OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, (void (*)(void))signing_settable },
	{ 0, NULL },
};

/* ---- the provider ------------------------------------------------------------------- */

/* Names as OpenSSL's own keys have them, since it compares keys of equal names only. */
#define RSA_NAMES "RSA:rsaEncryption:1.2.840.113549.1.1.1"
#define EC_NAMES "EC:id-ecPublicKey:1.2.840.10045.2.1"
#define ED25519_NAMES "ED25519:1.3.101.112"

static const OSSL_ALGORITHM keys[] = {
	{ RSA_NAMES, "provider=" PROVIDER, key_calls, NULL },
	{ EC_NAMES, "provider=" PROVIDER, key_calls, NULL },
	{ ED25519_NAMES, "provider=" PROVIDER, key_calls, NULL },
	{ NULL, NULL, NULL, NULL },
};
static const OSSL_ALGORITHM signatures[] = {
	{ RSA_NAMES, "provider=" PROVIDER, signing_calls, NULL },
	{ EC_NAMES, "provider=" PROVIDER, signing_calls, NULL },
	{ ED25519_NAMES, "provider=" PROVIDER, signing_calls, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *
provider_query(void *provider, int operation, int *no_cache)
{
	(void)provider;
	*no_cache = 0;
	if (operation == OSSL_OP_KEYMGMT)
		return keys;
	return operation == OSSL_OP_SIGNATURE ? signatures : NULL;
}

static int
provider_begin(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **provider)
{
	static const OSSL_DISPATCH calls[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))provider_query },
		{ 0, NULL },
	};

	(void)core, (void)in;
	*out = calls;
	*provider = NULL;
	return 1;
}

/* Made when first needed and then kept. NULL: no memory. */
static OSSL_LIB_CTX *
library(void)
{
	static OSSL_LIB_CTX *kept;
	OSSL_LIB_CTX *made;

	if (kept)
		return kept;
	made = OSSL_LIB_CTX_new();
	if (made && OSSL_PROVIDER_add_builtin(made, PROVIDER, provider_begin) == 1 &&
	    OSSL_PROVIDER_load(made, PROVIDER))
		return kept = made;
	OSSL_LIB_CTX_free(made);
	return NULL;
}

EVP_PKEY *
kept_key_new(EVP_PKEY *public, kept_sign_fn *fn, void *arg)
{
	struct kept how = { public, fn, arg };
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(PARAMETER, &how, sizeof(how)), OSSL_PARAM_construct_end()
	};
	OSSL_LIB_CTX *own = library();
	EVP_PKEY_CTX *context = own ? EVP_PKEY_CTX_new_from_name(own,
	    EVP_PKEY_get0_type_name(public), NULL) : NULL;
	EVP_PKEY *key = NULL;

	if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	ERR_clear_error();
	return key;
}
