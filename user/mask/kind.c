/*
 * kind.c: what PostgreSQL's built-in types mean for masking, by OID (pg_type.dat;
 * these numbers never change). A type made in a database has an OID from 16384
 * on and is KIND_OTHER: citext and enums look like text, others do not.
 */
#include "mask/inside.h"

static const struct {
	uint16_t type;
	uint8_t kind;
} kinds[] = {
	{ 0, KIND_TEXT }, { 18, KIND_TEXT }, { 19, KIND_TEXT }, { 25, KIND_TEXT },
	{ 142, KIND_TEXT }, { 705, KIND_TEXT }, { 1042, KIND_TEXT },
	{ 1043, KIND_TEXT }, { 2275, KIND_TEXT },
	{ 114, KIND_JSON }, { 3802, KIND_JSONB },
	{ 20, KIND_NUMBER }, { 701, KIND_NUMBER }, { 1700, KIND_NUMBER },
	{ 650, KIND_ADDRESS }, { 869, KIND_ADDRESS },
	/* "char"[] name[] text[] bpchar[] varchar[] cstring[] xml[] json[] jsonb[] */
	{ 1002, KIND_ARRAY }, { 1003, KIND_ARRAY }, { 1009, KIND_ARRAY },
	{ 1014, KIND_ARRAY }, { 1015, KIND_ARRAY }, { 1263, KIND_ARRAY },
	{ 143, KIND_ARRAY }, { 199, KIND_ARRAY }, { 3807, KIND_ARRAY },
	/* int8[] float8[] numeric[] inet[] cidr[] record[] */
	{ 1016, KIND_ARRAY }, { 1022, KIND_ARRAY }, { 1231, KIND_ARRAY },
	{ 1041, KIND_ARRAY }, { 651, KIND_ARRAY }, { 2287, KIND_ARRAY },
	{ 2249, KIND_RECORD },
	{ 17, KIND_BYTES },
	/* bool int2 int2vector int4 regproc oid tid xid cid oidvector */
	{ 16, KIND_PLAIN }, { 21, KIND_PLAIN }, { 22, KIND_PLAIN },
	{ 23, KIND_PLAIN }, { 24, KIND_PLAIN }, { 26, KIND_PLAIN }, { 27, KIND_PLAIN },
	{ 28, KIND_PLAIN }, { 29, KIND_PLAIN }, { 30, KIND_PLAIN },
	/* point lseg path box polygon line circle */
	{ 600, KIND_PLAIN }, { 601, KIND_PLAIN }, { 602, KIND_PLAIN },
	{ 603, KIND_PLAIN }, { 604, KIND_PLAIN }, { 628, KIND_PLAIN },
	{ 718, KIND_PLAIN },
	/* float4 money macaddr macaddr8 date time timestamp timestamptz interval timetz */
	{ 700, KIND_PLAIN }, { 790, KIND_PLAIN }, { 829, KIND_PLAIN },
	{ 774, KIND_PLAIN }, { 1082, KIND_PLAIN }, { 1083, KIND_PLAIN },
	{ 1114, KIND_PLAIN }, { 1184, KIND_PLAIN }, { 1186, KIND_PLAIN },
	{ 1266, KIND_PLAIN },
	/* bit varbit regtype regclass void uuid pg_lsn xid8 */
	{ 1560, KIND_PLAIN }, { 1562, KIND_PLAIN }, { 2206, KIND_PLAIN },
	{ 2205, KIND_PLAIN }, { 2278, KIND_PLAIN }, { 2950, KIND_PLAIN },
	{ 3220, KIND_PLAIN }, { 5069, KIND_PLAIN },
	/* ranges of int4, timestamp, timestamptz, date, int8 */
	{ 3904, KIND_PLAIN }, { 3908, KIND_PLAIN }, { 3910, KIND_PLAIN },
	{ 3912, KIND_PLAIN }, { 3926, KIND_PLAIN },
	/* arrays of the plain ones */
	{ 1000, KIND_PLAIN }, { 1001, KIND_PLAIN }, { 1005, KIND_PLAIN },
	{ 1006, KIND_PLAIN }, { 1007, KIND_PLAIN }, { 1010, KIND_PLAIN },
	{ 1011, KIND_PLAIN }, { 1012, KIND_PLAIN }, { 1013, KIND_PLAIN },
	{ 1021, KIND_PLAIN }, { 1028, KIND_PLAIN }, { 1040, KIND_PLAIN },
	{ 1115, KIND_PLAIN }, { 1182, KIND_PLAIN }, { 1183, KIND_PLAIN },
	{ 1185, KIND_PLAIN }, { 1187, KIND_PLAIN }, { 1270, KIND_PLAIN },
	{ 1561, KIND_PLAIN }, { 1563, KIND_PLAIN }, { 2951, KIND_PLAIN },
};

enum mask_kind
mask_kind_of(uint32_t type)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (kinds[i].type == type)
			return kinds[i].kind;
	}
	return KIND_OTHER;
}
