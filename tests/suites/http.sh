# http.sh: servers of HTTP for the suites, each behind nginx, which ends TLS at an address of
# its own, port 443, so that clients need no port and no setting: directly they find it by a
# hosts file of theirs, inside by policy. Sourced after lib.sh.
modules=$(dirname "$suites")/http-$(sha256sum <"$here/tests/suites/http/package-lock.json" | cut -c -16)
fetch_modules() {	# as the lock file pins them, whatever this machine's npm would find
	rm -rf "$modules.new"
	mkdir -p "$modules.new"
	cp "$here/tests/suites/http/"package*.json "$modules.new/"
	(cd "$modules.new" && npm ci --ignore-scripts --no-audit --no-fund --cache "$(dirname "$suites")/npm" >/dev/null) || return 1
	mv "$modules.new" "$modules"
}
[ -d "$modules" ] || fetch_modules || { echo "npm does not give the clients and servers"; echo "0 passed, 1 failed"; exit 1; }
net=127.$((RANDOM % 200 + 20)).$((RANDOM % 250))	# hosts of it are ours for this run
KEY=the-true-key-of-the-node
# target, host names (the first is in the certificate's place), what nginx speaks ("clear": no TLS), its server
SITES="mcp|mcp.shop.example||mcp
messages|api.anthropic.com||messages
s3|s3.eu-central-1.amazonaws.com shop-files.s3.eu-central-1.amazonaws.com||s3
clear|s3.eu-west-1.amazonaws.com|clear|s3
web|web.shop.example|http2|web
old|old.shop.example||web"

# serve NAME COMMAND…: a server on a port of its own, kept in port_NAME
declare -A port_of
serve() {
	local name=$1 at
	shift
	at=$(free_port)
	port_of[$name]=$at
	(cd "$work/http" && PORT=$at exec "${@//@PORT@/$at}") >"$work/$name.said" 2>&1 </dev/null &
	servers="${servers:-} $!"
}
start_servers() {
	mkdir -p "$work/http" "$work/s3" "$work/web/git"
	cp "$here/tests/suites/http/"*.* "$here/tests/suites/node/check.js" "$work/http/"
	cp -rl "$modules/node_modules" "$work/http/" 2>/dev/null || cp -r "$modules/node_modules" "$work/http/"
	chmod -R a+rX "$work/http"
	trap 'stop_servers; cleanup' EXIT
	serve mcp node --require ./loopback.cjs node_modules/@modelcontextprotocol/server-everything/dist/index.js streamableHttp
	serve messages node messages-server.mjs @PORT@ $KEY
	serve s3 node --no-deprecation s3-server.mjs @PORT@ "$work/s3"
	serve web node web-server.mjs @PORT@ "$work/web/git"
	python3 -c 'print("\n".join("line %d of what is served" % i for i in range(4000)))' >"$work/web/file.txt"
	start_nginx
}
start_nginx() {
	local target names speaks server i=1 name listens
	mkdir -p "$work/nginx"
	openssl req -newkey rsa:2048 -nodes -keyout "$work/nginx/key" -out "$work/nginx/csr" -subj /CN=sites >/dev/null 2>&1
	: >"$work/hosts"
	{
		nginx_head
		while IFS='|' read -r target names speaks server; do
			for name in $names; do echo "$net.$i $name" >>"$work/hosts"; done
			listens="$net.$i:443 ssl $speaks"
			[ "$speaks" != clear ] || listens=$net.$i:80
			cat <<-EOT
				server {
					listen $listens;
					access_log $work/$target.log seen;
					location = /file.txt { root $work/web; }
					location / { proxy_pass http://127.0.0.1:${port_of[$server]}; }
				}
			EOT
			i=$((i + 1))
		done <<<"$SITES"
		echo "}"
	} >"$work/nginx/conf"
	sed 's/^[^ ]* /DNS:/' "$work/hosts" | paste -sd, | sed 's/^/subjectAltName=/' >"$work/nginx/ext"
	openssl x509 -req -in "$work/nginx/csr" -CA "$work/pg/ca.crt" -CAkey "$work/pg/ca.key" -CAcreateserial \
		-out "$work/nginx/crt" -days 2 -extfile "$work/nginx/ext" >/dev/null 2>&1
	echo "127.0.0.1 localhost" >>"$work/hosts"
	nginx -c "$work/nginx/conf" >"$work/nginx/out" 2>&1 &
	servers="$servers $!"
}
nginx_head() {
	cat <<-EOT
		daemon off;
		pid $work/nginx/pid;
		error_log $work/nginx/error.log;
		worker_processes 1;
		events { worker_connections 512; }
		http {
			log_format seen '\$request_method \$request_uri';
			client_max_body_size 0;
			client_body_temp_path $work/nginx/body;
			proxy_temp_path $work/nginx/proxy;
			fastcgi_temp_path $work/nginx/fastcgi;
			uwsgi_temp_path $work/nginx/uwsgi;
			scgi_temp_path $work/nginx/scgi;
			proxy_http_version 1.1;
			proxy_set_header Host \$http_host;
			proxy_set_header Connection "";
			proxy_request_buffering off;
			proxy_buffering off;
			proxy_read_timeout 120s;
			keepalive_requests 100000;
			ssl_protocols TLSv1.2 TLSv1.3;
			ssl_certificate $work/nginx/crt;
			ssl_certificate_key $work/nginx/key;
	EOT
}
stop_servers() {
	[ -z "${approver:-}" ] || kill $approver 2>/dev/null
	kill ${servers:-} 2>/dev/null
	wait ${servers:-} 2>/dev/null
}
s3_target() { printf '    api: s3\n    credential: {as: sigv4, region: %s, service: s3, secret: "file:%s"}\n' "$1" "$work/etc/secrets/s3"; }
# site_policy [MASKS]: a target for each site, where all is allowed but what a rule says
site_policy() {
	local target names speaks server i=1
	for name in messages:$KEY s3:S3RVER:S3RVER; do
		printf '%s\n' "${name#*:}" >"$work/etc/secrets/${name%%:*}"
		chmod 600 "$work/etc/secrets/${name%%:*}"
		chown $((${UID_BASE:-60800} + 4)) "$work/etc/secrets/${name%%:*}"
	done
	mkdir -p "$work/etc/policy.d"
	sed -i 's/duties: \[order-support\]/duties: [order-support, sites]/' "$work/etc/policy.yaml"
	{
		printf 'version: 1\ntargets:\n'
		while IFS='|' read -r target names speaks server; do
			cat <<-EOT
				  $target:
				    protocol: http
				    names: [${names// /, }]
				    addresses: [$net.$i]
				    namespace: host
			EOT
			if [ "$speaks" = clear ]; then
				printf '    port: 80\n    tls: {backend: disable}\n'
			else
				echo "    tls: {backend: verify-full, roots: $work/pg/ca.crt}"
			fi
			i=$((i + 1))
			case $target in
			mcp) printf '    api: mcp\n    operations: [{name: "tools/call **", effect: call}]\n' ;;
			messages) echo "    credential: {as: header, name: X-Api-Key, secret: \"file:$work/etc/secrets/messages\"}" ;;
			s3) s3_target eu-central-1 ;;
			clear) s3_target eu-west-1 ;;
			esac
		done <<<"$SITES"
		[ -z "${1:-}" ] || printf 'masks:\n  nothing:\n    pattern: "ZQXJ-never-[0-9]{40}"\n    way: redact\n'
		cat <<-EOT
			duties:
			  sites:
			    targets: [$(cut -d'|' -f1 <<<"$SITES" | paste -sd,)]
			    rules:
			      - effects: [read, insert, update, delete, define, grant, call, export, session, unknown]
			        verdict: allow
			        ${1:+masks: [nothing]}
			      - {effects: [call], operations: ["tools/call get-env"], verdict: deny}
			      - {effects: [call], operations: ["tools/call gzip-file-as-resource"], verdict: hold, approvers: leads, need: 1, expires: 60s}
		EOT
	} >"$work/etc/policy.d/sites.yaml"
	works "the policy is right" interlock policy check
}
# approve_all: bob, who approves what is held as long as the suite runs
approve_all() {
	while :; do
		id=$(hold_id)
		[ -z "$id" ] || person $BOB approve "$id" --yes >/dev/null 2>&1
		sleep 0.5
	done &
	approver=$!
}
# straight COMMAND…: with nothing between, by a hosts file of its own; inside COMMAND…: in the skill
straight() {
	local pem=$work/pg/ca.crt
	env HOME="$work/home" AWS_REGION=eu-central-1 unshare --mount sh -c 'mount --bind "$0" /etc/hosts && exec setpriv --reuid '$SKILL' --regid '$SKILL' --clear-groups -- "$@"' "$work/hosts" \
		env NODE_EXTRA_CA_CERTS="$pem" SSL_CERT_FILE="$pem" REQUESTS_CA_BUNDLE="$pem" CURL_CA_BUNDLE="$pem" GIT_SSL_CAINFO="$pem" \
		ANTHROPIC_API_KEY=$KEY AWS_ACCESS_KEY_ID=S3RVER AWS_SECRET_ACCESS_KEY=S3RVER "$@" </dev/null
}
inside() {
	skill env HOME="$work/home" AWS_REGION=eu-central-1 ANTHROPIC_API_KEY=sk-ant-api03-of-the-skill-itself \
		AWS_ACCESS_KEY_ID=AKIAOFTHESKILL000000 AWS_SECRET_ACCESS_KEY=of-the-skill-itself "$@"
}
# compare_lines NAME: the lines of $work/straight.said and inside.said, each by its name
compare_lines() {
	local line
	while IFS= read -r line; do
		case $line in alone:*) continue ;; esac
		if grep -qxF -- "$line" "$work/inside.said"; then
			ok "$1: ${line%%: *}"
		elif [ "$mode" = masks ] && grep -q "^${line%%: *}: " "$here/tests/suites/http/masked.txt"; then
			ok "$1: $(grep "^${line%%: *}: " "$here/tests/suites/http/masked.txt")"
		else
			no "$1: ${line%%: *}" "$(cut -c -300 <<<"$line"; grep -F -- "${line%%: *}: " "$work/inside.said" | cut -c -300)"
		fi
	done <"$work/straight.said"
	is "$1: as many lines" "$(wc -l <"$work/straight.said")" "$(wc -l <"$work/inside.said")"
	lacks "$1: no check waited in vain" 'no answer' "$(cut -c -300 "$work/straight.said")"
	[ -z "${SAVE:-}" ] || { cp "$work/straight.said" "$SAVE/$1.straight"; cp "$work/inside.said" "$SAVE/$1.inside"; }
}
make_repository() {
	local at=$work/web/git/shop.git i
	git init -q --bare "$at"
	git -C "$at" config uploadpack.allowFilter true
	git -C "$at" config http.receivepack true
	{
		for i in $(seq 60); do
			printf 'commit refs/heads/master\ncommitter Ada <ada@shop.example> %d +0000\ndata 5\nstep\n\nM 644 inline file-%d\ndata <<END\n%s\nEND\n' \
				$((1767225600 + i)) $((i % 7)) "$(seq $((i * 50)))"
		done
	} | git -C "$at" fast-import --quiet
	git -C "$at" symbolic-ref HEAD refs/heads/master
}
