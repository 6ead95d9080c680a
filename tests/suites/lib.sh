# lib.sh: what the suites share: one instance with a skill that may do everything, as
# superuser, so that whatever differs from a direct run is Interlock's own doing.
. "$(dirname "$0")/../play/lib.sh" "$1"
suites=$("$here/scripts/suites" --fetch "$build") || { echo "0 passed, 1 failed"; exit 1; }

# everything: the policy that allows everything, as ROLE (the superuser if not set); its
# arguments are masks put on every answer
everything() {
	local masks=$*
	sed -e '/^masks:/,$d' -e "s/role: shop_app, databases: \[shop\]/role: ${ROLE:-postgres}/" \
		-e "s|@PORT@|$port|g" -e "s|@WORK@|$work|g" "$here/tests/play/policy.yaml" >"$work/etc/policy.yaml"
	[ -z "$masks" ] || cat >>"$work/etc/policy.yaml" <<-'EOT'
		masks:
		  nothing:
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
# setup_suite: backend, policy and daemon; the suite's programs where a skill can read them.
# SETTINGS are what the server is given beside
setup_suite() {
	setup_backend
	[ -z "${SETTINGS:-}" ] || pg "$pgbin/pg_ctl" -D "$work/pg/data" -l "$work/pg/log" -o "$SETTINGS" -w restart >/dev/null
	backend -c "alter role postgres password '$SECRET'" >/dev/null
	[ -z "${ROLE:-}" ] || backend -c "create role $ROLE login password '$SECRET' in role pg_read_all_data, pg_write_all_data" >/dev/null
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

# ---- pg_regress and its like ---------------------------------------------------
# passed_of DIRECTORY: names that passed, and that did not, from what was said
passed_of() {
	sed -nE 's/^(test|    ) ?([a-zA-Z0-9_.-]+) +\.\.\. ok.*/\2/p' "$1/said" | sort >"$1/passed"
	sed -nE 's/^(test|    ) ?([a-zA-Z0-9_.-]+) +\.\.\. FAILED.*/\2/p' "$1/said" | sort >"$1/failed"
}
# masked_only NAME: masks are on, and its output differs by nothing but what they redact
# though it matches none: text that is not UTF-8 (and how wide its column is)
masked_only() {
	[ -n "${MASKS:-}" ] || return 1
	diff "$work/straight/results/$1.out" "$work/inside/results/$1.out" >"$work/differs"
	[ "$(grep -c '^<' "$work/differs")" = "$(grep -c '^>' "$work/differs")" ] &&
		grep -q '^>.*\[redacted\]' "$work/differs" &&
		! grep '^>' "$work/differs" | grep -qvE '\[redacted\]|^> [-+|a-z_ ]+$'
}
# compare SECONDS SECONDS: what passed directly passed inside, and nothing else
compare() {
	local name a=$work/straight b=$work/inside
	echo "$(wc -l <"$a/passed") pass directly in $1 s, $(wc -l <"$b/passed") inside in $2 s"
	[ -s "$a/passed" ] || no "the suite runs directly" "$(tail -n 20 "$a/said")"
	for name in $(cat "$a/passed"); do
		if grep -qxF "$name" "$b/passed"; then
			ok "$name"
		elif masked_only "$name"; then
			ok "$name, where what is not UTF-8 is redacted, as with any mask: $(grep -c '^>.*\[redacted\]' "$work/differs") rows"
		else
			no "$name" "$(diff "$a/results/$name.out" "$b/results/$name.out" || tail -n 5 "$b/said")"
		fi
	done
	is "and no others pass" "" "$(comm -13 "$a/passed" "$b/passed" | xargs)"
	echo "do not pass directly: $(xargs <"$a/failed")"
	works 'no worker had to be started again' sh -c "! grep -q 'ended by signal' '$work/daemon.log'"
	works 'the ledger verifies' interlock verify
	[ -z "${SAVE:-}" ] || cp -r "$a" "$b" "$work/daemon.log" "$work/pg/log" "$SAVE/"
}

# ---- the record against the server's own log -----------------------------------
# mark inside, mark straight: whose statements the log has from here on
mark() { backend -q -c "select 'suite: $1'" >/dev/null; }
compare_record() {
	local said
	entries >"$work/entries.json"
	said=$(python3 "$here/tests/suites/record.py" "$work/pg/log" "$work/entries.json" 2>&1)
	is 'what ran by the log of the server is in the record, as often' 'same' "$(tail -n 1 <<<"$said")"
	echo "$said"
}
