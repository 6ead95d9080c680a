# lib.sh: what the suites share: one instance with a skill that may do everything, as
# superuser, so that whatever differs from a direct run is Interlock's own doing.
. "$(dirname "$0")/../play/lib.sh" "$1"
suites=$("$here/scripts/suites" --fetch "$build") || { echo "0 passed, 1 failed"; exit 1; }

# everything: the policy that allows everything; its arguments are masks put on every answer
everything() {
	local masks=$*
	sed -e '/^masks:/,$d' -e 's/role: shop_app, databases: \[shop\]/role: postgres/' \
		-e "s|@PORT@|$port|g" -e "s|@WORK@|$work|g" "$here/tests/play/policy.yaml" >"$work/etc/policy.yaml"
	[ -z "$masks" ] || cat >>"$work/etc/policy.yaml" <<-'EOT'
		masks:
		  nothing:
		    columns: ["no_such_schema.*.*"]
		    pattern: 'ZQXJ-never-[0-9]{40}'
		    way: redact
	EOT
	cat >>"$work/etc/policy.yaml" <<-EOT
		duties:
		  order-support:
		    targets: [shop]
		    rules:
		      - effects: [read, insert, update, delete, define, grant, call, export, session, unknown]
		        verdict: allow
		        ${masks:+masks: [$(echo "$masks" | sed 's/ /, /g')]}
	EOT
}
# setup_suite: backend, policy and daemon; the suite's programs where a skill can read them
setup_suite() {
	setup_backend
	backend -c "alter role postgres password '$SECRET'" >/dev/null
	# what reads values back must not see this node's time zone or language
	everything ${MASKS:-}
	cp -r "$suites/bin" "$work/bin"
	chmod -R a+rX "$work/bin"
	start_daemon
}
# straight COMMAND…: with nothing between; inside COMMAND…: in the skill, the same way
straight() {
	env HOME=/nonexistent PGHOST=127.0.0.1 PGPORT="$port" PGUSER=postgres PGPASSWORD="$SECRET" \
		setpriv --reuid $SKILL --regid $SKILL --clear-groups -- "$@" </dev/null
}
inside() {
	skill env HOME=/nonexistent PGHOST=127.0.0.1 PGPORT="$port" PGUSER=postgres "$@"
}
