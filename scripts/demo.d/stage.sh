# stage.sh: what the demo stands on: a PostgreSQL cluster, an instance of Interlock
# and three uids, all of them its own. Sourced by scripts/demo, which sets `build`
# and `here`. Everything lies below $work, one child cgroup and one folder of bpffs;
# `strike` takes it all away again, however the demo ends.
work= daemon= api= made_user=
ANN=60951 BOB=60952 SKILL=60953		# who starts the skill, who approves, what it runs as
KEEPER=60904				# the keeper's uid: uid_base + 4
ADDRESS=127.73.11.1			# a loopback address that nothing else listens on
SECRET=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')

cgroup2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
pgbin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)

need() { command -v "$1" >/dev/null || { echo "demo: $1 is missing; run scripts/bootstrap" >&2; exit 5; }; }

raise() {
	for tool in psql openssl setpriv runuser bpftool nginx curl; do need "$tool"; done
	[ -n "$pgbin" ] || { echo "demo: no PostgreSQL server; run scripts/bootstrap" >&2; exit 5; }
	[ -n "$cgroup2" ] || { echo "demo: no cgroup2 is mounted" >&2; exit 5; }
	work=$(mktemp -d /tmp/ilk-demo.XXXXXX)
	tag=$(basename "$work" | tr 'A-Z.' 'a-z-' | cut -c 1-15)
	chmod 755 "$work"
	trap strike EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

# ---- the shop ---------------------------------------------------------------------

certify() {	# a CA of our own, and the server's certificate
	cd "$work/pg" || return
	openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 \
		-subj '/CN=Demo CA' 2>/dev/null &&
	openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr \
		-subj '/CN=db.shop.example' 2>/dev/null &&
	echo 'subjectAltName=DNS:db.shop.example' >ext &&
	openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial \
		-out server.crt -days 2 -extfile ext 2>/dev/null &&
	chown postgres server.key server.crt && chmod 600 server.key && chmod 644 ca.crt
}
as_postgres() { runuser -u postgres -- "$@"; }
# backend SQL: asked past Interlock, over the cluster's own unix socket
backend() { psql -X -q -A -t -h "$work/pg" -p "$port" -U postgres "${DB:-shop}" -c "$1"; }
listen() {	# the first port that is free, for the skill the usual one if possible
	for port in 5432 15432 25432 35432; do
		as_postgres "$pgbin/pg_ctl" -D "$work/pg/data" -l "$work/pg/log" -w \
			-o "-p $port" start >/dev/null 2>&1 && return 0
	done
	tail -n 5 "$work/pg/log"
	return 1
}
open_shop() {
	mkdir "$work/pg" && chown postgres "$work/pg" &&
	as_postgres "$pgbin/initdb" -D "$work/pg/data" -A scram-sha-256 --auth-local=trust \
		--no-sync -E UTF8 --locale=C >"$work/initdb.log" 2>&1 || return
	(certify) || return
	cat >>"$work/pg/data/postgresql.conf" <<-EOT
		listen_addresses = '$ADDRESS'
		unix_socket_directories = '$work/pg'
		fsync = off
		log_statement = all
		log_line_prefix = '%u: '
		ssl = on
		ssl_cert_file = '$work/pg/server.crt'
		ssl_key_file = '$work/pg/server.key'
	EOT
	# over the network: TLS and SCRAM, nothing else
	printf 'local all all trust\nhostssl all all %s/32 scram-sha-256\n' 127.0.0.1 \
		>"$work/pg/data/pg_hba.conf"
	listen || return
	DB=postgres backend "create role shop_app login password '$SECRET'" &&
	DB=postgres backend 'create database shop owner shop_app' &&
	psql -X -q -h "$work/pg" -p "$port" -U postgres -v ON_ERROR_STOP=1 \
		-f "$here/scripts/demo.d/shop.sql" shop
}

# ---- its API --------------------------------------------------------------------------

API_PORT=8443
TOKEN=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
# nginx at the same address, over TLS: orders as JSON, for who has the token
open_api() {
	local i
	mkdir "$work/api" && cd "$work/api" &&
	openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr \
		-subj '/CN=api.shop.example' 2>/dev/null &&
	echo 'subjectAltName=DNS:api.shop.example' >ext &&
	openssl x509 -req -in server.csr -CA ../pg/ca.crt -CAkey ../pg/ca.key -CAcreateserial \
		-out server.crt -days 2 -extfile ext 2>/dev/null || return
	cat >conf <<-EOT
		daemon off; pid $work/api/pid; error_log $work/api/error.log; worker_processes 1;
		events { worker_connections 64; }
		http {
			log_format asked '\$request';
			access_log $work/api/log asked;
			client_body_temp_path $work/api/t; proxy_temp_path $work/api/t; fastcgi_temp_path $work/api/t;
			uwsgi_temp_path $work/api/t; scgi_temp_path $work/api/t;
			server {
				listen $ADDRESS:$API_PORT ssl;
				ssl_certificate $work/api/server.crt;
				ssl_certificate_key $work/api/server.key;
				default_type application/json;
				if (\$http_authorization != "Bearer $TOKEN") { return 401 '{"error": "who are you?"}'; }
				location ~ ^/orders/(?<id>[0-9]+)$ {
					return 200 '{"id": \$id, "status": "paid", "payment": {"card": "4539578763621486", "amount": 12.50}}';
				}
				location / { return 404 '{"error": "no such thing"}'; }
			}
		}
	EOT
	nginx -c "$work/api/conf" >/dev/null 2>&1 &
	api=$!
	for i in $(seq 100); do
		curl -s -o /dev/null --cacert "$work/pg/ca.crt" --resolve "api.shop.example:$API_PORT:$ADDRESS" \
			"https://api.shop.example:$API_PORT/" && return 0
		sleep 0.1
	done
	return 1
}

# ---- Interlock ----------------------------------------------------------------------

make_instance() {
	mkdir -p "$work/etc/secrets" "$work/skills" "$cgroup2/$tag"
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
		uid_base = $((KEEPER - 4))
		workers = 2
	EOT
	cp -R "$here/scripts/demo.d/order-support" "$work/skills/"
	chmod -R go=rX "$work/skills"
	(umask 077 && printf '%s\n' "$SECRET" >"$work/etc/secrets/shop")
	(umask 077 && printf '%s\n' "$TOKEN" >"$work/etc/secrets/api")
	chown "$KEEPER" "$work/etc/secrets/shop" "$work/etc/secrets/api"
	sed -e "s|@API_PORT@|$API_PORT|" -e "s|@WORK@|$work|" -e "s|@PORT@|$port|" -e "s|@ADDRESS@|$ADDRESS|" \
		-e "s|@ANN@|$ANN|" -e "s|@BOB@|$BOB|" -e "s|@SKILL@|$SKILL|" \
		"$here/scripts/demo.d/policy.yaml" >"$work/etc/policy.yaml"
	export INTERLOCK_INSTANCE=$work/instance.conf PATH=$build/bin:$PATH
	[ "$port" = 5432 ] || export PGPORT=$port
}
make_user() {	# a user for the skill; where none can be made, a number has to do
	if ! id ilk-demo >/dev/null 2>&1; then
		if ! useradd --system --no-create-home --home-dir / --shell /usr/sbin/nologin \
			ilk-demo >/dev/null 2>&1; then
			export PGUSER=support	# psql wants a name for its user; any will do
			return 0
		fi
		made_user=yes
	fi
	SKILL=ilk-demo
}
start_daemon() {
	local i
	"$build/sbin/interlockd" --instance "$work/instance.conf" >"$work/daemon.log" 2>&1 &
	daemon=$!
	for i in $(seq 200); do
		interlock status >"$work/status" 2>&1 && return 0
		kill -0 "$daemon" 2>/dev/null || break
		sleep 0.1
	done
	cat "$work/status" "$work/daemon.log"
	return 1
}

# ---- people -------------------------------------------------------------------------

# as UID COMMAND: as that person, with a login of their own, as after ssh or login
as() {
	local uid=$1
	shift
	(
		{ echo "$uid" >/proc/self/loginuid; } 2>/dev/null
		exec setpriv --reuid "$uid" --regid "$uid" --clear-groups -- "$@"
	)
}

# ---- and away ----------------------------------------------------------------------

strike() {
	local try mount
	trap - EXIT
	trap '' INT TERM HUP
	[ -z "$daemon" ] || { kill "$daemon" && wait "$daemon"; } 2>/dev/null
	[ -z "$api" ] || { kill "$api" && wait "$api"; } 2>/dev/null
	[ ! -e "$cgroup2/$tag/cgroup.kill" ] || echo 1 >"$cgroup2/$tag/cgroup.kill"
	wait 2>/dev/null
	[ ! -e "$work/instance.conf" ] || interlock release --yes >/dev/null 2>&1
	[ ! -d "$work/pg/data" ] ||
		as_postgres "$pgbin/pg_ctl" -D "$work/pg/data" -m immediate stop >/dev/null 2>&1
	awk -v w="$work/" 'index($2, w) == 1 { print $2 }' /proc/self/mounts | sort -r |
		while read -r mount; do umount "$mount"; done
	for try in $(seq 20); do	# the last of its processes may still be on their way out
		[ -d "$cgroup2/$tag" ] || break
		find "$cgroup2/$tag" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.1
	done
	[ -z "$made_user" ] || userdel ilk-demo >/dev/null 2>&1
	rm -rf "$work"
}
