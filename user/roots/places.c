/*
 * places.c: where programs look for whom to trust.
 * What distributions compile into OpenSSL, GnuTLS, Go, curl and NSS, where they
 * keep the key stores of Java, and the bundles that packages bring along. A new
 * place is a new row.
 */
#include "roots/roots.h"

#define SYSTEM_FOLDER(pattern) { ROOTS_FOLDER, ROOTS_SYSTEM, pattern }
#define SYSTEM_ANCHORS(pattern) { ROOTS_ANCHORS, ROOTS_SYSTEM, pattern }
#define SYSTEM_FILE(pattern) { ROOTS_FILE, ROOTS_SYSTEM, pattern }
#define JAVA(pattern) { ROOTS_FILE, ROOTS_JAVA, pattern }
#define PYTHON(pattern) { ROOTS_FILE, ROOTS_PYTHON, pattern }

const struct roots_place roots_system[] = {
	SYSTEM_FOLDER("/etc/ssl/certs"),		/* Debian, Alpine, Arch, SUSE */
	SYSTEM_FOLDER("/etc/pki/tls/certs"),		/* Fedora and its kin */
	SYSTEM_FOLDER("/etc/pki/ca-trust/extracted/pem/directory-hash"),
	SYSTEM_FOLDER("/var/lib/ca-certificates/openssl"),	/* SUSE */
	SYSTEM_FOLDER("/var/lib/ca-certificates/pem"),
	SYSTEM_ANCHORS("/etc/pki/ca-trust/source/anchors"),	/* p11-kit: GnuTLS and NSS of Fedora */
	SYSTEM_ANCHORS("/etc/ca-certificates/trust-source/anchors"),	/* of Arch */
	SYSTEM_ANCHORS("/etc/pki/trust/anchors"),	/* of SUSE */
	SYSTEM_FILE("/etc/ssl/certs/ca-certificates.crt"),	/* Debian, Alpine, Arch */
	SYSTEM_FILE("/etc/pki/tls/certs/ca-bundle.crt"),	/* Fedora */
	SYSTEM_FILE("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
	SYSTEM_FILE("/etc/ssl/ca-bundle.pem"),		/* SUSE */
	SYSTEM_FILE("/var/lib/ca-certificates/ca-bundle.pem"),
	SYSTEM_FILE("/etc/ssl/cert.pem"),		/* Alpine */
	SYSTEM_FILE("/etc/pki/tls/cert.pem"),
	SYSTEM_FILE("/etc/pki/tls/certs/ca-bundle.trust.crt"),
	SYSTEM_FILE("/etc/pki/ca-trust/extracted/openssl/ca-bundle.trust.crt"),
	SYSTEM_FILE("/etc/ssl/certs/ca-bundle.crt"),	/* NixOS */
	SYSTEM_FILE("/etc/ca-certificates/extracted/tls-ca-bundle.pem"),	/* Arch */
	SYSTEM_FILE("/usr/lib/ssl/cert.pem"),		/* Debian's OpenSSL */
	SYSTEM_FILE("/usr/local/ssl/cert.pem"),		/* OpenSSL's own choice */
	JAVA("/etc/ssl/certs/java/cacerts"),		/* Debian */
	JAVA("/etc/pki/ca-trust/extracted/java/cacerts"),	/* Fedora */
	JAVA("/etc/pki/java/cacerts"),
	JAVA("/var/lib/ca-certificates/java-cacerts"),	/* SUSE */
	JAVA("/etc/ca-certificates/extracted/java-cacerts.jks"),
	JAVA("/usr/lib/jvm/*/lib/security/cacerts"),
	JAVA("/usr/lib/jvm/*/jre/lib/security/cacerts"),
	JAVA("/usr/java/*/lib/security/cacerts"),
	JAVA("/opt/java/*/lib/security/cacerts"),
	JAVA("/opt/java/*/jre/lib/security/cacerts"),
	{ 0 }
};

const struct roots_place roots_prefix[] = {
	SYSTEM_FILE("ssl/cert.pem"),		/* conda's OpenSSL */
	SYSTEM_FILE("ssl/cacert.pem"),
	JAVA("lib/security/cacerts"),
	JAVA("jre/lib/security/cacerts"),	/* up to Java 8 */
	{ 0 }
};

const char *const roots_libraries[] = {
	"lib/python*/site-packages", "lib/python*/dist-packages",
	"lib64/python*/site-packages", NULL
};

const struct roots_place roots_library[] = {
	PYTHON("certifi/cacert.pem"),
	PYTHON("pip/_vendor/certifi/cacert.pem"),
	PYTHON("botocore/cacert.pem"),
	PYTHON("botocore/vendored/requests/cacert.pem"),
	PYTHON("requests/cacert.pem"),
	PYTHON("httplib2/cacerts.txt"),
	PYTHON("grpc/_cython/_credentials/roots.pem"),
	PYTHON("stripe/data/ca-certificates.crt"),
	{ 0 }
};

const char *const roots_prefixes[] = { "/usr", "/usr/local", "/opt", "/opt/*", "/usr/local/*", NULL };

const char *const roots_homely[] = {
	".local", ".pyenv/versions/*", ".local/share/uv/python/*", ".local/share/uv/tools/*",
	".local/share/pipx/venvs/*", ".local/pipx/venvs/*", "miniconda3", "anaconda3",
	"miniforge3", ".sdkman/candidates/java/*", NULL
};

const char *const roots_marks[] = { "pyvenv.cfg", "lib/security/cacerts", NULL };

const char *const roots_files[] = {
	"SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
	"GIT_SSL_CAINFO", "AWS_CA_BUNDLE", "PIP_CERT", "DENO_CERT", "CARGO_HTTP_CAINFO",
	"NIX_SSL_CERT_FILE", "HTTPLIB2_CA_CERTS", "PERL_LWP_SSL_CA_FILE",
	"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "WEBSOCKET_CLIENT_CA_BUNDLE", "PGSSLROOTCERT",
	"CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", NULL
};

const char *const roots_folders[] = { "SSL_CERT_DIR", "PERL_LWP_SSL_CA_PATH", NULL };

const char *const roots_tops[] = {
	"VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "JAVA_HOME", "JDK_HOME", "JRE_HOME",
	"GRAALVM_HOME", NULL
};
