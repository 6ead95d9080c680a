/*
 * names.c: the section `names`: which DNS servers are asked for targets whose
 * addresses they have, and names that skills are told beside those of targets.
 */
#include <string.h>

#include "base/address.h"
#include "rules/work.h"

#define ALSO_MOST 1024		/* names */
#define ADDRESSES_MOST 32	/* of one */
#define SERVERS_MOST 8
#define SERVER_TEXT 64

#define AT(name) offsetof(struct draft_names, name)
static const struct key names_keys[] = {
	{ "servers", SHAPE_TEXTS, AT(servers), false, 0, 0, NULL },
	{ "also", SHAPE_MAP, AT(also), false, 0, 0, NULL },
};

void
names_read(struct work *work, const struct node *section)
{
	struct draft_names *names = &work->names;

	if (names->servers || names->also) {
		fault_add(work->faults, section->place, "names: found a second "
		    "time, expected it once");
		return;
	}
	(void)schema_read(work->faults, section, "names", names_keys,
	    COUNT(names_keys), names);
}

/* An address, or "ADDRESS:PORT", "[ADDRESS]:PORT": as c-ares reads it. */
static const char *
server_text(struct work *work, const char *text)
{
	const char *end = *text == '[' ? strchr(text, ']') : NULL;
	const char *colon = end ? end + 1 : strrchr(text, ':');
	char alone[SERVER_TEXT];
	uint64_t port = 53;
	uint8_t ip[16];

	if (strlen(text) >= sizeof(alone))
		return NULL;
	if (address_read(text, ip))
		return strchr(text, ':') ? work_text(work, "[%s]:53", text) : work_text(work, "%s:53", text);
	if (!colon || *colon != ':' || !schema_number(colon + 1, &port) || port == 0 || port > 65535)
		return NULL;
	memcpy(alone, end ? text + 1 : text, (size_t)((end ? end : colon) - text));
	alone[(end ? end : colon) - text - (end ? 1 : 0)] = '\0';
	return address_read(alone, ip) && !end == !strchr(alone, ':') ? text : NULL;
}

static void
build_servers(struct work *work)
{
	const struct node *list = work->names.servers;
	const char *servers = "";
	size_t count = 0;

	for (const struct node *item = list ? list->first : NULL; item; item = item->next) {
		const char *one = item->n ? server_text(work, item->text) : NULL;

		if (item->n == 0)
			continue;
		if (!one || ++count > SERVERS_MOST)
			fault_add(work->faults, item->place, "names: servers: found \"%.60s\", expected at most %d "
			    "like 10.0.0.2, 10.0.0.2:53 or [fd00::2]:53", item->text, SERVERS_MOST);
		else
			servers = work_text(work, "%s%s%s", servers, *servers ? "," : "", one);
	}
	work->rules->resolver.servers = work->rules->loader.servers = servers;
}

static bool
is_of_target(const struct work *work, const char *name)
{
	const struct view_worker *view = &work->rules->worker;

	for (size_t i = 0; i < view->target_count; i++)
		for (size_t j = 0; j < view->targets[i].host_count; j++)
			if (strcmp(view->targets[i].hosts[j], name) == 0)
				return true;
	return false;
}

static void
add_addresses(struct work *work, const struct node *list, struct view_name *name)
{
	name->addresses = work_take(work, list->count * sizeof(*name->addresses));
	for (const struct node *item = list->first; item && name->addresses; item = item->next) {
		if (item->kind == NODE_SCALAR && name->address_count < ADDRESSES_MOST &&
		    address_read(item->text, name->addresses[name->address_count].ip))
			name->address_count++;
		else
			fault_add(work->faults, item->place, "names: also: %.80s: found \"%.60s\", expected at most %d "
			    "IPv4 or IPv6 addresses", name->name, item->kind == NODE_SCALAR ? item->text : "",
			    ADDRESSES_MOST);
	}
}

static void
add_name(struct work *work, const struct node *value)
{
	struct view_resolver *view = &work->rules->resolver;
	struct view_name *name = &view->names[view->name_count];
	const char *text = value->key->text;

	if (!work_is_host(text) || value->kind != NODE_LIST) {
		fault_add(work->faults, value->key->place, "names: also: found \"%.80s\", expected a host name in lower "
		    "case with a list of its addresses", text);
	} else if (is_of_target(work, text)) {
		fault_add(work->faults, value->key->place, "names: also: found \"%.80s\", expected a name that no "
		    "target has", text);
	} else {
		name->name = text;
		add_addresses(work, value, name);
		view->name_count++;
	}
}

void
names_build(struct work *work)
{
	const struct node *also = work->names.also;
	size_t count = also ? also->count : 0;

	work->rules->resolver.names = work_take(work, count * sizeof(struct view_name));
	build_servers(work);
	if (count > ALSO_MOST)
		fault_add(work->faults, also->place, "names: also: found more than %d, expected fewer", ALSO_MOST);
	for (const struct node *value = also ? also->first : NULL;
	    value && count <= ALSO_MOST && work->has_memory; value = value->next)
		if (value->kind != NODE_BAD)
			add_name(work, value);
}
