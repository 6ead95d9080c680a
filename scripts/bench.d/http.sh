# http.sh: HTTP through the daemon, beside nginx and HAProxy, which end TLS and read none of
# it, and mitmproxy, which does. Behind all of them is one nginx that answers 1 KiB of JSON.
# TLS 1.3 on both legs, keys of P-256 everywhere, no session is resumed (but in the row of those that are), backends are
# verified, and each puts a token of its own into what it hands on. The daemon besides
# judges each request, masks each answer by field and by detector, and records both.
# All in turn, by one client (h2load; wrk where each request has a connection of its
# own). Sourced by scripts/bench.
ways_http='direct nginx haproxy mitmproxy interlock'
http_pids=()

http_keys() {
	local name
	mkdir -p "$work/http/files"
	(
		cd "$work/http"
		for name in origin front; do
			openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $name.key -out $name.csr \
				-subj "/CN=api.shop.example"
			printf 'subjectAltName=DNS:api.shop.example,IP:127.0.0.1\n' >ext
			openssl x509 -req -in $name.csr -CA "$work/pg/ca.crt" -CAkey "$work/pg/ca.key" -CAcreateserial \
				-out $name.crt -days 2 -extfile ext
			cat $name.key $name.crt >$name.pem
		done
	) >/dev/null 2>&1
}
http_files() {
	jq -cn '{id: 7, customer: {name: "Ada", card: "4111111111111111"}, note: "paid by 5555555555554444",
		items: [range(1; 13) | {sku: "SKU-00000\(.)", title: "a thing of the shop, number \(.)", price: (. * 7)}]}' >"$work/http/files/order.json"
	printf '%*s' $((1024 - $(wc -c <"$work/http/files/order.json"))) '' >>"$work/http/files/order.json"
	chmod -R a+rX "$work/http"
}
# nginx_conf NAME WORKERS: what both kinds have; the servers come on standard input
nginx_conf() {
	mkdir -p "$work/http/$1"
	cat <<-EOT
		daemon off;
		pid $work/http/$1/pid;
		error_log $work/http/$1/error.log;
		worker_processes $2;
		worker_rlimit_nofile 20000;
		events { worker_connections 8000; }
		http {
			access_log off;
			default_type application/json;
			client_max_body_size 0;
			client_body_temp_path $work/http/$1/body;
			proxy_temp_path $work/http/$1/proxy;
			fastcgi_temp_path $work/http/$1/fastcgi;
			uwsgi_temp_path $work/http/$1/uwsgi;
			scgi_temp_path $work/http/$1/scgi;
			keepalive_requests 1000000000;
			ssl_protocols TLSv1.3;
			proxy_ssl_protocols TLSv1.3;
			ssl_session_tickets off;
			ssl_session_cache off;
			open_file_cache max=100;
	EOT
	cat
	echo '}'
}
http_origin() {
	nginx_conf origin 1 <<-EOT >"$work/http/origin.conf"
		server {
			listen 127.0.0.1:$api ssl http2 backlog=4096;
			ssl_session_tickets on;
			ssl_certificate $work/http/origin.crt;
			ssl_certificate_key $work/http/origin.key;
			root $work/http/files;
			location /orders/ { try_files /order.json =404; }
			location /upload/ { return 200 '{"taken": true}'; }
			location /long { default_type text/plain; }
		}
	EOT
	nginx -c "$work/http/origin.conf" >"$work/http/origin/out" 2>&1 &
	http_pids+=($!)
}
http_nginx() {	# one that keeps its connections to the backend, one that makes them anew, and one that does by sessions it had
	nginx_conf nginx 2 <<-EOT >"$work/http/nginx.conf"
		proxy_http_version 1.1;
		proxy_buffering off;
		proxy_request_buffering off;
		proxy_ssl_verify on;
		proxy_ssl_trusted_certificate $work/pg/ca.crt;
		proxy_ssl_name api.shop.example;
		proxy_ssl_server_name on;
		proxy_ssl_session_reuse off;
		proxy_set_header Host \$http_host;
		proxy_set_header Authorization "Bearer the-token-of-the-node";
		ssl_certificate $work/http/front.crt;
		ssl_certificate_key $work/http/front.key;
		upstream origin { server 127.0.0.1:$api; keepalive 64; keepalive_requests 1000000000; }
		server {
			listen 127.0.0.1:$nginx_port ssl http2 backlog=4096;
			location / { proxy_pass https://origin; proxy_set_header Connection ""; }
		}
		server {
			listen 127.0.0.1:$anew_port ssl http2 backlog=4096;
			location / { proxy_pass https://127.0.0.1:$api; proxy_set_header Connection "close"; }
		}
		server {
			listen 127.0.0.1:$again_port ssl http2 backlog=4096;
			ssl_session_tickets on;
			proxy_ssl_session_reuse on;
			location / { proxy_pass https://127.0.0.1:$api; proxy_set_header Connection "close"; }
		}
	EOT
	nginx -c "$work/http/nginx.conf" >"$work/http/nginx/out" 2>&1 &
	http_pids+=($!)
}
http_haproxy() {	# HTTP/2 is HTTP/2 on both legs
	local verified="ssl verify required ca-file $work/pg/ca.crt sni str(api.shop.example) verifyhost api.shop.example no-ssl-reuse"
	cat >"$work/http/haproxy.conf" <<-EOT
		global
			nbthread 2
			maxconn 4000
			tune.ssl.cachesize 0
		defaults
			mode http
			timeout connect 10s
			timeout client 60s
			timeout server 60s
			http-reuse always
		frontend front
			bind 127.0.0.1:$haproxy_port ssl crt $work/http/front.pem alpn h2,http/1.1 no-tls-tickets ssl-min-ver TLSv1.3
			http-request set-header Authorization "Bearer the-token-of-the-node"
			use_backend h2 if { ssl_fc_alpn h2 }
			default_backend h1
		backend h1
			server origin 127.0.0.1:$api $verified alpn http/1.1
		backend h2
			server origin 127.0.0.1:$api $verified alpn h2
	EOT
	haproxy -db -f "$work/http/haproxy.conf" >"$work/http/haproxy.out" 2>&1 &
	http_pids+=($!)
}
http_mitmproxy() {
	mitmdump -q --mode "reverse:https://127.0.0.1:$api" --listen-host 127.0.0.1 -p "$mitmproxy_port" \
		--set confdir="$work/http/mitmproxy" --set keep_host_header=true --certs "*=$work/http/front.pem" \
		--set ssl_verify_upstream_trusted_ca="$work/pg/ca.crt" --set flow_detail=0 \
		--modify-headers '/~q/Authorization/Bearer the-token-of-the-node' >"$work/http/mitmproxy.out" 2>&1 &
	http_pids+=($!)
}
http_policy() {
	origin=$(free_port) wrong=$(free_port)	# of targets that are not asked here
	. "$here/tests/play/http.sh"
	api_policy
	works "policy for HTTP" interlock reload >/dev/null
}
stop_http() {
	[ ${#http_pids[@]} = 0 ] || { kill "${http_pids[@]}" && wait "${http_pids[@]}"; } 2>/dev/null
	http_pids=()
}
start_http() {
	local name
	command -v mitmdump >/dev/null || ways_http='direct nginx haproxy interlock'
	api=$(free_port) nginx_port=$(free_port) anew_port=$(free_port) again_port=$(free_port) haproxy_port=$(free_port) mitmproxy_port=$(free_port)
	direct_port=$api
	ulimit -n 20000
	http_keys
	http_files
	trap 'stop_http; stop_bouncer; cleanup' EXIT
	http_origin
	http_nginx
	http_haproxy
	[ "$ways_http" = "${ways_http/mitmproxy/}" ] || http_mitmproxy
	http_policy
	for name in $ways_http anew again; do
		soon "$name answers" http_is "$name" '"sku":"SKU-000001"' >/dev/null
		is "$name: what is measured is a KiB" 1024 "$(http_way "$name" curl -s --cacert "$work/pg/ca.crt" "$(http_url "$name")" | wc -c)"
	done
	http_is interlock '"card":"[*]{12}1111"},"note":"paid by [*]{12}4444"' || no "what is measured is masked" "$(cat "$said")"
}
http_is() { http_way "$1" curl -sS --max-time 5 --resolve "api.shop.example:$(http_port "$1"):127.0.0.1" ${3:-} \
	$([ "$1" = interlock ] || echo --cacert "$work/pg/ca.crt") "$(http_url "$1")" >"$said" 2>&1; grep -qE "$2" "$said"; }

# ---- the ways ------------------------------------------------------------------------
http_port() { [ "$1" = interlock ] && echo "$api" || { local port=$1_port; echo "${!port}"; }; }
http_url() { [ "$1" = interlock ] && echo "https://api.shop.example:$api/orders/7" || echo "https://127.0.0.1:$(http_port "$1")/orders/7"; }
http_way() {
	local name=$1
	shift
	case $name in interlock) skill "$@" ;; *) as $ANN "$@" ;; esac
}
# requests WAY ROW ARGUMENT…: a run of h2load; its rate, latencies, and what it asked
requests() {
	local name=$1 row=$2 n
	shift 2
	rm -f "$work"/log/h.*
	http_run "$name" "$row" h2load -D "$each" --log-file="$work/log/h.1" "$@" "$(http_url "$name")" || return
	n=$(sed -n 's/^requests: .* \([0-9]*\) done, .*/\1/p' "$said")
	http_count "$name" "${n:-0}"
	if ! grep -qE '^requests: .* [1-9][0-9]* succeeded, 0 failed, 0 errored' "$said" || ! grep -qE '^status codes: .* 0 3xx, 0 4xx, 0 5xx' "$said"; then
		http_cut "$name" "$row"
		return
	fi
	sed -n 's/^finished in .*, \([0-9.]*\) req\/s.*/\1/p' "$said" >>"$work/out/$row.$name.rate"
	awk '{ print $3 }' "$work/log/h.1" >>"$work/out/$row.$name.us"
}
# handshakes WAY ROW ARGUMENT…: wrk, which makes a connection for each request that closes its own
handshakes() {
	local name=$1 row=$2 n
	shift 2
	http_run "$name" "$row" wrk -t 1 -d "$each" --latency -H 'Connection: close' "$@" "$(http_url "$name")" || return
	n=$(sed -n 's/^ *\([0-9]*\) requests in .*/\1/p' "$said")
	http_count "$name" "${n:-0}"
	grep -qE 'Non-2xx|connect [1-9]|timeout [1-9]' "$said" && { http_cut "$name" "$row"; return; }
	sed -n 's/^Requests\/sec: *\([0-9.]*\).*/\1/p' "$said" >>"$work/out/$row.$name.rate"
}
# connections of ours (tests/bench/tls), and what nginx's and the daemon's workers need for each
anew() {	# ROW full|resume NGINX: a table of nginx by the name of that way, and the daemon
	local row=$1 name round pids before n
	for round in $(seq "$rounds"); do
		for name in "$3" interlock; do
			[ "$name" = interlock ] && pids=$(pgrep -P "$daemon" -f '^worker ') || pids=$(pgrep -P "${http_pids[1]}")
			before=$(processor $pids)
			http_run "$name" "$row" "$build/tests/bench/tls" "$each" 8 "$2" "$(http_port "$name")" \
				"$([ "$name" = interlock ] || echo "$work/pg/ca.crt")" api.shop.example /orders/7 || continue
			n=$(cut -d ' ' -f 1 "$said")
			http_count "$name" "$n"
			[ "$2" = full ] || has "$row by way of $name: sessions are taken up" yes \
				"$(awk '{ print ($3 > $1 * 0.9 ? "yes" : $0) }' "$said")"
			sed -n 's|.* \([0-9.]*\)/s$|\1|p' "$said" >>"$work/out/$row.$name.rate"
			awk -v t="$(($(processor $pids) - before))" -v n="$n" 'BEGIN { printf "%.0f\n", t / 1000 / n }' >>"$work/out/$row.$name.each"
		done
	done
}
processor() { local pid; for pid in "$@"; do cut -d ' ' -f 1 "/proc/$pid/schedstat"; done | awk '{ s += $1 } END { printf "%.0f", s }'; }
# anew_table ROW TITLE full|resume NGINX
anew_table() {
	local name was=$turns
	spent_yet >"$work/out/before"
	anew "$1" "$3" "$4"
	spent_yet >"$work/out/after"
	echo "$2"
	for name in "$4" interlock; do
		awk -v name="$name" -v v="$(median "$work/out/$1.$name.rate")" -v w="$(median "$work/out/$1.$4.rate")" \
			-v e="$(median "$work/out/$1.$name.each")" 'BEGIN { printf "  %-10s %8.0f/s %5.2f of nginx; its workers need %d us for each\n", name, v, w ? v / w : 0, e }'
	done
	[ "$turns" = "$was" ] || echo "  the daemon's processor time, microseconds for a connection:$(spent $((turns - was)))"
}
# resuming true|false: the target's sessions of TLS, both sides
resuming() {
	sed -i "s|tls: {backend: verify-full, roots: [^}]*pg/ca.crt[^}]*}|tls: {backend: verify-full, roots: $work/pg/ca.crt, resume: $1}|" "$work/etc/policy.d/api.yaml"
	works "policy with resume: $1" interlock reload >/dev/null
}
http_run() {
	local name=$1 row=$2
	shift 2
	kill -0 "$daemon" 2>/dev/null || { no "the daemon runs" "$(tail -n 5 "$work/daemon.log")"; exit 1; }
	http_way "$name" "$@" >"$said" 2>&1 || { http_cut "$name" "$row"; return 1; }
}
http_cut() {
	cut=$((cut + 1))
	echo x >>"$work/out/$2.$1.cut"
	no "$2 by way of $1, to its end" "$(tail -n 12 "$said")"
}
http_count() { [ "$1" != interlock ] || { turns=$((turns + $2)) asked=$((asked + $2)); }; }

# ---- what is printed -----------------------------------------------------------------
# http_line ROW WAY: rate, its ratios to direct, to the better of nginx and HAProxy, to mitmproxy; latencies
http_line() {
	awk -v name="$2" -v row="$(three "$1.$2")" -v direct="$(three "$1.direct")" -v one="$(three "$1.nginx")" \
		-v two="$(three "$1.haproxy")" -v mitm="$(three "$1.mitmproxy")" -v cut="$(cat "$work/out/$1.$2.cut" 2>/dev/null | wc -l)" '
		function ratio(v, p) { return v && p ? sprintf("%.2f", v / p) : "-" }
		BEGIN {
			split(row, v, " "); split(direct, d, " "); split(one, n, " "); split(two, h, " "); split(mitm, m, " ")
			if (!v[1]) { printf "  %-10s no run went to its end\n", name; exit }
			printf "  %-10s %8.0f/s %5s %5s %5s", name, v[1], ratio(v[1], d[1]), ratio(v[1], n[1] > h[1] ? n[1] : h[1]), ratio(v[1], m[1])
			if (v[2])
				printf "  p50 %8.3f ms (%+.3f)  p99 %8.3f ms (%+.3f)", v[2] / 1000, (v[2] - d[2]) / 1000, v[3] / 1000, (v[3] - d[3]) / 1000
			print (cut > 0 ? "  (" cut " cut short, left out)" : "")
		}' </dev/null
}
# http_table ROW TITLE WAYS MEASURE…: all ways in turn, then a line for each
http_table() {
	local row=$1 title=$2 list=$3 round name was=$turns
	shift 3
	spent_yet >"$work/out/before"
	for round in $(seq "$rounds"); do
		for name in $list; do "$1" "$name" "$row" "${@:2}"; done
	done
	spent_yet >"$work/out/after"
	echo "$title"
	for name in $list; do http_line "$row" "$name"; done
	[ "$turns" = "$was" ] || echo "  the daemon's processor time, microseconds for a request:$(spent $((turns - was)))"
}
# half ROW CLIENTS ARGUMENT…: all of them at half of what the daemon did in ROW
half() {
	local row=$1 clients=$2 each_client
	each_client=$(($(median "$work/out/$row.interlock.rate" | cut -d . -f 1) / 2 / clients))
	shift 2
	[ "$each_client" -gt 0 ] || return
	http_table "half-$row" "the same at half of the daemon's load, $((each_client * clients))/s; behind latencies: what is added to direct" \
		"${ways_http/mitmproxy/}" requests -c "$clients" --rps="$each_client" "$@"
}

# ---- bodies and holds -----------------------------------------------------------------
http_long() {	# HTTP/2 upwards is not measured: the backend answers before it has read, and clients then stand still
	local before version url="https://api.shop.example:$api"
	yes 'order 4711 of Ada, a thing of the shop, and no card at all' | head -c 1073741824 >"$work/http/files/long"
	for version in http1.1 http2; do
		before=$(largest)
		is "1 GiB comes, $version" 1073741824 "$(skill curl -sS --$version "$url/long" 2>"$said" | wc -c)"
		echo "1 GiB of text as an answer, masked, $version: the largest worker grew by $(($(largest) - before)) KiB"
	done
	mv "$work/http/files/long" "$work/skills/order-support/long"
	before=$(largest)
	has "1 GiB goes" 'taken' "$(skill curl -sS --http1.1 -T "$work/skills/order-support/long" "$url/upload/1" 2>&1)"
	echo "1 GiB as a request, http1.1: the largest worker grew by $(($(largest) - before)) KiB"
	rm -f "$work/skills/order-support/long"
	asked=$((asked + 3))
}
held_open() { person $BOB holds --json | jq -r 'select(.state == "open") | .hold' | wc -l; }
# held_requests TITLE ARGUMENT…: a thousand deletes that wait for people
held_requests() {
	local title=$1 before spent i client
	shift
	before=$(resident)
	spent_yet >"$work/out/before"
	skill h2load -n 1000 -H ':method: DELETE' "$@" "$(http_url interlock)" >"$work/held" 2>&1 &
	client=$!
	for i in $(seq 100); do [ "$(held_open)" -lt 1000 ] || break; sleep 0.2; done
	is "1,000 requests are held, $title" 1000 "$(held_open)"
	spent_yet >"$work/out/after"
	echo "1,000 held requests, $title: $((($(resident) - before) * 1024 / 1000)) bytes each in all processes of the daemon; microseconds for each to be held:$(spent 1000)"
	spent_yet >"$work/out/before"
	sleep 10
	spent_yet >"$work/out/after"
	echo "  while they wait, microseconds of each second:$(spent 10); $((($(resident) - before) * 1024 / 1000)) bytes each"
	kill "$client"
	wait "$client" 2>/dev/null
	asked=$((asked + 1000))
}

http() {
	start_http
	echo "HTTP: $(nginx -v 2>&1 | cut -d ' ' -f 3), 2 workers; $(haproxy -v | head -n 1 | cut -d ' ' -f 1-3), 2 threads; mitmproxy" \
		"$(mitmdump --version 2>/dev/null | head -n 1 | cut -d ' ' -f 2), one process; load average $(cut -d ' ' -f 1 /proc/loadavg)"
	echo "behind each rate: its ratio to direct, to the better of nginx and HAProxy, and to mitmproxy; behind each latency: what is added to direct"
	http_table h1c1 "HTTP/1.1, 1 connection kept alive" "$ways_http" requests --h1 -c 1
	http_table h1 "HTTP/1.1, 16 connections kept alive" "$ways_http" requests --h1 -c 16
	half h1 16 --h1
	http_table h2 "HTTP/2, 4 connections of 8 streams" "$ways_http" requests -c 4 -m 8
	half h2 4 -m 8
	resuming false
	http_table new "HTTP/1.1, a connection for each request, 8 at once (nginx and HAProxy keep theirs to the backend; anew: nginx that makes one, too)" \
		"direct nginx haproxy anew interlock" handshakes -c 8
	anew_table full "new connections with full handshakes on both legs, 8 at once" full anew
	resuming true
	anew_table half-resumed "… full ones of the skill, to a backend whose sessions are taken up" full again
	anew_table resumed "… of sessions that are taken up on both legs" resume again
	http_long
	held_requests "a connection each" --h1 -c 1000
	held_requests "10 connections of HTTP/2" -c 10 -m 100
	stop_http
}
