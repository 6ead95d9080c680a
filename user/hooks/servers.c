/*
 * servers.c: which DNS servers the resolver may ask. It reads what strangers write, so
 * the programs hold it to these. In the form c-ares has them, or as resolv.conf(5) does.
 */
#include "hooks/inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ip.h"

#define SERVERS_MOST 16
#define TEXT_MOST 64
#define SYSTEM_FILE "/etc/resolv.conf"

struct servers {
	struct abi_address list[SERVERS_MOST];
	size_t count;
};

/* As it will be dialled, whatever IPv4 address may be inside. */
static bool
read_address(const char *text, uint8_t ip[16])
{
	uint8_t four[4];

	if (inet_pton(AF_INET, text, four) != 1)
		return inet_pton(AF_INET6, text, ip) == 1;
	ip_from_4(ip, four);
	return true;
}

static void
add(struct servers *to, const char *address, unsigned long port)
{
	struct abi_address server = { .port = (uint16_t)port };

	if (to->count < SERVERS_MOST && port > 0 && port <= UINT16_MAX && read_address(address, server.ip))
		to->list[to->count++] = server;
}

/* "10.0.0.2:53" or "[fd00::2]:53"; cut in place. */
static void
add_text(struct servers *to, char *text)
{
	char *colon = strrchr(text, ':');

	if (!colon)
		return;
	*colon = '\0';
	if (*text == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		text++;
	}
	add(to, text, strtoul(colon + 1, NULL, 10));
}

static void
read_policy(struct servers *to, const char *servers)
{
	char one[TEXT_MOST];

	while (*servers) {
		size_t n = strcspn(servers, ",");

		if (n < sizeof(one)) {
			memcpy(one, servers, n);
			one[n] = '\0';
			add_text(to, one);
		}
		servers += n + (servers[n] == ',');
	}
}

static void
close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* Without a file, or a line of that kind in it, the host itself is asked. */
static void
read_system(struct servers *to)
{
	FILE *f cleanup(close_file) = fopen(SYSTEM_FILE, "re");
	char line[512], address[TEXT_MOST];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "nameserver %63[^% \t\r\n]", address) == 1)
			add(to, address, ABI_NAMES_PORT);
	if (to->count == 0)
		add(to, "127.0.0.1", ABI_NAMES_PORT);
}

static bool
is_in(const struct servers *servers, const struct abi_address *key)
{
	for (size_t i = 0; i < servers->count; i++)
		if (memcmp(&servers->list[i], key, sizeof(*key)) == 0)
			return true;
	return false;
}

static int
delete_others(int map, const struct servers *servers)
{
	struct abi_address key, next;
	int more = bpf_map_get_next_key(map, NULL, &key);

	while (!more) {
		more = bpf_map_get_next_key(map, &key, &next);
		if (!is_in(servers, &key) && bpf_map_delete_elem(map, &key) && errno != ENOENT)
			return -errno;
		key = next;
	}
	return 0;
}

int
hooks_servers(struct hooks *hooks, const char *text)
{
	int map = hooks->code.maps[MAP_SERVERS];
	struct servers servers = { 0 };
	uint8_t one = 1;

	if (*text)
		read_policy(&servers, text);
	else
		read_system(&servers);
	for (size_t i = 0; i < servers.count; i++)
		if (bpf_map_update_elem(map, &servers.list[i], &one, BPF_ANY))
			return -errno;
	return delete_others(map, &servers);
}
