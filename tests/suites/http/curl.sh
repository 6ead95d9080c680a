# curl.sh SERVER LINES FILE: curl with the options of each of LINES, and what came of it.
cd "$HOME" || exit 1
long=$(printf 'x%.0s' {1..6000})
while IFS= read -r line; do
	case $line in '#'* | '') continue ;; esac
	options=${line#*: }
	options=${options//@FILE/=FILE=}
	options=${options//@\//$1/}
	options=${options//=FILE=/@$3}
	options=${options// FILE/ $3}
	options=${options//LONG/$long}
	read -ra words <<<"$options"
	said=$(curl -sS --max-time 20 "${words[@]}" 2>error | grep -aviE '^(date|server|connection|via|alt-svc|last-modified|etag):' | tr -d '\r' | sed 's/^HTTP[0-9./]*//' | head -c 200000 | sort | sha256sum | cut -c -16
		exit "${PIPESTATUS[0]}")
	echo "${line%%: *}: $? $said $(sed 's/after [0-9]* ms//' error | head -c 100 | head -n 1)"
done <"$2"
