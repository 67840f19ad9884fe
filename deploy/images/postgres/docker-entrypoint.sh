#!/usr/bin/env bash
# Entrypoint of the assembled PostgreSQL image. It honours what VaultTerm uses of the official
# image: POSTGRES_USER, POSTGRES_PASSWORD[_FILE], POSTGRES_DB, POSTGRES_INITDB_ARGS,
# POSTGRES_HOST_AUTH_METHOD, PGDATA and /docker-entrypoint-initdb.d.
set -Eeuo pipefail

from_file() {
    local name=$1 file_name=${1}_FILE
    if [ -n "${!name:-}" ] && [ -n "${!file_name:-}" ]; then
        echo "error: $name and $file_name are both set" >&2
        exit 1
    fi
    [ -z "${!file_name:-}" ] || printf -v "$name" '%s' "$(<"${!file_name}")"
    unset "$file_name"
}

prepare_folders() {
    mkdir -p "$PGDATA" /run/postgresql
    chmod 0700 "$PGDATA" || :
    chmod 03775 /run/postgresql || :
    [ "$(id -u)" = 0 ] || return 0
    find "$PGDATA" /run/postgresql ! -user postgres -exec chown postgres {} +
}

run_sql() {
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --no-password "$@"
}

init_files() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
            *.sh)
                echo "init: $file"
                # shellcheck disable=SC1090 # named at run time
                if [ -x "$file" ]; then "$file"; else . "$file"; fi
                ;;
            *.sql) echo "init: $file" && run_sql --dbname "$POSTGRES_DB" --file "$file" ;;
            *.sql.gz) echo "init: $file" && gunzip -c "$file" | run_sql --dbname "$POSTGRES_DB" ;;
            */\*) ;;
            *) echo "init: $file ignored" ;;
        esac
    done
}

initialise() {
    local method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
    if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "$method" != trust ]; then
        echo "error: the database is new and POSTGRES_PASSWORD is not set" >&2
        exit 1
    fi
    # shellcheck disable=SC2086 # arguments, by design several
    initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "${POSTGRES_PASSWORD:-}") \
        ${POSTGRES_INITDB_ARGS:-} >/dev/null
    printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
    # Over the socket alone, so that nobody mistakes a half-made database for a ready one.
    pg_ctl --pgdata="$PGDATA" --wait --silent --options="-c listen_addresses= -p ${PGPORT:-5432}" start
    if [ "$POSTGRES_DB" != postgres ]; then
        echo 'CREATE DATABASE :"db";' | run_sql --dbname postgres --set db="$POSTGRES_DB"
    fi
    init_files
    pg_ctl --pgdata="$PGDATA" --mode=fast --wait --silent stop
    echo "init: done"
}

if [ "${1:0:1}" = - ]; then
    set -- postgres "$@"
fi
if [ "$1" = postgres ]; then
    from_file POSTGRES_PASSWORD
    from_file POSTGRES_USER
    from_file POSTGRES_DB
    from_file POSTGRES_INITDB_ARGS
    export POSTGRES_PASSWORD="${POSTGRES_PASSWORD:-}" POSTGRES_USER="${POSTGRES_USER:-postgres}"
    export POSTGRES_DB="${POSTGRES_DB:-$POSTGRES_USER}" POSTGRES_INITDB_ARGS="${POSTGRES_INITDB_ARGS:-}"
    prepare_folders
    if [ "$(id -u)" = 0 ]; then
        exec setpriv --reuid=postgres --regid=postgres --clear-groups "${BASH_SOURCE[0]}" "$@"
    fi
    if [ ! -s "$PGDATA/PG_VERSION" ]; then
        initialise
    fi
fi
exec "$@"
