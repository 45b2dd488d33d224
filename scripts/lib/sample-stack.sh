# shellcheck shell=bash
# What must be settled before the sample stack comes up. Sourced, after messages.sh.

# stack_value EXPRESSION: of the compose project as a Python value named `project`.
stack_value() {
    docker compose config --format json |
        .venv/bin/python -c "import json, sys; project = json.load(sys.stdin); print($1)"
}

# The sample's volumes have names that a real application may have too: its data is not ours to fill.
require_own_volumes() {
    local project volume owner
    project=$(stack_value "project['name']")
    for volume in $(stack_value "*(volume['name'] for volume in project['volumes'].values())"); do
        owner=$(docker volume inspect "$volume" \
            --format '{{index .Labels "com.docker.compose.project"}}' 2>/dev/null) || continue
        [ "$owner" = "$project" ] ||
            fail "The volume $volume is there already, and belongs to ${owner:-no compose project}." \
                'Give the sample stack volumes of its own: VOLUME_PREFIX=sample make demo'
    done
}

# choose_port: exports PROXY_PORT, the one in use when the stack is up, else the one that is
# configured, else a free one.
choose_port() {
    local wanted running
    running=$(docker compose port proxy 80 2>/dev/null) || running=
    if [ -n "$running" ]; then
        export PROXY_PORT=${running##*:}
        return
    fi
    wanted=$(stack_value "project['services']['proxy']['ports'][0]['published']")
    PROXY_PORT=$(.venv/bin/python scripts/free_port.py "$wanted")
    export PROXY_PORT
    [ "$PROXY_PORT" = "$wanted" ] ||
        say "Port $wanted is taken by something else: the page will be on port $PROXY_PORT."
}
