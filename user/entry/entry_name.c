/* entry_name.c: what kinds and keys are called where people read them. */
#include "entry.h"

#include <assert.h>

static const char *const kinds[] = {
	[ENTRY_NONE] = "none", [ENTRY_START] = "start", [ENTRY_STOP] = "stop",
	[ENTRY_POLICY] = "policy", [ENTRY_ATTACH] = "attach",
	[ENTRY_DETACH] = "detach", [ENTRY_REFUSED] = "refused",
	[ENTRY_FLOW] = "flow", [ENTRY_FLOW_END] = "flow_end",
	[ENTRY_LOGIN] = "login", [ENTRY_CREDENTIAL] = "credential",
	[ENTRY_ASK] = "ask", [ENTRY_ANSWER] = "answer", [ENTRY_HOLD] = "hold",
	[ENTRY_DECISION] = "decision", [ENTRY_RELEASE] = "release",
	[ENTRY_STOPPED] = "stopped", [ENTRY_SKILL] = "skill",
	[ENTRY_ALARM] = "alarm",
};
static_assert(COUNT(kinds) == ENTRY_KINDS, "a name for every kind");

static const char *const keys[] = {
	[KEY_VERSION] = "version", [KEY_KIND] = "kind",
	[KEY_PROCESS] = "process", [KEY_SEQUENCE] = "sequence",
	[KEY_INCARNATION] = "incarnation", [KEY_WALL] = "wall",
	[KEY_BOOT_TIME] = "boot_time", [KEY_BOOT] = "boot",
	[KEY_EPOCH] = "epoch", [KEY_POLICY] = "policy",
	[KEY_SKILL] = "skill", [KEY_SESSION] = "session", [KEY_FLOW] = "flow",
	[KEY_TURN] = "turn", [KEY_STARTER] = "starter",
	[KEY_CGROUP] = "cgroup", [KEY_PID] = "pid",
	[KEY_PID_START] = "pid_start", [KEY_UID] = "uid", [KEY_COMM] = "comm",
	[KEY_NETNS] = "netns", [KEY_SKILL_DIGEST] = "skill_digest",
	[KEY_TARGET] = "target", [KEY_DESTINATION] = "destination",
	[KEY_ROLE] = "role", [KEY_DATABASE] = "database",
	[KEY_ASKED_ROLE] = "asked_role", [KEY_TEXT] = "text",
	[KEY_VALUES] = "values", [KEY_TEXT_DIGEST] = "text_digest",
	[KEY_ACTS] = "acts", [KEY_STATEMENT] = "statement",
	[KEY_PHASE] = "phase", [KEY_INSPECT] = "inspect",
	[KEY_SERVER_NAME] = "server_name", [KEY_OPERATION] = "operation",
	[KEY_VERDICT] = "verdict", [KEY_RULE] = "rule", [KEY_WHY] = "why",
	[KEY_REFUSAL] = "refusal", [KEY_MASKS] = "masks",
	[KEY_ROWS] = "rows", [KEY_BYTES_IN] = "bytes_in",
	[KEY_BYTES_OUT] = "bytes_out", [KEY_ERROR] = "error",
	[KEY_TAG] = "tag", [KEY_MASKED] = "masked",
	[KEY_ANSWER_DIGEST] = "answer_digest", [KEY_REASON] = "reason",
	[KEY_DURATION] = "duration", [KEY_BYTES_ASKED] = "bytes_asked",
	[KEY_BYTES_SENT] = "bytes_sent",
	[KEY_HOLD] = "hold", [KEY_DIGEST] = "digest", [KEY_PERSON] = "person",
	[KEY_DECISION] = "decision", [KEY_SIGNED] = "signed",
	[KEY_NEED] = "need", [KEY_PEOPLE] = "people",
	[KEY_EXPIRES] = "expires",
	[KEY_NAME] = "name", [KEY_DETAIL] = "detail", [KEY_BUILD] = "build",
	[KEY_COUNT] = "count", [KEY_SCOPE] = "scope",
	[KEY_TEXT_BLOB] = "text_blob", [KEY_VALUES_BLOB] = "values_blob",
	[KEY_KERNEL_IN] = "kernel_in", [KEY_KERNEL_OUT] = "kernel_out",
	[KEY_KERNEL_DIVERTED] = "kernel_diverted",
	[KEY_KERNEL_FLOWS] = "kernel_flows",
	[KEY_KERNEL_DROPPED] = "kernel_dropped",
	[KEY_KERNEL_OPEN] = "kernel_open",
	[KEY_KERNEL_REFUSED] = "kernel_refused",
	[KEY_CONTAINER] = "container", [KEY_IMAGE] = "image",
	[KEY_IMAGE_DIGEST] = "image_digest", [KEY_MATCH] = "match",
};

const char *
entry_kind_name(enum entry_kind kind)
{
	return kind < ENTRY_KINDS ? kinds[kind] : "unknown";
}

const char *
entry_key_name(unsigned int key)
{
	return key < COUNT(keys) ? keys[key] : NULL;
}
