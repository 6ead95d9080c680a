/*
 * Policies as rows: what is wrong with each, at which line and column. Then a
 * right one, looked at in every view, and the sample that ships.
 */
#include "rules/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "check.h"
#include "decide/decide.h"
#include "msg.h"

static char directory[] = "/tmp/interlock-rules-XXXXXX";

static void
put(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
}

static void
drop(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	remove(path);
}

static int
load(struct rules **rules, struct faults *faults, bool is_offline)
{
	struct rules_options options = { .uid_base = 60800, .is_offline = is_offline };

	memset(faults, 0, sizeof(*faults));
	*rules = NULL;
	return rules_load(rules, directory, &options, faults);
}

#define HEAD "version: 1\n"
#define PEOPLE "people: {ann: {uid: 1}, bob: {uid: 2}, carol: {uid: 3}}\n"
#define SHOP "targets:\n  shop: {addresses: [10.0.0.1], tls: {backend: disable}}\n"
#define SKILL "skills:\n  s: {owner: ann, start: {by: [ann], as: '7'}, duties: [d]}\n"
#define DUTY "duties:\n  d:\n    targets: [shop]\n    rules:\n"
#define SESSION "      - {effects: [session], verdict: allow}\n"

static const struct {
	const char *name, *text;
	unsigned int line, column;
	const char *fault;	/* NULL: right */
} rows[] = {
	{ "least", HEAD, 0, 0, NULL },
	{ "empty", "", 1, 1, "empty file" },
	{ "only a comment", "# nothing\n", 1, 1, "empty file" },
	{ "a list", "- a\n", 1, 1, "expected a mapping" },
	{ "no version", "people: {}\n", 1, 1, "\"version\" is missing" },
	{ "wrong version", "version: 2\n", 1, 10, "version: found \"2\", expected 1" },
	{ "bad syntax", HEAD "targets: [\n", 3, 1, "not YAML" },
	{ "bad indentation", HEAD "a:\n  b: 1\n c: 2\n", 4, 2, "not YAML" },
	{ "bad UTF-8", HEAD "a\xff: 1\n", 1, 1, "not YAML" },
	{ "control character", HEAD "masks: {m: {pattern: \"a\\0b\", way: null}}\n", 2, 22, "control character" },
	{ "two documents", HEAD "---\nversion: 1\n", 2, 1, "second document" },
	{ "anchor", "version: &a 1\n", 1, 10, "anchor (&a)" },
	{ "alias", "version: &a 1\nledger: *a\n", 2, 9, "alias (*a)" },
	{ "tag", "version: !!int 1\n", 1, 10, "found a tag" },
	{ "tag directive", "%TAG ! tag:x,2000:\n---\nversion: 1\n", 1, 1, "tag directive" },
	{ "key twice", "version: 1\nversion: 1\n", 2, 1, "\"version\" twice, first in line 1" },
	{ "key a list", HEAD "? [a]\n: b\n", 2, 3, "as a key" },
	{ "too deep", HEAD "a: [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]\n", 2, 15, "too deep" },
	{ "unknown section", HEAD "target: {}\n", 2, 1, "unknown section \"target\"" },
	{ "section a list", HEAD "targets: [a]\n", 2, 10, "targets: found a list, expected a mapping" },
	{ "bad name", HEAD "targets: {Shop: {}}\n", 2, 11, "found name \"Shop\"" },
	{ "long name", HEAD "targets: {abcdefghijklmnopqrstuvwxyz0123456: {}}\n", 2, 11, "at most 31" },
	{ "reserved name", HEAD "masks: {built-in-x: {detectors: [ip], way: null}}\n", 2, 9, "begin with built-in-" },
	{ "profile's name", HEAD "duties: {read-masked: {targets: [], rules: []}}\n", 2, 10, "defined twice, first at profiles.yaml:" },

	{ "unknown key", HEAD "targets:\n  shop: {nmaes: [a]}\n", 3, 10, "target shop: found unknown key \"nmaes\", expected one of protocol, names" },
	{ "not a mapping", HEAD "targets:\n  shop: 7\n", 3, 9, "target shop: found \"7\", expected a mapping" },
	{ "bad word", HEAD "targets:\n  shop: {protocol: mysql}\n", 3, 20, "found \"mysql\", expected one of postgresql, raw or http" },
	{ "port range", HEAD "targets:\n  shop: {port: 65536}\n", 3, 16, "expected a number from 1 to 65535" },
	{ "port text", HEAD "targets:\n  shop: {port: 0x10}\n", 3, 16, "found \"0x10\"" },
	{ "bad address", HEAD "targets:\n  shop: {addresses: [10.0.0], tls: {backend: disable}}\n", 3, 22, "expected an IPv4 or IPv6 address" },
	{ "bad host", HEAD "targets:\n  shop: {names: [DB], addresses: [\"::1\"], tls: {backend: disable}}\n", 3, 18, "host name in lower case" },
	{ "no place", HEAD "targets:\n  shop: {tls: {backend: disable}}\n", 3, 9, "neither names nor addresses" },
	{ "names only", HEAD "targets:\n  shop: {names: [db], tls: {backend: disable}}\n", 3, 9, "names without addresses" },
	{ "raw inspected", HEAD "targets:\n  x: {protocol: raw, addresses: [10.0.0.1], port: 1}\n", 3, 6, "inspect: none" },
	{ "raw right", HEAD "targets:\n  x: {protocol: raw, inspect: none, addresses: [10.0.0.1], port: 1}\n", 0, 0, NULL },
	{ "login unseen", HEAD "targets:\n  x: {inspect: none, addresses: [10.0.0.1], login: {role: a}}\n", 3, 52, "expected no login" },
	{ "no name to verify", HEAD "targets:\n  x: {addresses: [10.0.0.1]}\n", 3, 3, "name is missing" },
	{ "same address", HEAD "targets:\n  x: {addresses: [10.0.0.1], tls: {backend: disable}}\n  y: {addresses: [\"::ffff:10.0.0.1\"], tls: {backend: disable}}\n", 4, 3, "that target x has too" },
	{ "DNS of no name", HEAD "targets:\n  x: {resolve: dns, addresses: [10.0.0.1], tls: {backend: disable}}\n", 3, 6, "resolve: dns without names" },
	{ "DNS in the skill's namespace", HEAD "targets:\n  x: {names: [db], resolve: dns, namespace: skill, tls: {backend: disable}}\n", 3, 6, "with namespace skill" },
	{ "DNS of a socket", HEAD "targets:\n  x: {names: [db], resolve: dns, socket: {path: /s, owner: '26'}}\n", 3, 6, "with a socket" },
	{ "DNS right", HEAD "targets:\n  x: {names: [db], resolve: dns, ranges: [10.0.0.0/8, 'fd00::/8'], tls: {backend: disable}}\n", 0, 0, NULL },
	{ "ranges without DNS", HEAD "targets:\n  x: {addresses: [10.0.0.1], ranges: [10.0.0.0/8], tls: {backend: disable}}\n", 3, 38, "ranges without resolve: dns" },
	{ "no range", HEAD "targets:\n  x: {names: [db], resolve: dns, ranges: [10.0.0.1/8], tls: {backend: disable}}\n", 3, 43, "expected a range like" },
	{ "NAT64 of another's address", HEAD "targets:\n  x: {addresses: [10.0.0.1], tls: {backend: disable}}\n  y: {addresses: ['64:ff9b::10.0.0.1'], tls: {backend: disable}}\n", 4, 3, "that target x has too" },
	{ "names right", HEAD "names: {servers: [10.0.0.2, '10.0.0.3:5353', '[fd00::2]:53', 'fd00::3'], also: {time.example: [192.0.2.1, '2001:db8::1'], none.example: []}}\n", 0, 0, NULL },
	{ "a server by name", HEAD "names: {servers: [dns.example]}\n", 2, 19, "expected at most 8 like" },
	{ "a server's port", HEAD "names: {servers: ['10.0.0.2:0']}\n", 2, 19, "expected at most 8 like" },
	{ "a server of many ports", HEAD "names: {servers: ['fd00::2:53:53:1:1:1:1']}\n", 2, 19, "expected at most 8 like" },
	{ "a name in capitals", HEAD "names: {also: {Time: [192.0.2.1]}}\n", 2, 16, "expected a host name" },
	{ "an address as a name", HEAD "names: {also: {10.0.0.1: [192.0.2.1]}}\n", 2, 16, "expected a host name" },
	{ "a name's name", HEAD "names: {also: {time: [other.example]}}\n", 2, 23, "IPv4 or IPv6 addresses" },
	{ "a target's name", HEAD "targets:\n  x: {names: [db], addresses: [10.0.0.1], tls: {backend: disable}}\nnames: {also: {db: [192.0.2.1]}}\n", 4, 16, "a name that no target has" },
	{ "names of what is not there", HEAD "names: {resolvers: [10.0.0.2]}\n", 2, 9, "resolvers" },
	{ "secret in clear", HEAD "targets:\n  x: {addresses: [10.0.0.1], tls: {backend: disable}, login: {role: a, secret: hunter2}}\n", 3, 80, "never the secret itself" },
	{ "secret without role", HEAD "targets:\n  x: {addresses: [10.0.0.1], tls: {backend: disable}, login: {secret: 'credential:x'}}\n", 3, 62, "secret without a role" },

	{ "proofs of nothing", HEAD "targets:\n  x: {addresses: [10.0.0.1], tls: {backend: disable}, login: {role: a, proofs: [scram]}}\n", 3, 62, "proofs without a secret" },
	{ "unknown proof", HEAD "targets:\n  x: {addresses: [10.0.0.1], tls: {backend: disable}, login: {role: a, secret: 'credential:x', proofs: [gss]}}\n", 3, 105, "expected scram, scram-plus, md5, cleartext, none or certificate" },
	{ "bound to no TLS", HEAD "targets:\n  x: {addresses: [10.0.0.1], tls: {backend: disable}, login: {role: a, secret: 'credential:x', proofs: [scram-plus]}}\n", 3, 62, "scram-plus and no TLS" },
	{ "a socket without an owner", HEAD "targets:\n  x: {addresses: [10.0.0.1], socket: {path: /s}}\n", 3, 38, "owner" },
	{ "a socket with TLS", HEAD "targets:\n  x: {addresses: [10.0.0.1], socket: {path: /s, owner: '26'}, tls: {backend: require}}\n", 3, 68, "found tls with a socket" },
	{ "a socket of the skill's", HEAD "targets:\n  x: {addresses: [10.0.0.1], namespace: skill, socket: {path: /s, owner: '26'}}\n", 3, 56, "socket with namespace skill" },
	{ "a socket at no path", HEAD "targets:\n  x: {addresses: [10.0.0.1], socket: {path: s, owner: '26'}}\n", 3, 45, "begins with /" },
	{ "a socket of nobody's", HEAD "targets:\n  x: {addresses: [10.0.0.1], socket: {path: /s, owner: no-such-user}}\n", 3, 56, "a user of /etc/passwd" },
	{ "the clear over a socket", HEAD "targets:\n  x: {addresses: [10.0.0.1], socket: {path: /s, owner: '26'}, login: {role: a, secret: 'credential:x', proofs: [cleartext]}}\n", 3, 70, "cleartext" },
	{ "certificate without role", HEAD "targets:\n  x: {addresses: [10.0.0.1], tls: {backend: verify-ca}, login: {certificate: 'credential:x'}}\n", 3, 64, "secret without a role" },
	{ "certificate in clear", HEAD "targets:\n  x: {addresses: [10.0.0.1], tls: {backend: verify-ca}, login: {role: a, certificate: MIIB}}\n", 3, 87, "never the secret itself" },
	{ "certificate for whoever answers", HEAD "targets:\n  x: {addresses: [10.0.0.1], tls: {backend: require}, login: {role: a, certificate: 'credential:x'}}\n", 3, 62, "whoever answers is believed" },
	{ "certificate that no proof names", HEAD "targets:\n  x: {addresses: [10.0.0.1], tls: {backend: verify-ca}, login: {role: a, certificate: 'credential:x', proofs: [none]}}\n", 3, 64, "expected certificate among them" },
	{ "proof without certificate", HEAD "targets:\n  x: {addresses: [10.0.0.1], tls: {backend: verify-ca}, login: {role: a, secret: 'credential:x', proofs: [certificate]}}\n", 3, 64, "expected certificate: file:/PATH" },
	{ "verifier in clear", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [bob], as: '7'}, verifier: SCRAM-SHA-256}}\n", 3, 65, "skill s: verifier: expected file:/PATH" },
	{ "in the clear", HEAD "targets:\n  x: {addresses: [10.0.0.1], tls: {backend: require}, login: {role: a, secret: 'credential:x', proofs: [cleartext]}}\n", 3, 62, "verify-ca or verify-full" },

#define API HEAD "targets:\n  x: {protocol: http, port: 443, addresses: [10.0.0.1], tls: {name: n}, credential: {"
	{ "credential right", API "as: bearer, secret: 'credential:x'}}\n", 0, 0, NULL },
	{ "credential signed over any leg", HEAD "targets:\n  x: {protocol: http, port: 80, addresses: [10.0.0.1], tls: {backend: disable}, credential: {as: sigv4, region: r, service: s3, secret: 'credential:x'}}\n", 0, 0, NULL },
	{ "credential in no way", API "secret: 'credential:x'}}\n", 3, 85, "\"as\" is missing" },
	{ "credential in an unknown way", API "as: digest, secret: 'credential:x'}}\n", 3, 90, "expected one of bearer, basic, header, query, cookie, sigv4 or oauth2" },
	{ "credential of nothing", API "as: bearer}}\n", 3, 85, "\"secret\" is missing" },
	{ "credential in clear", API "as: bearer, secret: hunter2}}\n", 3, 106, "target x: credential: secret: expected file:/PATH or credential:NAME, never the secret itself" },
	{ "credential with a key of another way", API "as: bearer, name: X-Key, secret: 'credential:x'}}\n", 3, 104, "found name with as: bearer, expected none" },
	{ "header without a name", API "as: header, secret: 'credential:x'}}\n", 3, 85, "key \"name\" is missing, expected the name of a field" },
	{ "header that cuts messages", API "as: header, name: Content-Length, secret: 'credential:x'}}\n", 3, 104, "found \"Content-Length\", expected the name of a field that carries nothing else" },
	{ "header that is none", API "as: header, name: 'X Key', secret: 'credential:x'}}\n", 3, 104, "found \"X Key\"" },
	{ "prefix of two lines", API "as: header, name: X, prefix: \"a\\r\\nb\", secret: 'credential:x'}}\n", 3, 115, "control character" },
	{ "user with a colon", API "as: basic, user: 'a:b', secret: 'credential:x'}}\n", 3, 103, "expected a user without ':'" },
	{ "cookie that is none", API "as: cookie, name: 'a;b', secret: 'credential:x'}}\n", 3, 104, "expected the name of a cookie" },
	{ "sigv4 without a region", API "as: sigv4, service: s3, secret: 'credential:x'}}\n", 3, 85, "key \"region\" is missing" },
	{ "sigv4 of a service that is none", API "as: sigv4, region: r, service: a/b, secret: 'credential:x'}}\n", 3, 117, "expected a service like s3" },
	{ "credential for whoever answers", HEAD "targets:\n  x: {protocol: http, port: 80, addresses: [10.0.0.1], tls: {backend: require}, credential: {as: bearer, secret: 'credential:x'}}\n", 3, 93, "whoever answers gets the secret" },
	{ "credential over a socket", HEAD "targets:\n  x: {protocol: http, port: 80, addresses: [10.0.0.1], socket: {path: /s, owner: '26'}, credential: {as: bearer, secret: 'credential:x'}}\n", 3, 101, "whoever answers gets the secret" },
	{ "credential of a database", HEAD "targets:\n  x: {addresses: [10.0.0.1], tls: {name: n}, credential: {as: bearer, secret: 'credential:x'}}\n", 3, 58, "credential without protocol: http" },
	{ "credential beside a login", HEAD "targets:\n  x: {protocol: http, port: 443, addresses: [10.0.0.1], tls: {name: n}, login: {role: a}, credential: {as: bearer, secret: 'credential:x'}}\n", 3, 80, "a login beside a credential" },

	{ "uid 0", HEAD "people: {root: {uid: 0}}\n", 2, 22, "root is nobody" },
	{ "two of uid user", HEAD "people: {a: {uid: 1, user: b}}\n", 2, 13, "both of uid and user" },
	{ "admin and auditor", HEAD "people: {a: {uid: 1, roles: [admin, auditor]}}\n", 2, 13, "an auditor only reads" },
	{ "bad role", HEAD "people: {a: {uid: 1, roles: [king]}}\n", 2, 30, "expected admin or auditor" },
	{ "group of nobody", HEAD PEOPLE "approvers: {g: {people: [dora]}}\n", 3, 26, "name of a defined person" },
	{ "need too many", HEAD PEOPLE "approvers: {g: {people: [bob], need: 2}}\n", 3, 16, "need 2 with 1 people" },
	{ "bob twice", HEAD PEOPLE "approvers: {g: {people: [bob, bob], need: 2}}\n", 3, 31, "\"bob\" twice" },
	{ "auditor approves", HEAD "people: {a: {uid: 1, roles: [auditor]}}\napprovers: {g: {people: [a]}}\n", 3, 26, "found auditor a" },

	{ "mask of nothing", HEAD "masks: {m: {way: redact}}\n", 2, 12, "none of columns, fields, detectors, pattern" },
	{ "mask way", HEAD "masks: {m: {detectors: [ip], way: hide}}\n", 2, 35, "redact, partial, null, hash or token" },
	{ "mask detector", HEAD "masks: {m: {detectors: [face], way: null}}\n", 2, 25, "found \"face\"" },
	{ "mask keep", HEAD "masks: {m: {detectors: [ip], way: null, keep: 2}}\n", 2, 12, "keep with way null" },
	{ "mask pattern", HEAD "masks: {m: {pattern: 'a(b', way: null}}\n", 2, 22, "PCRE2" },
	{ "mask empty pattern", HEAD "masks: {m: {pattern: 'a*', way: null}}\n", 2, 22, "empty text" },
	{ "mask columns", HEAD "masks: {m: {columns: [card], way: null}}\n", 2, 23, "schema.table.column" },

	{ "duty without target", HEAD DUTY "      - {effects: [read], verdict: deny}\n", 4, 15, "name of a defined target" },
	{ "no effects", HEAD SHOP DUTY "      - {verdict: deny}\n", 8, 9, "\"effects\" is missing" },
	{ "no verdict", HEAD SHOP DUTY "      - {effects: [read]}\n", 8, 9, "\"verdict\" is missing" },
	{ "bad effect", HEAD SHOP DUTY "      - {effects: [drop], verdict: deny}\n", 8, 20, "found \"drop\", expected read, insert" },
	{ "object no table has", HEAD SHOP DUTY "      - {effects: [read], objects: [orders], verdict: deny}\n", 8, 37, "which no table matches" },
	{ "tag as object", HEAD SHOP DUTY "      - {effects: [define], objects: [create table], verdict: deny}\n", 0, 0, NULL },
	{ "mask fields", HEAD "masks: {m: {fields: [a.b, 'a..b'], way: null}}\n", 2, 27, "a path like" },
	{ "mask field brackets", HEAD "masks: {m: {fields: ['a[0].b'], way: null}}\n", 2, 22, "a path like" },
	{ "mask field end", HEAD "masks: {m: {fields: ['a.'], way: null}}\n", 2, 22, "a path like" },
	{ "mask field text", HEAD "masks: {m: {fields: a, way: null}}\n", 2, 21, "a list of texts" },
	{ "unknown mask", HEAD SHOP DUTY "      - {effects: [read], verdict: allow, masks: [m]}\n", 8, 51, "name of a defined mask" },
	{ "mask on deny", HEAD SHOP DUTY "      - {effects: [read], verdict: deny, masks: [built-in-cards]}\n", 8, 9, "masks or rows with verdict deny" },
	{ "need on allow", HEAD SHOP DUTY "      - {effects: [read], verdict: allow, need: 1}\n", 8, 43, "need with verdict allow" },
	{ "no group", HEAD SHOP DUTY "      - {effects: [read], verdict: hold}\n", 8, 9, "\"approvers\" is missing" },
	{ "unknown group", HEAD SHOP DUTY "      - {effects: [read], verdict: hold, approvers: g}\n", 8, 53, "approver group" },
	{ "rule needs too many", HEAD PEOPLE SHOP "approvers: {g: {people: [bob]}}\n" DUTY "      - {effects: [read], verdict: hold, need: 2}\n", 10, 9, "need 2 with 1 people" },
	{ "rule needs too few", HEAD PEOPLE SHOP "approvers: {g: {people: [bob, carol], need: 2}}\n" DUTY "      - {effects: [read], verdict: hold, need: 1}\n", 10, 9, "expected at least 2" },
	{ "bad duration", HEAD SHOP DUTY "      - {effects: [read], verdict: hold, expires: 10}\n", 8, 51, "a duration like" },
	{ "retry too long", HEAD PEOPLE SHOP "approvers: {g: {people: [bob]}}\n" DUTY "      - {effects: [read], verdict: hold, expires: 1m, retry: 2m}\n", 10, 9, "retry longer than expires" },
	{ "when twice", HEAD SHOP DUTY "      - {effects: [read], verdict: deny, when: [{where: present}, {where: absent}]}\n", 8, 68, "where a second time" },
	{ "when unknown", HEAD SHOP DUTY "      - {effects: [read], verdict: deny, when: [{moon: full}]}\n", 8, 50, "unknown key \"moon\"" },

	{ "owner nobody", HEAD SHOP "skills: {s: {owner: ann, start: {by: [\"*\"], as: '7'}, targets: [shop]}}\n", 4, 21, "defined person" },
	{ "no start", HEAD PEOPLE "skills: {s: {owner: ann}}\n", 3, 13, "\"start\" is missing" },
	{ "as root", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [ann], as: '0'}}}\n", 3, 49, "a user that is not root" },
	{ "as the daemon", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [ann], as: '60804'}}}\n", 3, 49, "a process of the daemon's" },
	{ "as a person", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [ann], as: '2'}}}\n", 3, 49, "found 2, who is person bob" },
	{ "as another skill", HEAD PEOPLE "skills:\n  s: {owner: ann, start: {by: [ann], as: '7'}}\n  t: {owner: ann, start: {by: [ann], as: '7'}}\n", 5, 42, "found 7, as whom skill s runs too" },
	{ "as another skill, by name", HEAD "people: {ann: {uid: 11}}\n" "skills:\n  s: {owner: ann, start: {by: [ann], as: bin}}\n  t: {owner: ann, start: {by: [ann], as: '2'}}\n", 5, 42, "as whom skill s runs too" },
	{ "digest without folder", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [ann], as: '7'}, digests: []}}\n", 3, 13, "without folder" },
	{ "bad digest", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [ann], as: '7'}, folder: /x, digests: [sha256:00]}}\n", 3, 77, "64 hex digits" },
	{ "socket not absolute", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [ann], as: '7'}, sockets: [/run/a, b]}}\n", 3, 73, "sockets: found \"b\", expected a path that begins with /" },
	{ "many sockets", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [ann], as: '7'}, sockets: [/1, /2, /3, /4, /5, /6, /7, /8, /9]}}\n", 3, 97, "found more than 8" },
	{ "folder not absolute", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [ann], as: '7'}, folder: x}}\n", 3, 63, "begins with /" },
	{ "executable without path", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [ann], as: '7'}, executable: {}}}\n", 3, 67, "\"path\" is missing" },
	{ "match of nothing", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [ann], as: '7'}, match: {}}}\n", 3, 62, "expected one of image" },
	{ "match of an unknown kind", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [ann], as: '7'}, match: {pid: ['1']}}}\n", 3, 63, "unknown key \"pid\"" },
	{ "match of a service that is a container", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [ann], as: '7'}, match: {label: [a], unit: [x.service]}}}\n", 3, 81, "expected one of the two" },
	{ "match and an executable", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [ann], as: '7'}, executable: {path: /x}, match: {label: [a]}}}\n", 3, 67, "expected the image's digest" },
	{ "match of a label without a name", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [ann], as: '7'}, match: {label: ['=a']}}}\n", 3, 71, "NAME or NAME=VALUE" },
	{ "match of a path", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [ann], as: '7'}, match: {cgroup: [a]}}}\n", 3, 72, "begins with /" },
	{ "match of half a digest", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [ann], as: '7'}, match: {digest: [sha256:00]}}}\n", 3, 72, "64 hex digits" },
	{ "match of a service by its path", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [ann], as: '7'}, executable: {path: /x}, match: {cgroup: [/a], unit: [x.service]}}}\n", 0, 0, NULL },
	{ "profile as duty", HEAD PEOPLE "skills: {s: {owner: ann, start: {by: [ann], as: '7'}, duties: [read-masked]}}\n", 3, 64, "given by `targets`" },
	{ "nobody approves", HEAD PEOPLE SHOP "approvers: {g: {people: [ann]}}\n" SKILL DUTY SESSION "      - {effects: [delete], verdict: hold}\n", 7, 3, "nobody could approve" },
	{ "ledger directory", HEAD "ledger: {checkpoints: {directory: x}}\n", 2, 35, "begins with /" },
	{ "ledger every", HEAD "ledger: {checkpoints: {every: 1d}}\n", 2, 31, "from 50ms to 3600s" },
	{ "ledger syslog", HEAD "ledger: {checkpoints: {syslog: yes}}\n", 2, 32, "true or false" },
};

static void
check_rows(void)
{
	struct faults *faults = malloc(sizeof(*faults));

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rules *rules;
		const struct fault *hit = NULL;
		int status;

		put("policy.yaml", rows[i].text);
		/* users of /etc/passwd do not matter: only uids are used */
		status = load(&rules, faults, strstr(rows[i].name, "host") || strstr(rows[i].name, "no name to"));
		CHECK_ROW(rows[i].name, status == (rows[i].fault ? -EINVAL : 0));
		CHECK_ROW(rows[i].name, !rows[i].fault == !!rules);
		for (size_t n = 0; rows[i].fault && n < faults->count; n++) {
			if (faults->v[n].line == rows[i].line && !faults->v[n].is_warning &&
			    faults->v[n].column == rows[i].column &&
			    strstr(faults->v[n].text, rows[i].fault))
				hit = &faults->v[n];
		}
		if (!CHECK_ROW(rows[i].name, !rows[i].fault || hit))
			for (size_t n = 0; n < faults->count; n++)
				fprintf(stderr, "  %s:%u:%u: %s\n", faults->v[n].file,
				    faults->v[n].line, faults->v[n].column, faults->v[n].text);
		rules_free(&rules);
	}
	free(faults);
}

static const char whole[] = HEAD
"people: {ann: {uid: 1}, bob: {uid: 2}, carol: {uid: 3}, dave: {uid: 4}, erin: {uid: 5}}\n"
"targets:\n"
"  shop:\n"
"    names: [db.shop.example, db2]\n"
"    addresses: [10.0.0.1, '::1']\n"
"    port: 5433\n"
"    namespace: skill\n"
"    tls: {backend: require}\n"
"    login: {role: support, databases: [shop, test], secret: 'credential:shop-db'}\n"
"  logs: {addresses: [10.0.0.2], tls: {backend: disable}, profile: writer-held}\n"
"approvers:\n"
"  leads: {people: [carol, dave], need: 1}\n"
"  default: {people: [carol, dave, erin], need: 2}\n"
"skills:\n"
"  first:\n"
"    owner: ann\n"
"    start: {by: [ann, bob], as: '1234'}\n"
"    folder: /srv/first\n"
"    digests: ['sha256:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f']\n"
"    excludes: ['*.log']\n"
"    executable: {path: /bin/sh, sha256: ['ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff']}\n"
"    duties: [d]\n"
"    targets: [logs]\n"
"  second: {owner: bob, start: {by: ['*'], as: '1235'}, targets: [shop], profile: admin-held, match: {image: ['localhost/x:**'], digest: [000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f], label: [app=x], annotation: [a.b], cgroup: [/pods/**]}}\n"
"masks:\n"
"  cards: {columns: ['public.payments.card'], fields: [card.number, 'items[].pan', '**'], detectors: [card, iban], pattern: 'X[0-9]+', way: partial, keep: 2}\n"
"duties:\n"
"  d:\n"
"    targets: [shop, logs]\n"
"    rules:\n"
"      - {effects: [session, read], objects: ['**'], verdict: allow, masks: [cards, built-in-cards], rows: 10}\n"
"      - effects: [update, delete]\n"
"        when: [{where: present}, {columns: [a, 'b*']}]\n"
"        verdict: hold\n"
"        approvers: leads\n"
"        need: 2\n"
"        expires: 5m\n"
"        retry: 90s\n"
"ledger: {checkpoints: {directory: /var/backup, syslog: true, every: 2500ms}}\n"
"names: {servers: [10.0.0.2, '[fd00::2]:5353', 'fd00::3'], also: {time.example: [192.0.2.1, '::ffff:192.0.2.2']}}\n";

static const char learned[] = HEAD
"targets:\n"
"  far: {names: [a.example, b.example], resolve: dns, ranges: [10.0.0.0/8], port: 6000, tls: {backend: disable}}\n";

static void
check_resolver_view(const struct view_resolver *view)
{
	CHECK(view->head.epoch == 7 && view->target_count == 2 && !view->targets[0].is_learned);
	CHECK(strcmp(view->servers, "10.0.0.2:53,[fd00::2]:5353,[fd00::3]:53") == 0);
	CHECK(view->name_count == 1 && strcmp(view->names[0].name, "time.example") == 0);
	CHECK(view->names[0].address_count == 2 && view->names[0].addresses[1].ip[15] == 2);
	CHECK(memcmp(view->names[0].addresses[0].ip, view->names[0].addresses[1].ip, 15) == 0);
}

static void
check_learned(void)
{
	struct faults *faults = malloc(sizeof(*faults));
	const struct view_target *far;
	struct rules *rules;

	put("policy.yaml", learned);
	if (!CHECK(load(&rules, faults, true) == 0))
		return;
	far = &rules->resolver.targets[0];
	CHECK(far->is_learned && far->port == 6000 && far->address_count == 0 && far->host_count == 2);
	CHECK(far->range_count == 1 && far->ranges[0].bits == 104 && far->ranges[0].ip[12] == 10);
	CHECK(rules->worker.targets[0].is_learned && rules->loader.targets[0].is_learned);
	CHECK(*rules->resolver.servers == '\0' && rules->resolver.name_count == 0);
	rules_free(&rules);
	free(faults);
}

static void
check_worker_view(const struct view_worker *view)
{
	const struct view_target *shop = &view->targets[0];
	const struct view_rule *hold;

	CHECK(view->target_count == 2 && view->head.epoch == 7);
	CHECK(strcmp(shop->name, "shop") == 0 && shop->from_skill);
	CHECK(shop->host_count == 2 && strcmp(shop->hosts[1], "db2") == 0);
	CHECK(shop->address_count == 2 && shop->addresses[0].port == 5433);
	CHECK(memcmp(shop->addresses[0].ip, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\1", 16) == 0);
	CHECK(shop->addresses[1].ip[15] == 1 && shop->addresses[1].ip[10] == 0);
	CHECK(shop->tls == TLS_REQUIRE && shop->has_secret);
	CHECK(strcmp(shop->role, "support") == 0 && shop->database_count == 2);
	CHECK(view->targets[1].addresses[0].port == 5432 && !view->targets[1].has_secret);
	CHECK(view->mask_count == 3 && strcmp(view->masks[2].name, "cards") == 0);
	CHECK(view->masks[2].detectors == (1u << DETECT_CARD | 1u << DETECT_IBAN | 1u << DETECT_PATTERN));
	CHECK(view->masks[2].field_count == 3 && strcmp(view->masks[2].fields[1], "items[].pan") == 0);
	CHECK(view->masks[2].keep == 2 && view->masks[2].way == WAY_PARTIAL);
	CHECK(view->duty_count == 4);
	CHECK(strcmp(view->duties[2].name, "writer-held") == 0 && view->duties[2].target == 1);
	CHECK(strcmp(view->duties[3].name, "admin-held") == 0 && view->duties[3].target == 0);
	CHECK(view->skills[0].duty_count == 3 && view->skills[1].duty_count == 1);
	CHECK(view->duties[0].rules[0].masks == 5 && view->duties[0].rules[0].row_limit == 10);
	CHECK(strcmp(view->duties[0].rules[0].where, "policy.yaml:32 duty d rule 1") == 0);
	hold = &view->duties[0].rules[1];
	CHECK(hold->verdict == VERDICT_HOLD && hold->reaches == 1u << REACH_WHERE);
	CHECK(hold->column_count == 2 && hold->approvers == 0 && hold->need == 2);
	CHECK(hold->expires_s == 300 && hold->retry_s == 90);
	CHECK(view->duties[2].rules[4].approvers == 1 && view->duties[2].rules[4].need == 2);
}

static void
check_whole(void)
{
	struct faults *faults = malloc(sizeof(*faults));
	struct rules *rules;
	uint8_t digest[32];

	put("policy.yaml", whole);
	CHECK(load(&rules, faults, false) == 0);
	for (size_t i = 0; i < faults->count; i++)
		fprintf(stderr, "%u:%u %s\n", faults->v[i].line, faults->v[i].column, faults->v[i].text);
	if (!CHECK(rules))
		return;
	CHECK(faults->errors == 0);
	rules_number(rules, 7);
	check_worker_view(&rules->worker);
	check_resolver_view(&rules->resolver);
	CHECK(rules->loader.skill_count == 2 && rules->loader.skills[0].uid == 1234);
	CHECK(rules->loader.skills[0].folder_digests[0].sha256[31] == 0x1f);
	CHECK(rules->loader.skills[0].executable_digests[0].sha256[0] == 0xff);
	CHECK(rules->loader.skills[0].match.image_count == 0 && rules->loader.skills[1].match.unit_count == 0);
	CHECK(strcmp(rules->loader.skills[1].match.images[0], "localhost/x:**") == 0);
	CHECK(strcmp(rules->loader.skills[1].match.digests[0],
	    "sha256:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f") == 0);
	CHECK(strcmp(rules->loader.skills[1].match.labels[0], "app=x") == 0);
	CHECK(strcmp(rules->loader.skills[1].match.annotations[0], "a.b") == 0);
	CHECK(strcmp(rules->loader.skills[1].match.cgroups[0], "/pods/**") == 0);
	CHECK(rules->broker.skills[1].match.image_count == 0);
	CHECK(rules->loader.targets[0].role[0] == '\0' && rules->loader.targets[0].host_count == 2);
	CHECK(!rules->loader.targets[0].has_secret && rules->loader.person_count == 5);
	CHECK(rules->keeper.secret_count == 2 && rules->keeper.secrets[0].from == SECRET_CREDENTIAL);
	CHECK(strcmp(rules->keeper.secrets[0].path, "shop-db") == 0);
	CHECK(rules->keeper.secrets[1].from == SECRET_NONE && rules->keeper.mask_count == 3);
	CHECK(rules->broker.approver_count == 2 && rules->broker.approvers[1].need == 2);
	CHECK(rules->broker.skills[0].folder[0] == '\0' && rules->broker.skills[0].starter_count == 2);
	CHECK(rules->recorder.checkpoint_syslog && rules->recorder.checkpoint_every_ms == 2500);
	CHECK(strcmp(rules->recorder.checkpoint_directory, "/var/backup") == 0);
	memcpy(digest, rules->digest, 32);
	rules_free(&rules);
	CHECK(load(&rules, faults, false) == 0 && memcmp(digest, rules->digest, 32) == 0);
	rules_free(&rules);
	put("policy.d/z.yaml", HEAD);
	CHECK(load(&rules, faults, false) == 0 && memcmp(digest, rules->digest, 32) != 0);
	rules_free(&rules);
	free(faults);
}

/* Files join; a name in two of them is a fault that names both places. */
static void
check_files(void)
{
	struct faults *faults = malloc(sizeof(*faults));
	struct rules *rules;

	put("policy.yaml", HEAD PEOPLE);
	put("policy.d/10-a.yaml", HEAD SHOP);
	put("policy.d/20-b.yaml", HEAD SKILL DUTY SESSION);
	put("policy.d/notes.txt", "not: [policy");
	put("policy.d/.hidden.yaml", "not: [policy");
	CHECK(load(&rules, faults, false) == 0 && rules->worker.skill_count == 1);
	rules_free(&rules);
	put("policy.d/15-c.yaml", HEAD "people: {ann: {uid: 9}, dora: {uid: 10}}\n");
	CHECK(load(&rules, faults, false) == -EINVAL && faults->errors == 1);
	CHECK(strcmp(faults->v[0].file, "policy.d/15-c.yaml") == 0 && faults->v[0].line == 2);
	CHECK(strstr(faults->v[0].text, "first at policy.yaml:2"));
	drop("policy.d/15-c.yaml");
	drop("policy.d/10-a.yaml");
	drop("policy.d/20-b.yaml");
	drop("policy.d/z.yaml");
	drop("policy.yaml");
	CHECK(load(&rules, faults, false) == -EINVAL && strstr(faults->v[0].text, "cannot be read"));
	free(faults);
}

/* All faults in one pass, and never more than fit. */
static void
check_many(void)
{
	struct faults *faults = malloc(sizeof(*faults));
	static char text[65536];
	struct rules *rules;
	size_t n;

	put("policy.yaml", HEAD "people: {a: {uid: x}}\nmasks: {m: {way: no}}\nbad: 1\n");
	CHECK(load(&rules, faults, false) == -EINVAL && faults->errors >= 3);
	n = (size_t)sprintf(text, HEAD "people:\n");
	for (int i = 0; i < 500; i++)
		n += (size_t)sprintf(text + n, "  p%d: {uid: x}\n", i);
	put("policy.yaml", text);
	CHECK(load(&rules, faults, false) == -EINVAL);
	CHECK(faults->count == FAULTS_MAX && faults->errors == 500 && faults->left_out == 400);
	free(faults);
}

static void
check_secret(void)
{
	static const struct {
		const char *name;
		mode_t mode;
		uid_t owner;
		const char *fault;
	} files[] = {
		{ "root's", 0600, 0, NULL },
		{ "read only", 0400, 0, NULL },
		{ "keeper's", 0600, 60800 + SLOT_KEEPER, NULL },
		{ "somebody's", 0600, 1000, "belongs to uid 1000" },
		{ "group", 0640, 0, "has mode 0640" },
		{ "others", 0604, 0, "has mode 0604" },
		{ "absent", 0, 0, "expected a file" },
	};
	struct faults *faults = malloc(sizeof(*faults));
	char text[512], path[256];
	struct rules *rules;

	snprintf(path, sizeof(path), "%s/secret", directory);
	snprintf(text, sizeof(text), HEAD "targets:\n  x: {addresses: [10.0.0.1], "
	    "tls: {backend: disable}, login: {role: a, secret: 'file:%s'}}\n", path);
	put("policy.yaml", text);
	for (size_t i = 0; geteuid() == 0 && i < COUNT(files); i++) {
		put("secret", "hunter2");
		if (chmod(path, files[i].mode) || chown(path, files[i].owner, 0))
			abort();
		if (files[i].mode == 0)
			drop("secret");
		CHECK_ROW(files[i].name, load(&rules, faults, false) == (files[i].fault ? -EINVAL : 0));
		CHECK_ROW(files[i].name, !files[i].fault || strstr(faults->v[0].text, files[i].fault));
		CHECK_ROW(files[i].name, !strstr(faults->v[0].text, "hunter2"));
		rules_free(&rules);
	}
	drop("secret");
	free(faults);
}

/* What a backend may ask for, where the policy says it and where it does not. */
static void
check_proofs(void)
{
	static const struct {
		const char *tls, *login;
		uint32_t proofs;
		bool needs_proof;
	} targets[] = {
		{ "disable", "secret: 'credential:x'", 1 << PROOF_SCRAM, true },
		{ "require", "secret: 'credential:x'", 1 << PROOF_SCRAM, true },
		{ "verify-ca", "secret: 'credential:x'", 1 << PROOF_SCRAM | 1 << PROOF_MD5, true },
		{ "disable", "secret: 'credential:x', proofs: [md5]", 1 << PROOF_MD5, true },
		{ "verify-ca", "secret: 'credential:x', proofs: [scram]", 1 << PROOF_SCRAM, true },
		{ "require", "secret: 'credential:x', proofs: [scram-plus]", 1 << PROOF_SCRAM_PLUS, true },
		{ "verify-ca", "secret: 'credential:x', proofs: [cleartext, none]",
		  1 << PROOF_CLEARTEXT | 1 << PROOF_NONE, false },
		{ "disable", "databases: [d]", 0, false },
		{ "verify-ca", "certificate: 'credential:x'", 1 << PROOF_CERTIFICATE, false },
		{ "verify-ca", "certificate: 'credential:x', secret: 'credential:y'",
		  1 << PROOF_CERTIFICATE | 1 << PROOF_SCRAM | 1 << PROOF_MD5, false },
		{ "verify-full, name: n", "certificate: 'credential:x', secret: 'credential:y', proofs: [certificate, scram-plus]",
		  1 << PROOF_CERTIFICATE | 1 << PROOF_SCRAM_PLUS, false },
	};
	struct faults *faults = malloc(sizeof(*faults));
	char text[512];
	struct rules *rules;

	for (size_t i = 0; i < COUNT(targets); i++) {
		snprintf(text, sizeof(text), HEAD "targets:\n  x: {addresses: [10.0.0.1], "
		    "tls: {backend: %s}, login: {role: a, %s}}\n", targets[i].tls, targets[i].login);
		put("policy.yaml", text);
		if (!CHECK_ROW(targets[i].login, load(&rules, faults, true) == 0))
			continue;
		CHECK_ROW(targets[i].login, rules->keeper.secrets[0].proofs == targets[i].proofs);
		CHECK_ROW(targets[i].login, rules->worker.targets[0].needs_proof == targets[i].needs_proof);
		rules_free(&rules);
	}
	free(faults);
}

/* What the worker and the keeper are told of a credential, each as far as it concerns it. */
static void
check_credentials(void)
{
	struct faults *faults = malloc(sizeof(*faults));
	const struct view_credential *shown;
	struct rules *rules;

	put("policy.yaml", HEAD "targets:\n"
	    "  a: {protocol: http, port: 443, addresses: [10.0.0.1], tls: {name: n}, credential: {as: header, name: X-Key, "
	    "prefix: 'Key ', secret: 'credential:x'}}\n"
	    "  b: {protocol: http, port: 443, addresses: [10.0.0.2], tls: {name: n}, credential: {as: sigv4, region: eu-1, "
	    "service: s3, key: AKID, secret: 'credential:y'}}\n"
	    "  c: {protocol: http, port: 443, addresses: [10.0.0.3], tls: {name: n}}\n");
	if (!CHECK(load(&rules, faults, true) == 0))
		return;
	shown = &rules->worker.targets[0].credential;
	CHECK(shown->as == AS_HEADER && !strcmp(shown->name, "X-Key") && !strcmp(shown->prefix, "Key ") && !*shown->user);
	CHECK(rules->worker.targets[0].has_secret && !rules->worker.targets[2].has_secret);
	CHECK(rules->keeper.secrets[0].from == SECRET_CREDENTIAL && !strcmp(rules->keeper.secrets[0].path, "x"));
	CHECK(rules->keeper.secrets[0].credential.as == AS_HEADER && rules->keeper.secrets[0].tls == TLS_VERIFY_FULL);
	CHECK(rules->keeper.secrets[0].proofs == 0 && !*rules->keeper.secrets[0].role);
	shown = &rules->keeper.secrets[1].credential;
	CHECK(shown->as == AS_SIGV4 && !strcmp(shown->region, "eu-1") && !strcmp(shown->service, "s3") && !strcmp(shown->key, "AKID"));
	CHECK(!strcmp(rules->keeper.secrets[1].role, "AKID"));
	CHECK(rules->worker.targets[2].credential.as == AS_NONE && rules->keeper.secrets[2].from == SECRET_NONE);
	CHECK(rules->loader.targets[0].credential.as == AS_NONE && !*rules->loader.targets[0].credential.name);
	rules_free(&rules);
	free(faults);
}

/* Every beginning of a policy is read or refused, never more. */
static void
check_prefixes(void)
{
	struct faults *faults = malloc(sizeof(*faults));
	char text[sizeof(whole)];
	struct rules *rules;

	for (size_t n = 0; n < sizeof(whole); n += 3) {
		memcpy(text, whole, n);
		text[n] = '\0';
		put("policy.yaml", text);
		CHECK(load(&rules, faults, true) == (faults->errors ? -EINVAL : 0));
		CHECK(!rules == (faults->errors > 0));
		rules_free(&rules);
	}
	free(faults);
}

static void
check_warnings(void)
{
	struct faults *faults = malloc(sizeof(*faults));
	struct rules *rules;

	put("policy.yaml", HEAD PEOPLE SHOP "skills:\n  s: {owner: ann, start: {by: [ann], as: '7'}, targets: [shop]}\n"
	    "  t: {owner: ann, start: {by: [ann], as: '8'}}\n");
	CHECK(load(&rules, faults, false) == 0 && faults->count == 2);
	CHECK(strstr(faults->v[0].text, "what would be held is denied"));
	CHECK(strstr(faults->v[1].text, "can reach nothing"));
	CHECK(rules->worker.duties[0].rules[3].verdict == VERDICT_DENY);
	rules_free(&rules);
	put("policy.yaml", HEAD PEOPLE SHOP SKILL DUTY "      - {effects: [read], verdict: allow}\n");
	CHECK(load(&rules, faults, false) == 0 && faults->count == 1);
	CHECK(strstr(faults->v[0].text, "cannot log in"));
	rules_free(&rules);
	free(faults);
}

/* Offline no user has a number: names are compared, and numbers with numbers. */
static void
check_users_offline(void)
{
	static const struct {
		const char *person, *first, *second;
		size_t faults;
	} users[] = {
		{ "user: no-such-a", "no-such-b", "no-such-c", 0 },
		{ "user: no-such-a", "no-such-b", "no-such-b", 1 },
		{ "user: no-such-a", "no-such-a", "no-such-b", 1 },
		{ "uid: 7", "8", "no-such-b", 0 },
		{ "uid: 7", "7", "no-such-b", 1 },
		{ "uid: 7", "7", "7", 3 },
	};
	struct faults *faults = malloc(sizeof(*faults));
	char text[512];

	for (size_t i = 0; i < COUNT(users); i++) {
		struct rules *rules;

		snprintf(text, sizeof(text), HEAD "people: {ann: {%s}}\n"
		    "targets: {shop: {addresses: [10.0.0.1], tls: {backend: disable}, profile: read-masked}}\n"
		    "skills:\n"
		    "  s: {owner: ann, start: {by: [ann], as: '%s'}, targets: [shop]}\n"
		    "  t: {owner: ann, start: {by: [ann], as: '%s'}, targets: [shop]}\n",
		    users[i].person, users[i].first, users[i].second);
		put("policy.yaml", text);
		CHECK_ROW(text, load(&rules, faults, true) == (users[i].faults ? -EINVAL : 0));
		size_t wrong = 0;
		for (size_t j = 0; j < faults->count; j++)
			wrong += strstr(faults->v[j].text, "start: as:") != NULL;
		CHECK_ROW(text, wrong == users[i].faults);
		rules_free(&rules);
	}
	free(faults);
}

static void
check_sample(void)
{
	struct faults *faults = malloc(sizeof(*faults));
	struct rules_options options = { .uid_base = 60800, .is_offline = true };
	struct rules *rules = NULL;

	memset(faults, 0, sizeof(*faults));
	/* the copy of the profiles beside it is not part of the policy */
	CHECK(rules_load(&rules, "scripts/deploy/policy", &options, faults) == 0);
	CHECK(faults->count == 0);
	if (rules)
		CHECK(rules->worker.skill_count == 1 && rules->worker.duty_count == 1);
	rules_free(&rules);
	free(faults);
}

int
main(void)
{
	char path[256];

	if (!mkdtemp(directory))
		return 1;
	snprintf(path, sizeof(path), "%s/policy.d", directory);
	if (mkdir(path, 0700))
		return 1;
	check_rows();
	check_whole();
	check_learned();
	check_files();
	check_many();
	check_secret();
	check_credentials();
	check_proofs();
	check_prefixes();
	check_warnings();
	check_users_offline();
	check_sample();
	drop("policy.yaml");
	drop("policy.d/notes.txt");
	drop("policy.d/.hidden.yaml");
	drop("policy.d");
	rmdir(directory);
	return check_end();
}
