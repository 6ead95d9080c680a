/* mountinfo.h: the mounts of a namespace, as the kernel lists them. Lives in the loader and its children. */
#ifndef HOOKS_MOUNTINFO_H
#define HOOKS_MOUNTINFO_H

/* Not 0: enough. */
typedef int mountinfo_fn(void *arg, const char *path, const char *type, const char *source);

/* Read all of `fd`, a mountinfo file, before the first is told: telling may change it.
 * 0, what the function says, -E2BIG, -EINVAL (no such file) or another -errno. */
int mountinfo_each(int fd, mountinfo_fn *, void *arg);

#endif
