/*
 * roots.h: bundles of authorities, and the node's own among them.
 * Programs find whom they trust in files of three forms: certificates in PEM one
 * after another, Java's own key store (JKS), and PKCS #12. To each the node's
 * certificate can be added without understanding what else is in it. Beside that,
 * the table of where such files lie. Pure.
 */
#ifndef ROOTS_ROOTS_H
#define ROOTS_ROOTS_H

#include <stdbool.h>
#include <stddef.h>

#include "span.h"

struct out;

#define ROOTS_CERTIFICATE 8192	/* bytes of the node's own, more than it ever has */

/* The node's certificate, both ways. */
struct roots_node {
	struct span pem, der;
};

/* The first certificate of `pem` as DER into `der` of `room`. False: there is none. */
bool roots_der(struct span pem, uint8_t *der, size_t room, size_t *n);

/*
 * Append `theirs` with the node's certificate to *out. False: it is no bundle
 * that is understood, or it holds keys as well, or out.failed; what *out has got by
 * then is worthless.
 */
bool roots_add(struct span theirs, const struct roots_node *, struct out *out);

/* ---- the three forms ------------------------------------------------------ */

bool roots_is_pem(struct span);
bool roots_is_jks(struct span);
bool roots_pem_add(struct span theirs, const struct roots_node *, struct out *);
/* Only one that "changeit" opens, as every JDK ships it; that opens it afterwards. */
bool roots_jks_add(struct span theirs, const struct roots_node *, struct out *);
/* Without a MAC afterwards: JDKs ask for none, whatever the password. */
bool roots_pkcs12_add(struct span theirs, const struct roots_node *, struct out *);

/* ---- where they lie -------------------------------------------------------- */

enum roots_kind {
	ROOTS_FOLDER,	/* a file for each authority, named after its hash */
	ROOTS_ANCHORS,	/* the same, with any name */
	ROOTS_FILE,
	ROOTS_KINDS
};

enum roots_whose { ROOTS_SYSTEM, ROOTS_JAVA, ROOTS_PYTHON, ROOTS_WHOSES };

/* A path, or one with `*` for any name or part of one. Folders come before what lies in them. */
struct roots_place {
	enum roots_kind kind;
	enum roots_whose whose;
	const char *pattern;
};

/* All of them end with a NULL pattern. */
extern const struct roots_place roots_system[];	/* whole paths */
extern const struct roots_place roots_prefix[];	/* below a prefix, as /usr is one */
extern const char *const roots_libraries[];	/* Python's libraries, below a prefix */
extern const struct roots_place roots_library[];	/* below one of those */
extern const char *const roots_prefixes[];	/* prefixes that any system may have */
extern const char *const roots_homely[];	/* prefixes in a home */
extern const char *const roots_marks[];	/* a folder with one of these in it is a prefix */
extern const char *const roots_files[];	/* variables that name a file */
extern const char *const roots_folders[];	/* variables that name folders, with colons between */
extern const char *const roots_tops[];	/* variables that name a prefix */

#endif
