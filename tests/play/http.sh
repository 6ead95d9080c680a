# http.sh: an API for the scenarios of HTTP. nginx ends TLS in front of a server that logs each request it
# sees; a second nginx server shows a certificate for another name. Sourced after lib.sh.
start_api() {
	api=$(free_port) origin=$(free_port) wrong=$(free_port)
	mkdir -p "$work/nginx"
	(
		cd "$work/nginx"
		for name in api.shop.example other.shop.example; do
			openssl req -newkey rsa:2048 -nodes -keyout $name.key -out $name.csr -subj "/CN=$name" >/dev/null 2>&1
			printf 'subjectAltName=DNS:%s\n' $name >ext
			openssl x509 -req -in $name.csr -CA "$work/pg/ca.crt" -CAkey "$work/pg/ca.key" -CAcreateserial \
				-out $name.crt -days 2 -extfile ext >/dev/null 2>&1
		done
	)
	cat >"$work/nginx/conf" <<-EOT
		daemon off;
		pid $work/nginx/pid;
		error_log $work/nginx/error.log;
		worker_processes 1;
		events { worker_connections 256; }
		http {
			access_log off;
			client_max_body_size 0;
			client_body_temp_path $work/nginx/body;
			proxy_temp_path $work/nginx/proxy;
			fastcgi_temp_path $work/nginx/fastcgi;
			uwsgi_temp_path $work/nginx/uwsgi;
			scgi_temp_path $work/nginx/scgi;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_request_buffering off;
			proxy_buffering off;
			upstream origin { server 127.0.0.1:$origin; keepalive 8; }
			server {
				listen 127.0.0.1:$api ssl;
				ssl_certificate $work/nginx/api.shop.example.crt;
				ssl_certificate_key $work/nginx/api.shop.example.key;
				location / { proxy_pass http://origin; }
			}
			server {
				listen 127.0.0.1:$wrong ssl;
				ssl_certificate $work/nginx/other.shop.example.crt;
				ssl_certificate_key $work/nginx/other.shop.example.key;
				location / { proxy_pass http://origin; }
			}
		}
	EOT
	python3 "$here/tests/play/http-origin.py" "$origin" "$work/origin.log" &
	origin_pid=$!
	nginx -c "$work/nginx/conf" >"$work/nginx/out" 2>&1 &
	nginx_pid=$!
	trap 'stop_api; cleanup' EXIT
	soon "the API answers" curl_direct "https://api.shop.example:$api/plain.json"
	: >"$work/origin.log"
}
stop_api() { kill $nginx_pid $origin_pid 2>/dev/null; wait $nginx_pid $origin_pid 2>/dev/null; }
curl_direct() { command curl -sS --max-time 20 --cacert "$work/pg/ca.crt" --resolve "api.shop.example:$api:127.0.0.1" "$@"; }
# api_policy: three targets, and what the skill may do there; the secret of the first is on the node alone
api_policy() {
	printf '%s\n' 'the-token-of-the-node' >"$work/etc/secrets/api"
	chmod 600 "$work/etc/secrets/api"
	chown $((${UID_BASE:-60800} + 4)) "$work/etc/secrets/api"
	mkdir -p "$work/etc/policy.d"
	sed -i 's/duties: \[order-support\]/duties: [order-support, api]/' "$work/etc/policy.yaml"
	cat >"$work/etc/policy.d/api.yaml" <<-EOT
		version: 1
		targets:
		  api:
		    protocol: http
		    names: [api.shop.example]
		    addresses: [127.0.0.1]
		    port: $api
		    namespace: host
		    tls: {backend: verify-full, roots: $work/pg/ca.crt}
		    credential: {as: bearer, secret: "file:$work/etc/secrets/api"}
		  plain:
		    protocol: http
		    names: [plain.shop.example]
		    addresses: [127.0.0.1]
		    port: $origin
		    namespace: host
		    tls: {backend: disable}
		  wrong:
		    protocol: http
		    names: [wrong.shop.example]
		    addresses: [127.0.0.1]
		    port: $wrong
		    namespace: host
		    tls: {backend: verify-full, roots: $work/pg/ca.crt}
		masks:
		  card-numbers:
		    fields: ["**.card"]
		    detectors: [card]
		    way: partial
		duties:
		  api:
		    targets: [api, plain, wrong]
		    rules:
		      - {effects: [read], verdict: allow, masks: [card-numbers]}
		      - {effects: [insert], paths: ["/orders"], verdict: allow, masks: [card-numbers]}
		      - {effects: [update], paths: ["/upload/{id}"], verdict: allow, masks: [card-numbers]}
		      - {effects: [delete], paths: ["/orders/{id}"], verdict: hold, approvers: leads, need: 1, expires: 60s}
	EOT
	works "the policy is right" interlock policy check
}
# asked_of_entries: method and path of each request that was let through, as the record has them, sorted
asked_of_entries() {
	local released
	released=$(jq -s -c 'map(select(.kind == "release") | .hold)' "$work/entries")
	jq -r --argjson released "$released" 'select(.phase == "request") |
		select(.verdict == "allow" or (.verdict == "hold" and (.hold as $h | $released | index($h)))) |
		.text | split("\n")[0]' "$work/entries" | sort
}
