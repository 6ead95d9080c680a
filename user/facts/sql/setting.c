/*
 * setting.c: what SET of a setting is.
 * Who may act as another role grants itself something; so does who turns off triggers
 * and rules (session_replication_role), what is logged, or what is loaded: the settings
 * that PostgreSQL leaves to superusers (pg_settings.context "superuser" and
 * "superuser-backend", versions 13 to 17), since a backend's role may be one or may have
 * been given them (GRANT SET ON PARAMETER), and local_preload_libraries. lc_messages
 * changes the language of messages only. All others are the session's own.
 */
#include "facts/sql/sql.h"

#include <stdlib.h>
#include <string.h>

#include "span.h"

static const char *const reserved[] = {	/* in order */
	"allow_in_place_tablespaces", "allow_system_table_mods", "backtrace_functions",
	"commit_delay", "compute_query_id", "deadlock_timeout", "debug_discard_caches",
	"dynamic_library_path", "extension_destdir", "ignore_checksum_failure",
	"ignore_invalid_pages", "jit_debugging_support", "jit_dump_bitcode",
	"jit_profiling_support", "jit_provider", "lo_compat_privileges",
	"local_preload_libraries", "log_connections", "log_disconnections", "log_duration",
	"log_error_verbosity", "log_executor_stats", "log_lock_waits",
	"log_min_duration_sample", "log_min_duration_statement", "log_min_error_statement",
	"log_min_messages", "log_parameter_max_length", "log_parser_stats",
	"log_planner_stats", "log_replication_commands", "log_statement",
	"log_statement_sample_rate", "log_statement_stats", "log_temp_files",
	"log_transaction_sample_rate", "max_stack_depth", "role", "session_authorization",
	"session_preload_libraries", "session_replication_role", "temp_file_limit",
	"track_activities", "track_commit_timestamp", "track_counts", "track_functions",
	"track_io_timing", "track_wal_io_timing", "update_process_title", "wal_compression",
	"wal_consistency_checking", "wal_init_zero", "wal_recycle", "zero_damaged_pages",
};

static int
compare(const void *key, const void *element)
{
	const struct span *name = key;
	const char *const *text = element;
	size_t n = strlen(*text);
	int order = memcmp(name->p, *text, name->n < n ? name->n : n);

	return order ? order : (name->n > n) - (name->n < n);
}

enum effect
sql_setting_effect(struct span name)
{
	if (!name.n)
		return EFFECT_SESSION;
	return bsearch(&name, reserved, COUNT(reserved), sizeof(reserved[0]), compare) ?
	    EFFECT_GRANT : EFFECT_SESSION;
}
