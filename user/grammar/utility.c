/*
 * utility.c: the statements whose effect follows from their kind.
 * Everything not listed here, and not walked by name in command.c, is unknown.
 */
#include <ctype.h>

#include "base/arena.h"
#include "grammar/walk.h"

#define DEFINES(kind, tag, key) \
	{ kind, EFFECT_DEFINE, tag, key, ANALYSIS_MOVES_NAMES }
#define GRANTS(kind, tag) \
	{ kind, EFFECT_GRANT, tag, NULL, ANALYSIS_MOVES_NAMES }
#define STAYS(kind, effect, tag, key) { kind, effect, tag, key, 0 }

static const struct utility utilities[] = {
	DEFINES("AlterCollationStmt", "alter collation", NULL),
	DEFINES("AlterDatabaseRefreshCollStmt", "alter database", NULL),
	DEFINES("AlterDatabaseSetStmt", "alter database", NULL),
	DEFINES("AlterDatabaseStmt", "alter database", NULL),
	DEFINES("AlterDomainStmt", "alter domain", NULL),
	DEFINES("AlterEnumStmt", "alter type", NULL),
	DEFINES("AlterEventTrigStmt", "alter event trigger", NULL),
	DEFINES("AlterExtensionContentsStmt", "alter extension", NULL),
	DEFINES("AlterExtensionStmt", "alter extension", NULL),
	DEFINES("AlterFdwStmt", "alter foreign data wrapper", NULL),
	DEFINES("AlterForeignServerStmt", "alter server", NULL),
	DEFINES("AlterFunctionStmt", "alter function", NULL),
	DEFINES("AlterObjectDependsStmt", "alter depends", "relation"),
	DEFINES("AlterObjectSchemaStmt", "alter set schema", "relation"),
	DEFINES("AlterOpFamilyStmt", "alter operator family", NULL),
	DEFINES("AlterOperatorStmt", "alter operator", NULL),
	DEFINES("AlterPolicyStmt", "alter policy", "table"),
	DEFINES("AlterPublicationStmt", "alter publication", NULL),
	DEFINES("AlterSeqStmt", "alter sequence", "sequence"),
	DEFINES("AlterStatsStmt", "alter statistics", NULL),
	DEFINES("AlterSubscriptionStmt", "alter subscription", NULL),
	DEFINES("AlterTSConfigurationStmt", "alter text search configuration", NULL),
	DEFINES("AlterTSDictionaryStmt", "alter text search dictionary", NULL),
	DEFINES("AlterTableMoveAllStmt", "alter table", NULL),
	DEFINES("AlterTableSpaceOptionsStmt", "alter tablespace", NULL),
	DEFINES("AlterTableStmt", "alter table", "relation"),
	DEFINES("AlterTypeStmt", "alter type", NULL),
	DEFINES("AlterUserMappingStmt", "alter user mapping", NULL),
	DEFINES("CommentStmt", "comment", NULL),
	DEFINES("CompositeTypeStmt", "create type", NULL),
	DEFINES("CreateAmStmt", "create access method", NULL),
	DEFINES("CreateCastStmt", "create cast", NULL),
	DEFINES("CreateConversionStmt", "create conversion", NULL),
	DEFINES("CreateDomainStmt", "create domain", NULL),
	DEFINES("CreateEnumStmt", "create type", NULL),
	DEFINES("CreateEventTrigStmt", "create event trigger", NULL),
	DEFINES("CreateExtensionStmt", "create extension", NULL),
	DEFINES("CreateFdwStmt", "create foreign data wrapper", NULL),
	DEFINES("CreateForeignServerStmt", "create server", NULL),
	DEFINES("CreateFunctionStmt", "create function", NULL),
	DEFINES("CreateOpClassStmt", "create operator class", NULL),
	DEFINES("CreateOpFamilyStmt", "create operator family", NULL),
	DEFINES("CreatePLangStmt", "create language", NULL),
	DEFINES("CreatePolicyStmt", "create policy", "table"),
	DEFINES("CreatePublicationStmt", "create publication", NULL),
	DEFINES("CreateRangeStmt", "create type", NULL),
	DEFINES("CreateStatsStmt", "create statistics", NULL),
	DEFINES("CreateSubscriptionStmt", "create subscription", NULL),
	DEFINES("CreateTableSpaceStmt", "create tablespace", NULL),
	DEFINES("CreateTransformStmt", "create transform", NULL),
	DEFINES("CreateTrigStmt", "create trigger", "relation"),
	DEFINES("CreateUserMappingStmt", "create user mapping", NULL),
	DEFINES("CreatedbStmt", "create database", NULL),
	DEFINES("DefineStmt", "create", NULL),
	DEFINES("DropOwnedStmt", "drop owned", NULL),
	DEFINES("DropSubscriptionStmt", "drop subscription", NULL),
	DEFINES("DropTableSpaceStmt", "drop tablespace", NULL),
	DEFINES("DropUserMappingStmt", "drop user mapping", NULL),
	DEFINES("DropdbStmt", "drop database", NULL),
	DEFINES("ImportForeignSchemaStmt", "import foreign schema", NULL),
	DEFINES("IndexStmt", "create index", "relation"),
	DEFINES("RefreshMatViewStmt", "refresh materialized view", "relation"),
	DEFINES("ReindexStmt", "reindex", "relation"),
	DEFINES("RenameStmt", "rename", "relation"),
	DEFINES("RuleStmt", "create rule", "relation"),
	DEFINES("SecLabelStmt", "security label", NULL),

	GRANTS("AlterDefaultPrivilegesStmt", "alter default privileges"),
	GRANTS("AlterOwnerStmt", "alter owner"),
	GRANTS("AlterRoleSetStmt", "alter role"),
	GRANTS("AlterRoleStmt", "alter role"),
	GRANTS("CreateRoleStmt", "create role"),
	GRANTS("DropRoleStmt", "drop role"),
	GRANTS("GrantRoleStmt", "grant role"),
	GRANTS("GrantStmt", "grant"),
	GRANTS("ReassignOwnedStmt", "reassign owned"),

	STAYS("CheckPointStmt", EFFECT_CALL, "checkpoint", NULL),
	STAYS("ClosePortalStmt", EFFECT_SESSION, "close", NULL),
	STAYS("ClusterStmt", EFFECT_CALL, "cluster", "relation"),
	STAYS("ConstraintsSetStmt", EFFECT_SESSION, "set constraints", NULL),
	{ "DeallocateStmt", EFFECT_SESSION, "deallocate", NULL,
	    ANALYSIS_MOVES_NAMES },
	STAYS("ListenStmt", EFFECT_SESSION, "listen", NULL),
	STAYS("NotifyStmt", EFFECT_CALL, "notify", NULL),
	STAYS("UnlistenStmt", EFFECT_SESSION, "unlisten", NULL),
	{ "DiscardStmt", EFFECT_SESSION, "discard", NULL,
	    ANALYSIS_MOVES_NAMES },
	{ "AlterSystemStmt", EFFECT_UNKNOWN, "alter system", NULL,
	    ANALYSIS_MOVES_NAMES },
	{ "DoStmt", EFFECT_UNKNOWN, "do", NULL, ANALYSIS_MOVES_NAMES },
	{ "LoadStmt", EFFECT_UNKNOWN, "load", NULL, ANALYSIS_MOVES_NAMES },
	{ "FetchStmt", EFFECT_SESSION, "fetch", NULL, ANALYSIS_OTHER_ROWS },
};

const struct utility *
utility_find(const char *kind)
{
	for (size_t i = 0; i < COUNT(utilities); i++)
		if (!strcmp(kind, utilities[i].kind))
			return &utilities[i];
	return NULL;
}

struct span
tag_join(struct walk *w, const char *before, struct span text)
{
	size_t n = strlen(before);
	char *p = arena_take(w->build.arena, n + text.n + 1);

	if (!p) {
		build_fail(&w->build, "too large to analyse");
		return span_text(before);
	}
	memcpy(p, before, n);
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		p[n + i] = (char)(c < 0x80 ? tolower(c) : c);
	}
	return span_of(p, n + text.n);
}
