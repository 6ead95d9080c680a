/*
 * search.c: walk the table of places (roots/places.c) over the file system.
 * A pattern is followed name by name; what a `*` stands for is read from its folder.
 * How much is read is limited for all of it together: a skill's folder may be
 * anything. Folders are opened as whoever this process is for the file system.
 */
#include "hooks/search.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/must.h"

#define ENTRIES_MOST 20000	/* names read in folders */
#define FOLDERS_MOST 1000	/* folders that are read */
#define VARIABLE_MOST 16384	/* bytes of a list of folders */

struct search {
	search_fn *fn;
	void *arg;
	const struct roots_place *place;	/* of what is being looked for */
	bool is_library;	/* it is a folder, in which roots_library is looked for */
	unsigned int entries, folders;	/* read so far */
	bool is_over;
};

static DIR *
open_folder(struct search *search, const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK,
		.resolve = RESOLVE_NO_MAGICLINKS };
	DIR *dir;
	int fd;

	if (search->folders++ >= FOLDERS_MOST)
		return NULL;
	fd = (int)syscall(SYS_openat2, AT_FDCWD, *path ? path : "/", &how, sizeof(how));
	if (fd < 0)
		return NULL;
	dir = fdopendir(fd);
	if (!dir)
		close(fd);
	return dir;
}

static void
deliver(struct search *search, const char *path)
{
	char whole[PATH_MAX];

	if (!search->is_library) {
		search->is_over |= !search->fn(search->arg, path, search->place->kind,
		    search->place->whose);
		return;
	}
	if (access(path, F_OK) < 0)	/* as root: who cannot go there finds nothing in it */
		return;
	for (const struct roots_place *p = roots_library; p->pattern && !search->is_over; p++)
		if (snprintf(whole, sizeof(whole), "%s/%s", path, p->pattern) < (int)sizeof(whole))
			search->is_over |= !search->fn(search->arg, whole, p->kind, p->whose);
}

static void walk(struct search *, const char *done, const char *pattern);

/* Each name in `done` that the first part of `pattern` fits, and then the rest of it. */
static void
walk_names(struct search *search, const char *done, const char *pattern)
{
	char part[NAME_MAX + 1], path[PATH_MAX];
	size_t n = strcspn(pattern, "/");
	DIR *dir = n < sizeof(part) ? open_folder(search, done) : NULL;
	struct dirent *e;

	if (!dir)
		return;
	memcpy(part, pattern, n);
	part[n] = '\0';
	while (!search->is_over && search->entries < ENTRIES_MOST && (e = readdir(dir))) {
		search->entries++;
		if (fnmatch(part, e->d_name, FNM_PERIOD) != 0 ||
		    (pattern[n] && e->d_type != DT_DIR && e->d_type != DT_LNK &&
		    e->d_type != DT_UNKNOWN) ||
		    snprintf(path, sizeof(path), "%s/%s", done, e->d_name) >= (int)sizeof(path))
			continue;
		walk(search, path, pattern + n + (pattern[n] == '/'));
	}
	closedir(dir);
}

/* What `pattern` stands for below `done`; both without a slash between. */
static void
walk(struct search *search, const char *done, const char *pattern)
{
	const char *star = strchr(pattern, '*'), *part = star;
	char path[PATH_MAX];
	int n;

	while (part > pattern && part[-1] != '/')
		part--;
	n = star ? (int)(part - pattern) : (int)strlen(pattern);
	while (n > 0 && pattern[n - 1] == '/')
		n--;
	if (snprintf(path, sizeof(path), "%s%s%.*s", done, n ? "/" : "", n, pattern) >=
	    (int)sizeof(path))
		return;
	if (star)
		walk_names(search, path, part);
	else
		deliver(search, path);
}

static void
look(struct search *search, const char *base, const struct roots_place *place)
{
	search->place = place;
	search->is_library = false;
	if (!search->is_over)
		walk(search, base, place->pattern + (*place->pattern == '/'));
	search->place = NULL;	/* it is the caller's */
}

/* In a folder that holds libraries of Python by itself. */
static void
look_library(struct search *search, const char *base)
{
	search->is_library = true;
	if (!search->is_over && *base == '/')
		walk(search, base, "");
}

/* In something like /usr: `pattern` below `base`. */
static void
look_prefix(struct search *search, const char *base, const char *pattern)
{
	const char *between = *pattern ? "/" : "";
	char text[PATH_MAX];

	if (!base || (*base && *base != '/'))
		return;
	for (const struct roots_place *p = roots_prefix; p->pattern; p++) {
		struct roots_place place = *p;

		snprintf(text, sizeof(text), "%s%s%s", pattern, between, p->pattern);
		place.pattern = text;
		look(search, base, &place);
	}
	for (size_t i = 0; roots_libraries[i] && !search->is_over; i++) {
		snprintf(text, sizeof(text), "%s%s%s", pattern, between, roots_libraries[i]);
		search->is_library = true;
		walk(search, base, text);
	}
}

static bool
is_prefix(const char *path)
{
	char mark[PATH_MAX];

	for (size_t i = 0; roots_marks[i]; i++)
		if (snprintf(mark, sizeof(mark), "%s/%s", path, roots_marks[i]) < (int)sizeof(mark) &&
		    access(mark, F_OK) == 0)
			return true;
	return false;
}

/* In a folder where somebody keeps a program, and in what it brings along. */
static void
look_folder(struct search *search, const char *base)
{
	DIR *dir = base && *base == '/' && base[1] ? open_folder(search, base) : NULL;
	char path[PATH_MAX];
	struct dirent *e;

	if (!dir)
		return;
	look_prefix(search, base, "");
	look_library(search, base);
	while (!search->is_over && search->entries < ENTRIES_MOST && (e = readdir(dir))) {
		search->entries++;
		if ((e->d_type != DT_DIR && e->d_type != DT_LNK && e->d_type != DT_UNKNOWN) ||
		    strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    snprintf(path, sizeof(path), "%s/%s", base, e->d_name) >= (int)sizeof(path))
			continue;
		if (is_prefix(path))
			look_prefix(search, path, "");
	}
	closedir(dir);
}

static const char *
value_of(char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; env && *env; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return *env + n + 1;
	return NULL;
}

/* Each part of a variable that is a list. */
static void
look_list(struct search *search, char *const *env, const char *name,
    void (*at)(struct search *, char *part))
{
	const char *value = value_of(env, name);
	char *text cleanup(free_memory) = value ? strndup(value, VARIABLE_MOST) : NULL;
	char *rest = text, *part;

	while (rest && (part = strsep(&rest, ":")))
		if (*part == '/')
			at(search, part);
}

static void
at_folder(struct search *search, char *part)
{
	search->is_over |= !search->fn(search->arg, part, ROOTS_FOLDER, ROOTS_SYSTEM);
}

static void
at_library(struct search *search, char *part)
{
	look_library(search, part);
}

/* What has commands in bin has libraries beside; /usr and its kin are looked at anyway. */
static void
at_commands(struct search *search, char *part)
{
	size_t n = strlen(part);

	while (n > 1 && part[n - 1] == '/')
		part[--n] = '\0';
	if (n <= 4 || strcmp(part + n - 4, "/bin") != 0)
		return;
	part[n - 4] = '\0';
	for (size_t i = 0; roots_prefixes[i]; i++)
		if (strcmp(roots_prefixes[i], part) == 0)
			return;
	look_prefix(search, part, "");
}

static void
look_named(struct search *search, char *const *env)
{
	for (size_t i = 0; roots_files[i]; i++) {
		const char *path = value_of(env, roots_files[i]);

		if (path && *path == '/' && !search->is_over)
			search->is_over |= !search->fn(search->arg, path, ROOTS_FILE, ROOTS_SYSTEM);
	}
	for (size_t i = 0; roots_tops[i]; i++)
		look_prefix(search, value_of(env, roots_tops[i]), "");
	look_list(search, env, "PATH", at_commands);
	look_list(search, env, "PYTHONPATH", at_library);
}

static void
look_system(struct search *search, bool folders)
{
	for (const struct roots_place *p = roots_system; p->pattern; p++)
		if ((p->kind != ROOTS_FILE) == folders)
			look(search, "", p);
}

void
search_system(search_fn *fn, void *arg)
{
	struct search search = { .fn = fn, .arg = arg };

	look_system(&search, true);
	look_system(&search, false);
	for (size_t i = 0; roots_prefixes[i]; i++)
		look_prefix(&search, "", roots_prefixes[i] + 1);
}

void
search_roots(const struct search_for *who, search_fn *fn, void *arg)
{
	struct search search = { .fn = fn, .arg = arg };
	const char *home = value_of(who->env, "HOME");

	look_system(&search, true);
	for (size_t i = 0; roots_folders[i]; i++)
		look_list(&search, who->env, roots_folders[i], at_folder);
	look_system(&search, false);
	look_named(&search, who->env);
	for (size_t i = 0; roots_prefixes[i]; i++)
		look_prefix(&search, "", roots_prefixes[i] + 1);
	look_folder(&search, who->folder);
	if (!who->folder || !who->cwd || strcmp(who->folder, who->cwd) != 0)
		look_folder(&search, who->cwd);
	for (size_t i = 0; home && home[1] && roots_homely[i]; i++)
		look_prefix(&search, home, roots_homely[i]);
}
