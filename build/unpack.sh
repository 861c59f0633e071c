#!/bin/sh
# sitewright @VERSION@ for linux/amd64. This script is followed by the program, a tar: it is unpacked once for each user,
# into $XDG_CACHE_HOME or ~/.cache, and run from there.
set -eu
sha256=@SHA256@
bytes=@BYTES@

fail() {
    printf '✖ %s\n→ %s\n' "$1" "$2" >&2
    exit 2
}

# Runs the program if it is unpacked; returns if it is not.
run() {
    [ -e "$home" ] || return 0
    # Whoever owns it could have put anything there.
    [ -O "$home" ] && [ -O "$home/sitewright" ] ||
        fail "$home is not yours" "remove it, or: export XDG_CACHE_HOME=FOLDER, one of your own"
    export SITEWRIGHT_CALLED="$0"
    exec "$home/sitewright" "$@"
}

unpack() {
    [ "$(uname -s) $(uname -m)" = "Linux x86_64" ] || fail "this program is for linux/amd64" "get the one for this machine"
    [ ! -t 2 ] || echo "unpacking sitewright into $cache, once" >&2
    umask 077
    mkdir -p "$cache" || fail "$cache cannot be made" "export XDG_CACHE_HOME=FOLDER, one of your own with 200 MB free"
    [ "$(tail -c "$bytes" "$0" | sha256sum)" = "$sha256  -" ] || fail "$0 is damaged" "copy it here again"
    # What was cut off is of no use to anybody.
    find "$cache" -maxdepth 1 -name '.unpacking.*' -mmin +60 -exec rm -rf {} +
    part=
    trap 'rm -rf "$part"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' HUP TERM
    part=$(mktemp -d "$cache/.unpacking.XXXXXX") || fail "$cache cannot be written" "export XDG_CACHE_HOME=FOLDER"
    tail -c "$bytes" "$0" | tar -xzmf - -C "$part" ||
        fail "the program cannot be unpacked into $cache" "export XDG_CACHE_HOME=FOLDER, one with 200 MB free"
    said=$("$part/sitewright" --version 2>&1) ||
        fail "the program does not run in $cache: $said" "it takes glibc 2.36 (Debian 12) and a folder from which programs may be run: export XDG_CACHE_HOME=FOLDER"
    # Another start may have been faster; then ours is dropped.
    mv -T "$part" "$home" 2>/dev/null || [ -e "$home" ] || fail "$home cannot be made" "export XDG_CACHE_HOME=FOLDER"
    rm -rf "$part"
    trap - EXIT INT HUP TERM
}

cache=${XDG_CACHE_HOME:-}
case $cache in
    /*) ;;
    *) cache=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}/.cache ;;
esac
cache=$cache/sitewright/program
home=$cache/$(printf %.16s "$sha256")

run "$@"
unpack
run "$@"
exit 2
