#!/bin/sh
# podman.sh -- podman's service, which speaks Docker's API: a second opinion.
# runc, not crun, and the limits in force: both because of where tests run.
. "$(dirname "$0")/lib.sh"
packages="podman runc conmon containernetworking-plugins busybox-static curl
          procps"

settings() {
    mkdir -p "$FOLDER/settings"
    limit=$(ulimit -Hn)
    cat > "$FOLDER/settings/containers.conf" <<X
[containers]
default_ulimits = ["nofile=$limit:$limit", "nproc=$limit:$limit"]
netns = "host"
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[network]
network_backend = "cni"
X
    cat > "$FOLDER/settings/storage.conf" <<X
[storage]
driver = "${DRIVER:-overlay}"
graphroot = "$FOLDER/data"
runroot = "$FOLDER/run"
X
}

use_settings() {
    export CONTAINERS_CONF="$FOLDER/settings/containers.conf"
    export CONTAINERS_STORAGE_CONF="$FOLDER/settings/storage.conf"
}

start() {
    settings
    use_settings
    export HTTP_PROXY=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9
    export NO_PROXY=127.0.0.1,localhost
    background podman podman --tmpdir "$FOLDER/tmp" system service --time 0 \
        "unix://$FOLDER/podman.sock"
    wait_for curl -sf --unix-socket "$FOLDER/podman.sock" http://d/_ping
    curl -sf --unix-socket "$FOLDER/podman.sock" -T "$(busybox_image)" -X POST \
        -H 'Content-Type: application/x-tar' -o /dev/null \
        'http://d/v1.41/images/create?fromSrc=-&repo=local/busybox:1'
    tell "ENGINE=unix://$FOLDER/podman.sock" "IMAGE=local/busybox:1" \
        "ENGINE_PID=$(cat "$FOLDER/podman.pid")"
}

stop() {
    use_settings
    podman --tmpdir "$FOLDER/tmp" rm -af -t 0 > /dev/null 2>&1 || true
    end_background
    for pid in $(pgrep -x conmon || true); do
        tr '\0' ' ' < "/proc/$pid/cmdline" 2>/dev/null |
            grep -qF "$FOLDER/" && kill -KILL "$pid" || true
    done
    unmount_all
    rm -rf "$FOLDER"
}

main "$@"
