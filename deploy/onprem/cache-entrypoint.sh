#!/bin/sh
# Runs before the Redis image's own entrypoint, as root.
#
# Takes the password from the Compose secret, or from a value in `.env`, and writes a configuration
# in memory that holds only its digest: it stands in no argument, and not in the server's
# environment.
set -eu

if [ -s /run/secrets/redis_password ]; then
    if [ -n "${REDIS_PASSWORD:-}" ]; then
        echo "error: REDIS_PASSWORD and REDIS_PASSWORD_FILE are both set; keep one" >&2
        exit 1
    fi
    REDIS_PASSWORD=$(cat /run/secrets/redis_password)
fi
if [ -z "${REDIS_PASSWORD:-}" ]; then
    echo "error: the cache needs REDIS_PASSWORD or REDIS_PASSWORD_FILE; generate-secrets.sh makes them" >&2
    exit 1
fi
digest=$(printf '%s' "$REDIS_PASSWORD" | sha256sum | cut -d' ' -f1)
unset REDIS_PASSWORD

configuration=/run/vaultterm/redis.conf
rm -f "$configuration"
(umask 0077 && cat >"$configuration") <<CONF
dir /data
# Sessions live through a restart; at most a second of them is lost in a crash.
appendonly yes
appendfsync everysec
save ""
# Everything stored here expires; under pressure what expires soonest goes first.
maxmemory 160mb
maxmemory-policy volatile-ttl
user default on #$digest ~* &* +@all -@admin -@dangerous +info
user health on nopass resetkeys resetchannels -@all +ping
CONF
chown redis "$configuration"
exec docker-entrypoint.sh "$configuration" "$@"
