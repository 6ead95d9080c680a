/* status.h: how a status is shown to a person. */
#ifndef CLI_STATUS_H
#define CLI_STATUS_H

struct instance;

#define STATUS_USAGE "status [--bpf] [--json]"
#define WATCH_USAGE "watch [--skill NAME] [--target NAME] [--json]"
#define DOCTOR_USAGE "doctor [--json]"
int cli_status(const struct instance *, int argc, char **argv);
/* status_bpf.c: the same with --bpf: what is in the kernel, daemon or none; argv[0] is "--bpf". */
int cli_status_bpf(const struct instance *, int argc, char **argv);
int cli_watch(const struct instance *, int argc, char **argv);
int cli_doctor(const struct instance *, int argc, char **argv);

#endif
