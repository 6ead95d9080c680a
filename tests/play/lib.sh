# lib.sh: one whole instance for one scenario: PostgreSQL, policy, daemon, people.
# A scenario sources it with the build directory as $1, calls `setup`, tells its
# story with the words below, and ends with `finish`, which prints the count.
# Everything lives below one temporary directory and one child cgroup; nothing of
# it is left behind. Uids are numbers, so that no account has to be made.
set -u
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d /tmp/ilk.XXXXXX)
tag=$(basename "$work" | tr 'A-Z.' 'a-z-')
passed=0 failed=0
ANN=61001 BOB=61002 CAROL=61003 ADA=61004 SKILL=61010	# people, and whom the skill runs as
SECRET='correct horse battery staple'
chmod 755 "$work"

cgroup2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
pgbin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
interlock() { "$build/bin/interlock" --instance "$work/instance.conf" "$@"; }
# as UID COMMAND: as that person would, with a login uid of their own
as() {
	local uid=$1
	shift
	(
		{ echo "$uid" >/proc/self/loginuid; } 2>/dev/null
		exec setpriv --reuid "$uid" --regid "$uid" --clear-groups -- "$@"
	)
}
person() { local uid=$1; shift; as "$uid" "$build/bin/interlock" --instance "$work/instance.conf" "$@"; }

ok() { passed=$((passed + 1)); echo "ok      $1"; }
no() { failed=$((failed + 1)); echo "FAILED  $1"; [ -z "${2:-}" ] || echo "$2" | head -n 20 | sed 's/^/          /'; }
# is NAME EXPECTED GOT; has NAME PATTERN TEXT; lacks NAME PATTERN TEXT; works NAME COMMAND…; fails NAME COMMAND…
is() { if [ "$2" = "$3" ]; then ok "$1"; else no "$1" "expected: $2"$'\n'"     got: $3"; fi; }
has() { if grep -qE -- "$2" <<<"$3"; then ok "$1"; else no "$1" "no /$2/ in: $3"; fi; }
lacks() { if grep -qE -- "$2" <<<"$3"; then no "$1" "/$2/ is in: $3"; else ok "$1"; fi; }
works() { local n=$1 out; shift; if out=$("$@" 2>&1); then ok "$n"; else no "$n" "$out"; fi; }
fails() { local n=$1 out; shift; if out=$("$@" 2>&1); then no "$n" "$out"; else ok "$n"; fi; }
# soon NAME COMMAND…: it becomes true within 15 seconds
soon() {
	local n=$1 i
	shift
	for i in $(seq 150); do
		if "$@" >/dev/null 2>&1; then ok "$n"; return 0; fi
		sleep 0.1
	done
	no "$n" "$("$@" 2>&1 | tail -n 5)"
	return 1
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# ---- the backend ---------------------------------------------------------------
pg() { runuser -u postgres -- "$@"; }
backend() { psql -X -q -A -t -h "$work/pg" -p "$port" -U postgres "${DB:-shop}" "$@"; }
start_postgres() {
	port=$(free_port)
	mkdir -p "$work/pg"
	chown postgres "$work/pg"
	pg "$pgbin/initdb" -D "$work/pg/data" -A scram-sha-256 --auth-local=trust \
		--no-sync -E UTF8 --locale=C >"$work/initdb.log" 2>&1
	make_certificate
	cat >>"$work/pg/data/postgresql.conf" <<-EOT
		listen_addresses = '127.0.0.1'
		port = $port
		unix_socket_directories = '$work/pg'
		fsync = off
		logging_collector = off
		log_statement = all
		log_line_prefix = '%u@%d '
		ssl = on
		ssl_cert_file = '$work/pg/server.crt'
		ssl_key_file = '$work/pg/server.key'
	EOT
	pg "$pgbin/pg_ctl" -D "$work/pg/data" -l "$work/pg/log" -w start >/dev/null
	DB=postgres backend -c "create role shop_app login password '$SECRET'" \
		-c 'create database shop owner shop_app'
	backend -f "$here/tests/play/shop.sql" >/dev/null
}
make_certificate() {
	(
		cd "$work/pg"
		openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 \
			-subj '/CN=Test CA' >/dev/null 2>&1
		openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr \
			-subj '/CN=db.shop.example' >/dev/null 2>&1
		printf 'subjectAltName=DNS:db.shop.example,IP:127.0.0.1\n' >ext
		openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial \
			-out server.crt -days 2 -extfile ext >/dev/null 2>&1
		chown postgres server.key server.crt
		chmod 600 server.key
		chmod 644 ca.crt
	)
}

# ---- the daemon -----------------------------------------------------------------
start_daemon() {
	"$build/sbin/interlockd" --instance "$work/instance.conf" >>"$work/daemon.log" 2>&1 &
	daemon=$!
	for i in $(seq 200); do
		if interlock status >"$work/status" 2>&1; then return 0; fi
		kill -0 $daemon 2>/dev/null || break
		sleep 0.1
	done
	no "the daemon serves" "$(cat "$work/status"; tail -n 20 "$work/daemon.log")"
	return 1
}
stop_daemon() {
	kill -TERM $daemon 2>/dev/null
	wait $daemon 2>/dev/null
}
make_instance() {
	mkdir -p "$work/etc/secrets" "$work/skills/order-support"
	cat >"$work/instance.conf" <<-EOT
		name = $tag
		policy_directory = $work/etc
		state_directory = $work/state
		run_directory = $work/run
		pin_directory = /sys/fs/bpf/$tag
		program_directory = $build/libexec
		cgroup = $tag
		skill_cgroup = skills
		daemon_cgroup = daemon
		uid_base = ${UID_BASE:-60800}
		workers = 2
	EOT
	mkdir -p "$cgroup2/$tag"
	printf -- '---\nname: order-support\ndescription: looks up orders\n---\n' \
		>"$work/skills/order-support/SKILL.md"
	printf '%s\n' "$SECRET" >"$work/etc/secrets/shop"
	chmod 600 "$work/etc/secrets/shop"
	chown $((${UID_BASE:-60800} + 4)) "$work/etc/secrets/shop"
}
# policy: the shop's, with what a scenario adds on standard input
policy() {
	sed -e "s|@PORT@|$port|g" -e "s|@WORK@|$work|g" "$here/tests/play/policy.yaml" >"$work/etc/policy.yaml"
	[ -t 0 ] || cat >>"$work/etc/policy.yaml"
}
# setup_backend: all but the daemon, for a scenario that changes policy or backend first
setup_backend() {
	[ "$(id -u)" = 0 ] || { echo "needs root" >&2; echo "0 passed, 1 failed"; exit 1; }
	trap cleanup EXIT
	start_postgres
	make_instance
	policy </dev/null
}
setup() {
	setup_backend
	start_daemon
}
# skill COMMAND…: as the skill, started by ann
skill() { person $ANN run --skill order-support -- "$@" </dev/null; }
# ask SQL…: what the skill's own psql says to each, in one session
ask() {
	local args=() sql
	for sql in "$@"; do args+=(-c "$sql"); done
	skill psql -X -q -A -t -h db.shop.example -p "$port" -U anyone shop "${args[@]}" 2>&1
}
# in_group CGROUP COMMAND…: as the skill's user, in a cgroup of the host's; begin_in, in the background, as $begun
in_group() { (echo $BASHPID >"$1/cgroup.procs"; shift; exec setpriv --reuid $SKILL --regid $SKILL --clear-groups -- "$@"); }
begin_in() {
	(echo $BASHPID >"$1/cgroup.procs"; shift; exec setpriv --reuid $SKILL --regid $SKILL --clear-groups -- "$@") &
	begun=$!
}
entries() { interlock replay --all --json 2>/dev/null; }
hold_id() { person $BOB holds --json | jq -r 'select(.state == "open" or .state == "awaiting retry") | .hold' | head -n 1; }

cleanup() {
	[ -z "${daemon:-}" ] || stop_daemon
	interlock release --yes >/dev/null 2>&1
	[ ! -d "$work/pg/data" ] || pg "$pgbin/pg_ctl" -D "$work/pg/data" -m immediate stop >/dev/null 2>&1
	awk -v w="$work/" 'index($2, w) == 1 { print $2 }' /proc/self/mounts | sort -r |
		while read -r mount; do umount "$mount"; done
	find "$cgroup2/$tag" -depth -type d -exec rmdir {} + 2>/dev/null
	[ -n "${KEEP:-}" ] || rm -rf "$work"
}
finish() {
	if [ $failed -ne 0 ]; then
		tail -n 40 "$work/daemon.log" | sed 's/^/  daemon: /'
	fi
	trap - EXIT
	cleanup
	if [ -e "/sys/fs/bpf/$tag" ] || [ -d "$cgroup2/$tag" ]; then
		no "nothing is left behind" "$(ls -R "/sys/fs/bpf/$tag" "$cgroup2/$tag" 2>&1 | head)"
	else
		ok "nothing is left behind"
	fi
	echo "$passed passed, $failed failed"
	[ $failed -eq 0 ]
}
