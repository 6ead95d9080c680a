/*
 * tls_session.c: the client face takes up sessions to a backend that it has verified.
 * They are kept with the roots of a target, that is of one policy, and go with them; each has the bond of its leg. What
 * one is worth is what its first handshake was: none is begun but by a full verification, and none is good for longer than
 * any certificate of the chain by which that went, or than some minutes. Sessions that come of one that was taken up have its time.
 * One of TLS 1.3 is used once (RFC 8446 appendix C.4); one of TLS 1.2 must have its extended master secret (RFC 7627).
 */
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/must.h"
#include "unwrap/tls_inside.h"

#define SESSIONS_MOST 32	/* of one target; the oldest makes room */

struct kept_session {
	SSL_SESSION *session;	/* NULL: the place is free */
	uint64_t age;		/* when it came */
	struct tls_span good;
	uint8_t bond[TLS_BOND_SIZE];
};

struct sessions {
	uint64_t now;		/* a count of sessions */
	struct kept_session kept[SESSIONS_MOST];
};

static int place = -1;		/* of a struct sessions in a context; the process's */

static void
forget(struct kept_session *kept)
{
	SSL_SESSION_free(kept->session);
	memset(kept, 0, sizeof(*kept));
}

/* A CRYPTO_EX_free: the last leg of the context has gone. */
static void
free_sessions(void *parent, void *data, CRYPTO_EX_DATA *all, int index, long n, void *arg)
{
	struct sessions *sessions = data;

	(void)parent, (void)all, (void)index, (void)n, (void)arg;
	for (size_t i = 0; sessions && i < SESSIONS_MOST; i++)
		forget(&sessions->kept[i]);
	free(sessions);
}

static struct sessions *
sessions_of(const struct tls *tls)
{
	return place < 0 ? NULL : SSL_CTX_get_ex_data(SSL_get_SSL_CTX(tls->ssl), place);
}

static bool
is_good(const struct tls_span *good)
{
	return clock_boot() < good->until && (int64_t)(clock_wall() / SECOND_NS) < good->not_after;
}

/* Seconds since 1970. False: it is no time. */
static bool
end_of(const X509 *x, int64_t *out)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

/* How long is what this leg has verified good? False: it has verified nothing. */
static bool
measure(SSL *ssl, struct tls_span *out)
{
	struct stack_st_X509 *chain = SSL_get0_verified_chain(ssl);
	int64_t end;

	if (SSL_get_verify_mode(ssl) == SSL_VERIFY_NONE || SSL_get_verify_result(ssl) != X509_V_OK || sk_X509_num(chain) < 1)
		return false;
	*out = (struct tls_span){ clock_boot() + TLS_SESSION_LIFE_S * SECOND_NS, INT64_MAX };
	for (int i = 0; i < sk_X509_num(chain); i++) {
		if (!end_of(sk_X509_value(chain, i), &end))
			return false;
		out->not_after = end < out->not_after ? end : out->not_after;
	}
	return true;
}

/* See SSL_CTX_sess_set_new_cb(3). 1: it is ours now. */
static int
keep(SSL *ssl, SSL_SESSION *session)
{
	const struct tls *tls = SSL_get_app_data(ssl);
	struct sessions *all = sessions_of(tls);
	struct kept_session *oldest;
	struct tls_span good = tls->offered;

	if (!tls->has_bond || !all || !SSL_SESSION_is_resumable(session))
		return 0;
	if (SSL_session_reused(ssl) != 1 && !measure(ssl, &good))
		return 0;
	oldest = &all->kept[0];
	for (size_t i = 1; i < SESSIONS_MOST; i++)
		if (all->kept[i].age < oldest->age)
			oldest = &all->kept[i];
	forget(oldest);
	oldest->session = session;
	oldest->age = ++all->now;
	oldest->good = good;
	memcpy(oldest->bond, tls->bond, sizeof(oldest->bond));
	return 1;
}

/* The newest that is good. NULL: there is none. */
static struct kept_session *
find(struct sessions *all, const uint8_t bond[TLS_BOND_SIZE])
{
	struct kept_session *newest = NULL;

	for (size_t i = 0; i < SESSIONS_MOST; i++) {
		struct kept_session *kept = &all->kept[i];

		if (!kept->session)
			continue;
		if (!is_good(&kept->good) || !SSL_SESSION_is_resumable(kept->session))
			forget(kept);
		else if (!memcmp(kept->bond, bond, TLS_BOND_SIZE) && (!newest || kept->age > newest->age))
			newest = kept;
	}
	return newest;
}

bool
tls_session_prepare(SSL_CTX *context)
{
	struct sessions *sessions;

	if (place < 0)
		place = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_sessions);
	sessions = place < 0 ? NULL : calloc(1, sizeof(*sessions));
	if (!sessions)
		return false;
	if (SSL_CTX_set_ex_data(context, place, sessions) != 1) {
		free(sessions);
		return false;
	}
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(context, keep);
	return true;
}

void
tls_session_resume(struct tls *tls)
{
	struct sessions *all = sessions_of(tls);
	struct kept_session *kept;

	if (!all || tls->has_certificate || SSL_get_verify_mode(tls->ssl) == SSL_VERIFY_NONE)
		return;
	tls->has_bond = true;
	SSL_clear_options(tls->ssl, SSL_OP_NO_TICKET);
	kept = find(all, tls->bond);
	if (!kept)
		return;
	tls->has_offered = SSL_set_session(tls->ssl, kept->session) == 1;
	tls->offered = kept->good;
	if (!tls->has_offered || SSL_SESSION_get_protocol_version(kept->session) == TLS1_3_VERSION)
		forget(kept);
	ERR_clear_error();
}

void
tls_session_forget(struct tls *tls)
{
	struct sessions *all = tls->has_bond ? sessions_of(tls) : NULL;

	for (size_t i = 0; all && i < SESSIONS_MOST; i++)
		if (all->kept[i].session && !memcmp(all->kept[i].bond, tls->bond, TLS_BOND_SIZE))
			forget(&all->kept[i]);
}

void
tls_session_settle(struct tls *tls)
{
	/* of TLS 1.2 the session came before OpenSSL says whether it has its extended master secret */
	if (!tls->is_server && tls->has_bond && SSL_version(tls->ssl) < TLS1_3_VERSION && SSL_get_extms_support(tls->ssl) != 1)
		tls_session_forget(tls);
}
