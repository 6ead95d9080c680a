/*
 * client.h: libpq on one side, a real server on the other, and what libpq saw as text.
 * The relay between them allows all but what says REFUSE, puts a question of its own
 * before what says ASKFIRST, and proves passwords as the keeper would ("sesame").
 */
#ifndef CLIENT_H
#define CLIENT_H

#include "check.h"

#include <postgresql/libpq-fe.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "wire/pg/cluster.h"

static struct cluster cluster;

/* ---- proofs, as the keeper would give them ---- */

static struct {
	char first[128], server_first[256], bare[128], check[128];
} scram;

__attribute__((unused)) static size_t
base64(const void *p, size_t n, char *out)
{
	return (size_t)EVP_EncodeBlock((unsigned char *)out, p, (int)n);
}

__attribute__((unused)) static void
hmac(const uint8_t key[32], const char *text, uint8_t out[32])
{
	unsigned int n = 32;

	HMAC(EVP_sha256(), key, 32, (const unsigned char *)text, strlen(text), out, &n);
}

/* RFC 5802, section 3, for password "sesame". */
__attribute__((unused)) static void
scram_final(struct span input, struct out *answer)
{
	char *salt, *count, without[384], message[1024], proof64[64];
	uint8_t salted[32], key[32], stored[32], signature[32], raw[128];
	int raw_n;

	snprintf(scram.server_first, sizeof(scram.server_first), "%.*s", (int)input.n, (const char *)input.p);
	snprintf(without, sizeof(without), "%s", scram.server_first);
	salt = strstr(without, ",s=");
	count = strstr(without, ",i=");
	*salt = *count = 0;
	raw_n = EVP_DecodeBlock(raw, (unsigned char *)salt + 3, (int)strlen(salt + 3));
	for (size_t n = strlen(salt + 3); n && salt[2 + n] == '='; n--)
		raw_n--;
	PKCS5_PBKDF2_HMAC("sesame", 6, raw, raw_n, atoi(count + 3), EVP_sha256(), 32, salted);
	hmac(salted, "Client Key", key);
	EVP_Digest(key, 32, stored, NULL, EVP_sha256(), NULL);
	snprintf(message, sizeof(message), "%s,%s,c=biws,%s", scram.bare, scram.server_first, without);
	hmac(stored, message, signature);
	for (int i = 0; i < 32; i++)
		key[i] ^= signature[i];
	base64(key, 32, proof64);
	out_printf(answer, "c=biws,%s,p=%s", without, proof64);
	hmac(salted, "Server Key", key);
	hmac(key, message, signature);
	memcpy(scram.check, "v=", 2);
	base64(signature, 32, scram.check + 2);
}

/* AuthenticationMD5Password: md5(md5(password, user), salt), in hex. */
__attribute__((unused)) static void
md5_answer(struct span salt, struct out *answer)
{
	char text[40] = "sesamehasher";
	uint8_t digest[16];
	size_t n = strlen(text);

	for (int round = 0; round < 2; round++) {
		EVP_Digest(text, n, digest, NULL, EVP_md5(), NULL);
		for (int i = 0; i < 16; i++)
			snprintf(text + i * 2, 3, "%02x", digest[i]);
		memcpy(text + 32, salt.p, 4);
		n = 36;
	}
	out_printf(answer, "md5%.32s", text);
}

__attribute__((unused)) static void
prove(struct relay *r, uint8_t step, struct span input, struct out *answer)
{
	(void)r;
	if (step == VAULT_MD5) {
		md5_answer(input, answer);
	} else if (step == VAULT_SCRAM_FIRST) {
		snprintf(scram.bare, sizeof(scram.bare), "n=,r=fyko+d2lbbFgONRv9qkxdawL");
		out_printf(answer, "n,,%s", scram.bare);
	} else if (step == VAULT_SCRAM_FINAL) {
		scram_final(input, answer);
	} else if (step == VAULT_SCRAM_CHECK && !span_is(input, scram.check)) {
		fprintf(stderr, "the server does not know the secret\n");
		_exit(1);
	}
}

__attribute__((unused)) static void
dress(struct relay *r, unsigned int flow)
{
	(void)flow;
	r->rewrites = flow % 2;
	r->refuses = "REFUSE";
	r->asks_first = "ASKFIRST";
	r->own_text = "SELECT 1, NULL, 'three'";
	r->proof = prove;
	relay_open(r, &wire_pg, false);
}

__attribute__((unused)) static void
dress_poisoned(struct relay *r, unsigned int flow)
{
	dress(r, flow);
	r->own_text = "SELECT 1/0";
}

/* ---- what libpq sees, as text ---- */

__attribute__((unused)) static void
note_notice(void *out, const char *message)
{
	out_printf(out, "notice %s", message);
}

__attribute__((unused)) static PGconn *
reach(const char *which, const char *more, struct out *seen)
{
	char info[256];
	PGconn *conn;

	snprintf(info, sizeof(info), "host=%s/%s user=owner dbname=postgres %s", cluster.folder, which, more);
	conn = PQconnectdb(info);
	if (PQstatus(conn) != CONNECTION_OK)
		fprintf(stderr, "%s: %s", info, PQerrorMessage(conn));
	if (seen)
		PQsetNoticeProcessor(conn, note_notice, seen);
	return conn;
}

__attribute__((unused)) static void
note_value(PGresult *result, int row, int column, struct out *out)
{
	const char *p = PQgetvalue(result, row, column);
	uint32_t sum = 0;
	int n = PQgetlength(result, row, column);

	if (PQgetisnull(result, row, column)) {
		out_printf(out, " NULL");
		return;
	}
	for (int i = 0; i < n; i++)
		sum = sum * 31 + (uint8_t)p[i];
	if (n > 100 || PQfformat(result, column))
		out_printf(out, " [%d %x]", n, sum);
	else
		out_printf(out, " %s", p);
}

__attribute__((unused)) static void
note(PGresult *result, PGconn *conn, struct out *out)
{
	if (!result) {
		out_printf(out, "none\n");
		return;
	}
	out_printf(out, "%s '%s' %s tx=%d\n", PQresStatus(PQresultStatus(result)), PQcmdStatus(result),
	    PQresultErrorMessage(result), PQtransactionStatus(conn));
	for (int i = 0; i < PQnfields(result); i++)
		out_printf(out, " %s:%d.%d:%u/%d", PQfname(result, i), PQftable(result, i) != 0, PQftablecol(result, i),
		    PQftype(result, i), PQfformat(result, i));
	for (int row = 0; row < PQntuples(result); row++) {
		for (int i = 0; i < PQnfields(result); i++)
			note_value(result, row, i, out);
		out_printf(out, "\n");
	}
	for (int i = 0; i < PQnparams(result); i++)
		out_printf(out, " param %u\n", PQparamtype(result, i));
	PQclear(result);
}

__attribute__((unused)) static void
ask(PGconn *conn, const char *text, struct out *out)
{
	note(PQexec(conn, text), conn, out);
}

__attribute__((unused)) static void
ask_with(PGconn *conn, const char *text, const char *value, int format, struct out *out)
{
	const char *values[] = { value };

	note(PQexecParams(conn, text, value ? 1 : 0, NULL, values, NULL, NULL, format), conn, out);
}

__attribute__((unused)) static void
collect(PGconn *conn, int syncs, struct out *out)
{
	int nones = 0;

	while (syncs > 0 && nones < 1000) {
		PGresult *result = PQgetResult(conn);

		nones = result ? 0 : nones + 1;
		if (result && PQresultStatus(result) == PGRES_PIPELINE_SYNC)
			syncs--;
		if (result)
			note(result, conn, out);
	}
}

__attribute__((unused)) static void
put(PGconn *conn, const char *text)
{
	PQsendQueryParams(conn, text, 0, NULL, NULL, NULL, NULL, 0);
}

#endif
