/*
 * fetch.c: one POST to a token endpoint, from the name to the answer.
 * libcurl does it, driven by our loop. Always over TLS, with the certificate verified against the CAs that came with
 * the request and the name of the URL; no redirect, no proxy, no cookie, no connection kept. Its memory is wiped when
 * it gives it back (curl_global_init_mem()), since requests and answers have secrets in them.
 */
#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/log.h"
#include "base/must.h"
#include "courier/courier.h"
#include "msg.h"
#include "msg/post.h"
#include "out.h"

#define RESOLVED_MAX 4096
#define WHY_SIZE 160

struct fetch {
	struct fetch *next;
	struct courier *courier;
	uint64_t id;
	CURL *easy;
	struct curl_slist *headers, *resolved;
	struct secret roots, body;
	char *host;
	uint16_t port;
	struct out came;		/* the answer's body */
	size_t head;			/* bytes of its head */
	bool is_too_long;
	struct timer patience;		/* while the resolver is asked */
};

/* ---- memory that is wiped ---- */

static void
wipe(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static void *
wiping_realloc(void *p, size_t n)
{
	void *made = malloc(n ? n : 1);
	size_t old = p ? malloc_usable_size(p) : 0;

	if (!made)
		return NULL;
	if (old)
		memcpy(made, p, old < n ? old : n);
	wipe(p);
	return made;
}

/* ---- how it ends ---- */

static const struct {
	CURLcode code;
	const char *why;
} reasons[] = {
	{ CURLE_COULDNT_CONNECT, "the token endpoint cannot be reached" },
	{ CURLE_OPERATION_TIMEDOUT, "the token endpoint did not answer in time" },
	{ CURLE_PEER_FAILED_VERIFICATION, "the certificate of the token endpoint is not to be trusted" },
	{ CURLE_SSL_CONNECT_ERROR, "TLS cannot be spoken with the token endpoint" },
	{ CURLE_SSL_CACERT_BADFILE, "the CA certificates for the token endpoint cannot be read" },
	{ CURLE_GOT_NOTHING, "the token endpoint answered nothing" },
	{ CURLE_RECV_ERROR, "the connection to the token endpoint was cut" },
	{ CURLE_PARTIAL_FILE, "the connection to the token endpoint was cut" },
};

static const char *
reason_of(const struct fetch *fetch, CURLcode code)
{
	if (fetch->is_too_long)
		return "the answer of the token endpoint is longer than the limit";
	for (size_t i = 0; i < COUNT(reasons); i++)
		if (reasons[i].code == code)
			return reasons[i].why;
	return curl_easy_strerror(code);
}

static void
fetch_free(struct fetch *fetch)
{
	struct courier *courier = fetch->courier;

	for (struct fetch **at = &courier->fetches; *at; at = &(*at)->next)
		if (*at == fetch) {
			*at = fetch->next;
			courier->count--;
			break;
		}
	loop_unset(courier->loop, &fetch->patience);
	if (fetch->easy) {
		(void)curl_multi_remove_handle(courier->multi, fetch->easy);
		curl_easy_cleanup(fetch->easy);
	}
	curl_slist_free_all(fetch->headers);
	curl_slist_free_all(fetch->resolved);
	secret_free(&fetch->roots);
	secret_free(&fetch->body);
	out_free(&fetch->came);
	free(fetch->host);
	free(fetch);
}

static void
fail(struct fetch *fetch, int r, const char *why)
{
	courier_tell(fetch->courier, fetch->id, r, NULL, why);
	fetch_free(fetch);
}

/* The endpoint has answered something. */
static void
read_answer(struct fetch *fetch)
{
	struct answer *answer = malloc(sizeof(*answer));
	const char *type = NULL, *why = NULL;
	char words[WHY_SIZE] = "";
	long status = 0;
	int r = -ENOMEM;

	(void)curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(fetch->easy, CURLINFO_CONTENT_TYPE, &type);
	if (answer)
		r = answer_read((unsigned int)status, span_text(type ? type : ""), out_view(&fetch->came), answer, &why);
	if (r == -EACCES)
		snprintf(words, sizeof(words), "the token endpoint refused with status %ld: %s", status, answer->error);
	else if (r == -EPROTO)
		snprintf(words, sizeof(words), "the token endpoint answered with status %ld: %s", status, why);
	courier_tell(fetch->courier, fetch->id, r, answer, words);
	if (answer)
		explicit_bzero(answer, sizeof(*answer));
	free(answer);
	fetch_free(fetch);
}

/* What libcurl has done with. */
static void
reap(struct courier *courier)
{
	struct fetch *fetch;
	CURLMsg *done;
	int left;

	while ((done = curl_multi_info_read(courier->multi, &left))) {
		CURLcode code = done->data.result;

		if (done->msg != CURLMSG_DONE ||
		    curl_easy_getinfo(done->easy_handle, CURLINFO_PRIVATE, (char **)&fetch) != CURLE_OK)
			continue;
		if (code != CURLE_OK)
			fail(fetch, -EHOSTUNREACH, reason_of(fetch, code));
		else
			read_answer(fetch);
	}
}

/* ---- libcurl in our loop ---- */

struct place {
	struct courier *courier;
	int fd;
	struct watch *watch;
};

static void
ready(void *arg, uint32_t events)
{
	const struct place *place = arg;
	struct courier *courier = place->courier;
	int which = (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
	    (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0), running;

	(void)curl_multi_socket_action(courier->multi, place->fd, which, &running);
	reap(courier);
}

static int
changed(CURL *easy, curl_socket_t fd, int what, void *arg, void *assigned)
{
	uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
	struct courier *courier = arg;
	struct place *place = assigned;

	(void)easy;
	if (place)
		loop_unwatch(courier->loop, &place->watch);
	if (what == CURL_POLL_REMOVE) {
		free(place);
		(void)curl_multi_assign(courier->multi, fd, NULL);
		return 0;
	}
	if (!place)
		place = calloc(1, sizeof(*place));
	if (!place)
		return -1;
	*place = (struct place){ .courier = courier, .fd = fd };
	(void)curl_multi_assign(courier->multi, fd, place);
	return loop_watch(courier->loop, fd, events, ready, place, &place->watch) ? -1 : 0;
}

static void
out_of_time(void *arg)
{
	struct courier *courier = arg;
	int running;

	(void)curl_multi_socket_action(courier->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	reap(courier);
}

static int
set_timer(CURLM *multi, long ms, void *arg)
{
	struct courier *courier = arg;

	(void)multi;
	if (ms < 0)
		loop_unset(courier->loop, &courier->timer);
	else
		must(loop_set(courier->loop, &courier->timer, (uint64_t)ms * MILLISECOND_NS, out_of_time, courier) == 0);
	return 0;
}

int
fetch_open(struct courier *courier)
{
	json_set_alloc_funcs(malloc, wipe);
	json_object_seed(0);	/* or it would open /dev/urandom later */
	if (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_LOAD_SSL_STRINGS |
	    OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL) != 1 ||
	    curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wipe, wiping_realloc, strdup, calloc) != CURLE_OK)
		return -ENOMEM;
	courier->multi = curl_multi_init();
	if (!courier->multi)
		return -ENOMEM;
	(void)curl_multi_setopt(courier->multi, CURLMOPT_SOCKETFUNCTION, changed);
	(void)curl_multi_setopt(courier->multi, CURLMOPT_SOCKETDATA, courier);
	(void)curl_multi_setopt(courier->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	(void)curl_multi_setopt(courier->multi, CURLMOPT_TIMERDATA, courier);
	(void)curl_multi_setopt(courier->multi, CURLMOPT_MAXCONNECTS, 1L);
	return 0;
}

void
fetch_close(struct courier *courier)
{
	while (courier->fetches)
		fetch_free(courier->fetches);
	if (courier->multi)
		(void)curl_multi_cleanup(courier->multi);
	curl_global_cleanup();
}

/* ---- a request ---- */

static size_t
take_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct fetch *fetch = arg;

	out_bytes(&fetch->came, bytes, size * n);
	fetch->is_too_long |= fetch->came.failed;
	return fetch->came.failed ? 0 : n;
}

static size_t
take_head(char *bytes, size_t size, size_t n, void *arg)
{
	struct fetch *fetch = arg;

	(void)bytes;
	fetch->head += size * n;
	fetch->is_too_long |= fetch->head > ANSWER_BYTES;
	return fetch->head > ANSWER_BYTES ? 0 : n;
}

/* What was read of the answer is wiped in OpenSSL's buffers too. */
static CURLcode
prepare_tls(CURL *easy, void *context, void *arg)
{
	(void)easy, (void)arg;
	SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT);
	return CURLE_OK;
}

static bool
set_terms(struct fetch *fetch, const char *url)
{
	struct curl_blob roots = { fetch->roots.p, fetch->roots.n, CURL_BLOB_NOCOPY };
	CURL *easy = fetch->easy;
	bool right = true;

#define SET(option, value) right = right && curl_easy_setopt(easy, option, value) == CURLE_OK
	SET(CURLOPT_URL, url);
	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_PRIVATE, fetch);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_HTTP_CONTENT_DECODING, 0L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_CAPATH, NULL);
	SET(CURLOPT_CAINFO, NULL);
	SET(CURLOPT_CAINFO_BLOB, &roots);
	SET(CURLOPT_SSL_CTX_FUNCTION, prepare_tls);
	SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	SET(CURLOPT_TIMEOUT_MS, (long)COURIER_TIME_MS);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)COURIER_TIME_MS);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, fetch);
	SET(CURLOPT_HEADERFUNCTION, take_head);
	SET(CURLOPT_HEADERDATA, fetch);
	SET(CURLOPT_USERAGENT, "interlock/" INTERLOCK_VERSION);
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_POSTFIELDSIZE, (long)fetch->body.n);
	SET(CURLOPT_POSTFIELDS, fetch->body.p);
#undef SET
	return right;
}

static bool
add_header(struct fetch *fetch, const char *name, struct span value)
{
	struct out line = out_new(MSG_INLINE);
	struct curl_slist *longer = NULL;

	out_printf(&line, "%s:%s", name, value.n ? " " : "");
	out_span(&line, value);
	out_u8(&line, '\0');
	if (!line.failed)
		longer = curl_slist_append(fetch->headers, (const char *)line.p);
	out_free(&line);
	if (longer)
		fetch->headers = longer;
	return longer;
}

/* A name without a value takes the field out. */
static bool
set_headers(struct fetch *fetch, struct span authorization)
{
	return add_header(fetch, "Accept", SPAN("application/json")) && add_header(fetch, "Expect", SPAN("")) &&
	    (!authorization.n || add_header(fetch, "Authorization", authorization)) &&
	    curl_easy_setopt(fetch->easy, CURLOPT_HTTPHEADER, fetch->headers) == CURLE_OK;
}

static void
go(struct fetch *fetch)
{
	if (curl_multi_add_handle(fetch->courier->multi, fetch->easy) != CURLM_OK)
		fail(fetch, -ENOMEM, "no memory to fetch a token");
}

static void
late(void *arg)
{
	fail(arg, -ETIMEDOUT, "no DNS server says in time where the token endpoint is");
}

/* Ask the resolver, where the URL has a name. */
static void
look_up(struct fetch *fetch)
{
	struct courier *courier = fetch->courier;
	struct span host = span_of(fetch->host, strlen(fetch->host) + 1);
	uint8_t ip[16];

	if (address_read(fetch->host, ip))
		go(fetch);
	else if (post_send(courier->post, SLOT_RESOLVER, MSG_LOOKUP, fetch->id, host, -1) ||
	    loop_set(courier->loop, &fetch->patience, COURIER_LOOKUP_NS, late, fetch))
		fail(fetch, -EAGAIN, "the resolver cannot be asked");
}

/* All of it but the place: 0 or -ENOMEM. */
static int
prepare(struct fetch *fetch, const struct errand *errand)
{
	fetch->came = out_new(ANSWER_BYTES);
	fetch->port = errand->port;
	fetch->host = strndup((const char *)errand->host.p, errand->host.n);
	fetch->easy = curl_easy_init();
	fetch->roots = fetch->courier->roots;
	fetch->courier->roots = (struct secret){ 0 };
	return fetch->host && fetch->easy && !secret_copy(&fetch->body, errand->body) &&
	    set_terms(fetch, (const char *)errand->url.p) && set_headers(fetch, errand->authorization) ? 0 : -ENOMEM;
}

void
fetch_begin(struct courier *courier, const struct errand *errand)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch));

	if (!fetch) {
		courier_tell(courier, errand->id, -ENOMEM, NULL, "no memory to fetch a token");
		return;
	}
	fetch->courier = courier;
	fetch->id = errand->id;
	fetch->next = courier->fetches;
	courier->fetches = fetch;
	courier->count++;
	if (prepare(fetch, errand))
		fail(fetch, -ENOMEM, "no memory to fetch a token");
	else
		look_up(fetch);
}

/* "HOST:PORT:ADDRESS,ADDRESS": libcurl asks nobody then, and verifies the name all the same. */
static bool
set_addresses(struct fetch *fetch, const uint8_t (*ips)[16], size_t count)
{
	struct out text = out_new(RESOLVED_MAX);
	char room[ADDRESS_TEXT];

	out_printf(&text, "%s:%u:", fetch->host, fetch->port);
	for (size_t i = 0; i < count; i++)
		out_printf(&text, ip_is_4(ips[i]) ? "%s%s" : "%s[%s]", i ? "," : "", address_text(ips[i], room));
	out_u8(&text, '\0');
	if (!text.failed)
		fetch->resolved = curl_slist_append(NULL, (const char *)text.p);
	out_free(&text);
	return fetch->resolved && curl_easy_setopt(fetch->easy, CURLOPT_RESOLVE, fetch->resolved) == CURLE_OK;
}

void
fetch_looked(struct courier *courier, uint64_t id, const uint8_t (*ips)[16], size_t count)
{
	struct fetch *fetch = courier->fetches;

	while (fetch && fetch->id != id)
		fetch = fetch->next;
	if (!fetch || !fetch->patience.place)
		return;		/* it came late */
	loop_unset(courier->loop, &fetch->patience);
	if (!count)
		fail(fetch, -EHOSTUNREACH, "no DNS server says where the token endpoint is");
	else if (!set_addresses(fetch, ips, count))
		fail(fetch, -ENOMEM, "no memory to fetch a token");
	else
		go(fetch);
}
