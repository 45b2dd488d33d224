# shellcheck shell=bash disable=SC2154
# Starts an installed engine. Sourced, after messages.sh, system.sh and engine-probe.sh.

start_engine() {
    engine_answers && return
    if ! is_root; then
        fail 'The Docker engine is installed, but it does not answer:' "$(engine_error)" \
            'Start it as root ("sudo systemctl start docker"), or, if it runs, let this user use it' \
            "(\"sudo usermod -aG docker $(id -un)\", then log in again)."
    fi
    say 'Starting the Docker engine.'
    if has_systemd; then
        systemctl start docker ||
            fail 'systemd could not start Docker.' 'See: journalctl -u docker'
        wait_for_engine
    else
        start_engine_by_hand
    fi
}

start_engine_by_hand() {
    local log=$system_root/var/log/dockerd.log
    local run=$system_root/var/run
    if ! process_is dockerd "$run/docker.pid"; then
        # A process ID that now belongs to something else, or to a dockerd that is a zombie, makes
        # a new dockerd refuse to start; the same goes for the containerd that it starts itself.
        rm -f "$run/docker.pid"
        process_is containerd "$run/docker/containerd/containerd.pid" ||
            rm -f "$run/docker/containerd/containerd.pid"
        (cd / && exec setsid nohup dockerd </dev/null >>"$log" 2>&1) &
        wait_for_engine "$log" $!
    else
        wait_for_engine "$log"
    fi
}

# process_is NAME PIDFILE: whether the file names a living process of that name.
process_is() {
    local pid
    pid=$(cat "$2" 2>/dev/null) || return 1
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$1" ] &&
        ! grep -q '^State:[[:space:]]*Z' "/proc/$pid/status"
}

# wait_for_engine [LOG [PID]]: until it answers, at most a minute, and not long after process PID
# has ended.
wait_for_engine() {
    local log=${1:-} pid=${2:-} deadline=$((SECONDS + ${VOLOPS_ENGINE_TIMEOUT:-60}))
    until engine_answers; do
        if [ -n "$pid" ] && ! kill -0 "$pid" 2>/dev/null; then
            # Somebody else may have started one at the same moment.
            pid=
            deadline=$((SECONDS + 3))
        fi
        if [ "$SECONDS" -ge "$deadline" ]; then
            # An engine that somebody else started has its log elsewhere.
            [ ! -r "$log" ] || tail -n 10 "$log" >&2
            fail 'The Docker engine was started, but does not answer:' "$(engine_error)"
        fi
        sleep 0.2
    done
}
