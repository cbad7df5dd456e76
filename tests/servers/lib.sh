# lib.sh -- what the server scripts share.  Each one is
#
#     NAME.sh install | missing | start FOLDER | stop FOLDER
#
# missing prints what is not installed, if anything.  start prints KEY=VALUE
# lines, also in FOLDER/env; everything listens on 127.0.0.1 or in FOLDER.  stop
# ends only what start started, and removes FOLDER.
set -eu

die() { echo "$(basename "$0"): $*" >&2; exit 1; }

# missing_packages PACKAGE...  prints those that are not installed
missing_packages() {
    for package in "$@"; do
        dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null |
            grep -q '^installed$' || echo "$package"
    done
}

install_packages() {
    wanted=$(missing_packages "$@")
    [ -z "$wanted" ] && return 0
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    # the engines are started by the tests, not by the system
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        printf '#!/bin/sh\nexit 101\n' |
            $sudo tee /usr/sbin/policy-rc.d > /dev/null
        $sudo chmod +x /usr/sbin/policy-rc.d
        trap '$sudo rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    $sudo apt-get update -q > /dev/null
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -q \
        --no-install-recommends $wanted > /dev/null
}

# free_port  prints a port that nothing uses, below those that the system gives
# to connections of its own: one of these could take it before the server does
free_port() {
    port=$((20000 + $$ % 12000))
    while grep -qiE "^ *[0-9]+: [0-9A-F]+:$(printf '%04X' $port) " \
        /proc/net/tcp /proc/net/tcp6; do
        port=$((port + 1))
    done
    echo $port
}

# background NAME COMMAND...  in a session of its own; FOLDER/NAME.log and .pid
background() {
    name=$1; shift
    setsid "$@" > "$FOLDER/$name.log" 2>&1 < /dev/null &
    echo $! > "$FOLDER/$name.pid"
}

# wait_for COMMAND...  until it succeeds, at most 60 s
wait_for() {
    tries=600
    until "$@" > /dev/null 2>&1; do
        tries=$((tries - 1))
        if [ $tries = 0 ]; then
            tail -n 5 "$FOLDER"/*.log >&2
            die "not ready: $*"
        fi
        sleep 0.1
    done
}

# runs PID  whether the process is there and has not ended: who started it may
# be gone, and the system is slow to take notice of its end
runs() {
    grep -qs '^State:[^Z]*$' "/proc/$1/status"
}

# end_background  TERM, and KILL for what has not ended after 10 s
end_background() {
    for file in "$FOLDER"/*.pid; do
        [ -f "$file" ] || continue
        pid=$(cat "$file"); tries=200
        kill -TERM "$pid" 2>/dev/null || true
        while runs "$pid" && [ $tries -gt 0 ]; do
            tries=$((tries - 1)); sleep 0.05
        done
        kill -KILL "$pid" 2>/dev/null || true
    done
}

unmount_all() {
    awk -v folder="$FOLDER/" 'index($2, folder) == 1 {print $2}' \
        /proc/self/mounts | sort -r |
        while read -r place; do umount "$place" 2>/dev/null || true; done
}

tell() { printf '%s\n' "$@" | tee "$FOLDER/env"; }

# busybox_image  prints the path of a tar with busybox as a root file system
busybox_image() {
    root=$FOLDER/busybox
    mkdir -p "$root/bin" "$root/etc" "$root/tmp" "$root/root"
    cp /bin/busybox "$root/bin/"
    echo 'root:x:0:0:root:/root:/bin/sh' > "$root/etc/passwd"
    for applet in $(busybox --list); do
        [ "$applet" = busybox ] || ln -sf busybox "$root/bin/$applet"
    done
    tar -C "$root" -cf "$FOLDER/busybox.tar" .
    rm -rf "$root"
    echo "$FOLDER/busybox.tar"
}

main() {
    case "${1:-}" in
    install) install_packages $packages ;;
    missing) missing_packages $packages ;;
    start) mkdir -p "$2"; FOLDER=$(cd "$2" && pwd); start ;;
    stop) [ -d "$2" ] || exit 0; FOLDER=$(cd "$2" && pwd); stop ;;
    *) die "install | missing | start FOLDER | stop FOLDER" ;;
    esac
}
