# containers.sh: real containers for a scenario, beside lib.sh: podman over runc (or crun)
# in a private mount namespace with a pure cgroup2 view and a network of its own, so that
# bridges and firewall rules are gone with it. Images are tars of a root tree. Sourced
# after lib.sh; `make_world` first, and `end_world` before `finish`.
set -u
world=
# inside COMMAND…: in the namespaces where podman lives
inside() { nsenter -t "$world" -m -n -- "$@"; }
podman() {
	inside podman --root "$work/store" --runroot "$work/podman" --tmpdir "$work/libpod" --storage-driver vfs --cgroup-manager=cgroupfs \
		--runtime "${RUNTIME:-runc}" ${HOOKS:+--hooks-dir "$HOOKS"} "$@" 2> >(grep -v 'CNI config' >&2)
}
# A process that holds the namespaces; what it mounts is seen by nobody else.
make_world() {
	unshare -m -n --propagation private sh -c "umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup &&
		ip link set lo up && echo up >$work/world && exec setpriv --pdeathsig KILL sleep 100000" &
	world=$!
	for i in $(seq 100); do [ ! -s "$work/world" ] || return 0; sleep 0.05; done
	no "a world for containers"
}
end_world() {
	[ -n "$world" ] || return 0
	podman rm -a -f -t 0 >/dev/null 2>&1
	kill "$world" 2>/dev/null
	wait "$world" 2>/dev/null
	world=
}
# image NAME [CHANGE…]: a root tree with psql and its libraries, as the host has them
image() {
	local name=$1 args=() change file
	shift
	if [ ! -e "$work/image.tar" ]; then
		mkdir -p "$work/tree"/{bin,etc/ssl/certs,tmp,proc,sys,dev,run,usr/bin}
		cp /bin/busybox "$work/tree/bin/"
		for file in sh cat sleep true nc; do ln -s busybox "$work/tree/bin/$file"; done
		cp "$pgbin/psql" "$work/tree/usr/bin/"
		ldd "$pgbin/psql" | grep -o '/[^ ]*' | while read -r file; do
			mkdir -p "$work/tree$(dirname "$file")"
			cp -L "$file" "$work/tree$file"
		done
		echo 'root:x:0:0:root:/:/bin/sh' >"$work/tree/etc/passwd"
		echo 'hosts: files' >"$work/tree/etc/nsswitch.conf"
		cp "$work/pg/ca.crt" "$work/tree/etc/ssl/certs/ca-certificates.crt"
		tar -C "$work/tree" -cf "$work/image.tar" .
	fi
	for change; do args+=(--change "$change"); done
	podman import -q "${args[@]}" "$work/image.tar" "$name" >/dev/null
}
# contain NAME OPTION… -- IMAGE COMMAND…: start one, and do not wait for it
limits="--pids-limit=0 --ulimit nofile=1024:1024 --ulimit nproc=1000:1000"
options() { echo "--cgroup-parent=/$tag/${PARENT:-pods} $limits --add-host db.shop.example:127.0.0.1 -e PGCONNECT_TIMEOUT=5"; }
# shellcheck disable=SC2046 # words
contain() { podman run -d --name "$1" $(options) "${@:2}" >/dev/null; }
# within NAME SQL: what psql in that container says
within() {
	podman exec "$1" psql -X -q -A -t "host=db.shop.example port=$port user=anyone dbname=shop ${3:-sslmode=disable}" -c "$2" 2>&1
}
# What the daemon holds: network namespaces in the loader, listeners in the workers.
loader_pid() { pgrep -P "$daemon" -f '^loader 0$'; }
spaces() { find "/proc/$(loader_pid)/fd" -lname 'net:*' 2>/dev/null | wc -l; }
sockets() { for p in $(pgrep -P "$daemon" -f '^worker [0-9]+$'); do find "/proc/$p/fd" -lname 'socket:*'; done | wc -l; }
sessions() { interlock status --json | jq -r '.loader.sessions | length'; }
session_of() { interlock status --json | jq -r --arg n "$1" '.loader.sessions[] | select(.name == $n) | .session'; }
no_session() { [ "$(sessions)" = 0 ]; }
