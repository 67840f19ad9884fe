#!/usr/bin/env bash
# Runs before the PostgreSQL image's own entrypoint, as root.
#
# Takes the passwords from Compose secrets, or from values in `.env`, and hands them to the first
# initialisation through files in memory that only `postgres` can read: never through arguments or
# the server's environment.
set -euo pipefail

hand_over=/run/vaultterm

# take NAME SECRET FILE: puts a password where the initialisation finds it.
take() {
    local name=$1 secret=/run/secrets/$2 file=$hand_over/$3 value=
    if [ -s "$secret" ]; then
        value=$(<"$secret")
        if [ -n "${!name:-}" ]; then
            echo "error: $name and ${name}_FILE are both set; keep one" >&2
            exit 1
        fi
    else
        value=${!name:-}
    fi
    if [ -z "$value" ]; then
        echo "error: the database is new and needs $name or ${name}_FILE; generate-secrets.sh makes them" >&2
        exit 1
    fi
    (umask 0377 && printf '%s' "$value" >"$file")
    chown postgres "$file"
}

if [ ! -s "${PGDATA:-/var/lib/postgresql/data}/PG_VERSION" ]; then
    take POSTGRES_PASSWORD postgres_password superuser
    take DATABASE_OWNER_PASSWORD db_owner_password owner
    take DATABASE_PASSWORD db_app_password app
    export POSTGRES_PASSWORD_FILE=$hand_over/superuser
    # The initialisation removes them when it has read them.
    chmod 0700 "$hand_over"
    chown postgres "$hand_over"
fi
unset POSTGRES_PASSWORD DATABASE_OWNER_PASSWORD DATABASE_PASSWORD
exec docker-entrypoint.sh "$@"
