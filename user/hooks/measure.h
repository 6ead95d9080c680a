/*
 * measure.h: what a skill consists of, as one digest.
 * The measure of a folder is a text, its manifest, and the digest is the
 * SHA-256 of that text, so that anyone can check it with sha256sum:
 *
 *   interlock skill 1
 *   f x 812 6b86b273ff34fce1… scripts/report.sh
 *   f - 4021 d4735e3a265e16ee… SKILL.md
 *   l - 9 4e07408562bedb8b… latest
 *
 * One line for each file (f) and symbolic link (l) below the folder, in the
 * byte order of the paths as written: type, x where the owner may execute it,
 * size, SHA-256 of the content (of a link: of its target text, which is
 * never followed), path relative to the folder. In paths a backslash and every
 * byte up to 0x20 and from 0x7f are written \xNN. Owners, other mode bits,
 * times and empty folders do not count. Anything that is neither file, link
 * nor folder cannot be measured.
 *
 * Not measured: .git, __pycache__ and *.pyc anywhere, and the policy's own
 * excludes: globs over the relative path, or over the last name where they hold
 * no slash; an excluded folder is left out whole. What is left out is not
 * protected: a skill must not be able to write its own __pycache__.
 *
 * A measurement is made a step at a time, because a folder may be large and the
 * loader has others to serve meanwhile.
 * Contents are remembered by device, inode, change time and size, so that the
 * measure of an unchanged folder costs one stat for each file; but only where no
 * change can be missed: on a local file system with a change time to rely on,
 * of a file that nobody has open for writing. Lives in the loader; reads files,
 * never through a link. Needs CAP_LEASE to remember other users' files.
 */
#ifndef HOOKS_MEASURE_H
#define HOOKS_MEASURE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "span.h"

#define MEASURE_FILES 10000		/* files and links of one folder */
#define MEASURE_BYTES (256u << 20)	/* of all contents together */
#define MEASURE_DEPTH 32		/* folders within folders */
#define MEASURE_SIZE 32			/* bytes of a digest */
#define MEASURE_WHY 512			/* a path and a few words */

struct measure;	/* what has been hashed before */
struct measuring;	/* one measurement under way */

int measure_new(struct measure **out);
void measure_free(struct measure **);

/* What a measurement comes to. */
struct measured {
	char *text;		/* a folder's manifest; a file has none */
	size_t size;		/* of it, without the NUL behind it */
	uint8_t digest[MEASURE_SIZE];	/* of the manifest, or of the file's content */
};

/*
 * Begin to measure `folder`, or a file by its descriptor, which is taken. Excludes
 * are copied. Nothing is read yet but what cannot be opened is told. Returns 0 or
 * -errno, with *out unchanged.
 */
int measure_folder(struct measure *, const char *folder,
    const char *const *excludes, size_t exclude_count, struct measuring **out);
int measure_file(struct measure *, int fd, struct measuring **out);
/*
 * Go on until `until` (clock_mono()), at least one step. 0: *out is what was
 * wanted, and its text the caller's to free. -EAGAIN: there is more to do. Else it
 * has failed, *out is unchanged and measuring_why() tells: -EINVAL (something that
 * cannot be measured), -E2BIG (a limit), -ENOMEM or what the file system says.
 */
int measure_go_on(struct measuring *, uint64_t until, struct measured *out);
/* Which file and what of it, a sentence; until measuring_free(). */
const char *measuring_why(const struct measuring *);
/* Also in the middle. NULL is fine. */
void measuring_free(struct measuring **);

/* ---- what folder.c asks of measure.c ---------------------------------- */

/* One file being read. */
struct hashing {
	int fd;			/* -1: none */
	void *context;
	struct stat st;		/* when it began */
	off_t at;
};

/* Takes fd. 0: the digest was remembered; -EAGAIN: go on; -EINVAL (no regular
 * file), -E2BIG or another -errno. Unless -EAGAIN, nothing is left open. */
int hashing_begin(struct measure *, struct hashing *, int fd,
    uint8_t digest[MEASURE_SIZE]);
/* Read a little. The same. */
int hashing_go_on(struct measure *, struct hashing *,
    uint8_t digest[MEASURE_SIZE]);
void hashing_end(struct hashing *);

/* SHA-256 of bytes. */
void measure_bytes(struct span, uint8_t digest[MEASURE_SIZE]);

/* 64 lower-case digits and a NUL. Returns `text`. */
#define MEASURE_TEXT_SIZE (2 * MEASURE_SIZE + 1)
char *measure_text(const uint8_t digest[MEASURE_SIZE], char *text);

#endif
