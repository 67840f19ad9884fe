#!/bin/sh
# Entrypoint of the assembled Redis image: options or a configuration file start the server, which
# owns /data and does not run as root, as in the official image.
set -e

case "${1:-redis-server}" in
    -* | *.conf) set -- redis-server "$@" ;;
esac
if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
    find . ! -user redis -exec chown redis {} +
    exec setpriv --reuid=redis --regid=redis --clear-groups "$0" "$@"
fi
[ "$(umask)" != 0022 ] || umask 0077
exec "$@"
