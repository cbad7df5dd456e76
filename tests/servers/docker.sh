#!/bin/sh
# docker.sh -- a Docker Engine of the tests' own: a unix socket, and TCP with
# TLS client certificates.  Containers really run, without a network of their
# own; nothing on the host changes, and no pull gets out.
. "$(dirname "$0")/lib.sh"
packages="docker.io containerd runc iptables busybox-static openssl curl procps"

# An authority, and a certificate by it for each name.
certificates() {
    mkdir -p "$FOLDER/certs"; cd "$FOLDER/certs"
    for authority in ca other-ca; do
        openssl req -x509 -newkey rsa:2048 -nodes -days 30 \
            -subj /CN=$authority -keyout $authority-key.pem \
            -out $authority.pem 2>/dev/null
    done
    certificate server ca 'subjectAltName=IP:127.0.0.1,DNS:localhost
extendedKeyUsage=serverAuth'
    certificate client ca extendedKeyUsage=clientAuth
    certificate stranger other-ca extendedKeyUsage=clientAuth
    cp client.pem cert.pem; cp client-key.pem key.pem
    openssl rsa -aes256 -passout pass:opens -in client-key.pem \
        -out locked-key.pem 2>/dev/null
    cd "$FOLDER"
}

certificate() {
    openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$1-key.pem" \
        -out "$1.csr" 2>/dev/null
    printf '%s\n' "$3" > "$1.ext"
    openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2-key.pem" \
        -CAcreateserial -days 30 -extfile "$1.ext" -out "$1.pem" 2>/dev/null
}

start() {
    certificates
    port=$(free_port)
    echo "$port" > "$FOLDER/port"
    # a missing image must not send a pull outside: the proxy is a closed port
    export HTTP_PROXY=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9
    export NO_PROXY=127.0.0.1,localhost
    background dockerd dockerd --data-root "$FOLDER/data" \
        --exec-root "$FOLDER/run" --pidfile "$FOLDER/docker.pid" \
        -H "unix://$FOLDER/docker.sock" -H "tcp://127.0.0.1:$port" --tlsverify \
        --tlscacert "$FOLDER/certs/ca.pem" \
        --tlscert "$FOLDER/certs/server.pem" \
        --tlskey "$FOLDER/certs/server-key.pem" --cgroup-parent "/luft-$port" \
        --storage-driver "${DRIVER:-overlay2}" --bridge none --iptables=false \
        --ip6tables=false --ip-forward=false --ip-masq=false
    wait_for curl -sf --unix-socket "$FOLDER/docker.sock" http://d/_ping
    docker -H "unix://$FOLDER/docker.sock" import -c 'CMD ["sh"]' \
        "$(busybox_image)" local/busybox:1 > /dev/null
    tell "ENGINE=unix://$FOLDER/docker.sock" \
        "ENGINE_TLS=tcp://127.0.0.1:$port" "CERTS=$FOLDER/certs" \
        "IMAGE=local/busybox:1" \
        "ENGINE_PID=$(cat "$FOLDER/dockerd.pid")"
}

stop() {
    engine="docker -H unix://$FOLDER/docker.sock"
    containers=$($engine ps -aq 2>/dev/null || true)
    [ -z "$containers" ] || $engine rm -f $containers > /dev/null 2>&1 || true
    end_background
    # an engine that was killed leaves its containers and their keepers behind
    for pid in $(pgrep -f "$FOLDER/run" || true); do
        kill -KILL "$pid" 2>/dev/null || true
    done
    port=$(cat "$FOLDER/port")
    for group in /sys/fs/cgroup/*/luft-"$port"; do
        [ -d "$group" ] || continue
        find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null |
            xargs -r kill -KILL 2>/dev/null || true
    done
    wait_for unmounted
    rm -rf "$FOLDER"
    for group in /sys/fs/cgroup/*/luft-"$port"; do
        find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
    done
}

unmounted() {
    unmount_all
    ! grep -q " $FOLDER/" /proc/self/mounts
}

main "$@"
