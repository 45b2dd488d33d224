#!/bin/sh
# Exit 0 once Redis answers commands; a server still loading its data answers LOADING, and is not ready.
if [ -n "${REDIS_PASSWORD_FILE:-}" ]; then REDISCLI_AUTH=$(cat "$REDIS_PASSWORD_FILE"); export REDISCLI_AUTH
elif [ -n "${REDIS_PASSWORD:-}" ]; then REDISCLI_AUTH=$REDIS_PASSWORD; export REDISCLI_AUTH
fi
[ "$(redis-cli -h 127.0.0.1 ping)" = PONG ]
