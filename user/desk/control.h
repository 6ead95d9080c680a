/*
 * control.h: what `interlock` says to the daemon.
 * A stream socket, run_directory/control.sock, mode 0666: who calls is known by
 * SO_PEERCRED, the caller's login uid and cgroup, not by what it says. One JSON
 * object a line, at most CONTROL_LINE bytes. Descriptors are not taken.
 *   request  {"v":1,"do":VERB, …}
 *   answer   any number of {"v":1,"row":{…}}, then one
 *            {"v":1,"ok":true, …} or {"v":1,"ok":false,"error":SENTENCE,"code":CLI_EXIT}
 * Verbs: who does them: what they carry
 *   status      broker (asks loader, policy, recorder): -
 *   run         loader: skill, argv, env, cwd, net ("skill"|"host"); a row
 *               {"session":…,"pid":…} with a SOCK_SEQPACKET socket as SCM_RIGHTS, into which
 *               the caller puts one byte with its descriptors 0, 1, 2 as SCM_RIGHTS: the
 *               command waits for them; {"exit":N}|{"signal":N}
 *   signal      loader: session, signal (only from the connection that ran it)
 *   attach      loader: skill, cgroup | pid | container | pod | unit | slice
 *   oci_hook    loader: id, pid, bundle; {"session":…|null}: null: it is no skill
 *   trust       loader: container, undo
 *   detach      loader: session | skill
 *   skill_diff, skill_accept   loader: skill
 *   stop        broker: scope ("all"|"skill"|"session"|"target"), name, undo
 *   holds       broker: watch ; show: hold ; approve: hold, digest ; deny: hold, reason
 *   watch       broker: filters skill, target
 *   reload      policy: - ; rows are faults {"file","line","column","fault"}
 *   policy      policy: what is in force (epoch, digest, when)
 *   secret_changed  keeper: target | skill
 */
#ifndef DESK_CONTROL_H
#define DESK_CONTROL_H

#define CONTROL_VERSION 1
#define CONTROL_SOCKET "control.sock"
#define CONTROL_LINE (1u << 20)

#endif
