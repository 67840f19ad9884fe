#!/bin/sh
# Makes the secrets of a connected install, as files, and points `.env` at them.
#
# Run it as root in the folder of docker-compose.yml. What is there already is kept: a second run
# only adds what is missing.
set -eu
cd "$(dirname "$0")"

# The app's user inside the container, which has to read its secrets.
owner=10001
umask 0077

die() {
    printf 'error: %s\n hint: %s\n' "$1" "$2" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || die "the secrets are to be owned by uid $owner" "run this as root"
template=
for candidate in .env.example ../../.env.example; do
    [ ! -f "$candidate" ] || template=$candidate
done
if [ ! -f .env ]; then
    [ -n "$template" ] || die "there is no .env here" "copy the template .env.example to .env"
    cp "$template" .env
    echo "made .env from the template"
fi

random() { od -An -v -tx1 -N "$1" /dev/urandom | tr -d ' \n'; }

# secret VARIABLE FILE BYTES
secret() {
    if grep -Eq "^$1=.+|^$1_FILE=.+" .env; then
        echo "kept $1: .env names it"
        return
    fi
    if [ ! -s "secrets/$2" ]; then
        random "$3" >"secrets/$2"
        echo "made secrets/$2"
    fi
    chown "$owner:$owner" "secrets/$2"
    if grep -q "^$1_FILE=" .env; then
        sed -i "s|^$1_FILE=.*|$1_FILE=./secrets/$2|" .env
    else
        printf '%s_FILE=./secrets/%s\n' "$1" "$2" >>.env
    fi
}

mkdir -p secrets license
secret POSTGRES_PASSWORD postgres_password 24
secret DATABASE_OWNER_PASSWORD db_owner_password 24
secret DATABASE_PASSWORD db_app_password 24
secret REDIS_PASSWORD redis_password 24
secret MASTER_KEY master_key 32
secret ADMIN_TOKEN admin_token 32
secret ROOT_SEED root_seed 32
# Compose starts nothing on a file that is not there.
[ -f /etc/machine-id ] || sed -i 's|^HOST_MACHINE_ID=/etc/machine-id$|HOST_MACHINE_ID=/dev/null|' .env
chown "$owner:$owner" secrets license
chmod 0700 secrets
chmod 0750 license

cat <<'NEXT'
Next: put your licence at license/license.vtlic, keep a copy of secrets/master_key somewhere safe
(without it the vault cannot be opened again), then run: docker compose up -d --build
NEXT
