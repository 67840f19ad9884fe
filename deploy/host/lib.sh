# shellcheck shell=bash
# What the host scripts share: how they speak, and how they install.

say() { printf '  %s\n' "$*" >&2; }

# die FACT HINT
die() {
    printf 'error: %s\n' "$1" >&2
    [ -z "${2:-}" ] || printf ' hint: %s\n' "$2" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Where downloaded and unpacked things are kept between runs. Root's home is closed to other users,
# and PostgreSQL refuses to run as root, so root keeps them in the system's cache.
cache_dir() {
    if [ -n "${VAULTTERM_CACHE:-}" ]; then
        printf '%s\n' "$VAULTTERM_CACHE"
    elif [ "$(id -u)" = 0 ]; then
        printf '/var/cache/vaultterm\n'
    else
        printf '%s/vaultterm\n' "${XDG_CACHE_HOME:-$HOME/.cache}"
    fi
}

# as_root WHY COMMAND...: runs a command as root, or says what a person has to do.
as_root() {
    local why=$1
    shift
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        sudo "$@"
    else
        die "$why needs root" "run as root once: $*"
    fi
}

# The package lists are read once per run: the flag travels to the scripts that this one starts.
apt_refresh() {
    [ -z "${VAULTTERM_APT_FRESH:-}" ] || return 0
    have apt-get || die "this host has no apt" \
        "prepare it by hand; deploy/host/README.md lists what is needed"
    as_root "reading the package lists" apt-get update -qq >&2
    export VAULTTERM_APT_FRESH=1
}

apt_has() { [ -n "$(apt-cache show --no-all-versions "$1" 2>/dev/null)" ]; }

# apt_install WHY PACKAGE...
apt_install() {
    local why=$1
    shift
    say "installing $* ($why)"
    apt_refresh
    as_root "installing $*" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null \
        || die "apt-get could not install $*" "look at its message above; then run this again"
}

# need COMMAND PACKAGE WHY: installs the package only where the command is missing.
need() { have "$1" || apt_install "$3" "$2"; }

# wheel NAME DIR REQUIREMENT HASH...: unpacks one wheel from the Python registry, by its digest.
# It is chosen for one Python, so that every host gets the same bytes, whatever Python it has.
wheel() {
    local name=$1 dir=$2 requirement=$3 arch
    shift 3
    python3 -m pip --version >/dev/null 2>&1 || apt_install "fetches $name" python3-pip
    arch=$(uname -m)
    mkdir -p "$dir.part"
    printf '%s' "$requirement" >"$dir.part.txt"
    printf ' --hash=sha256:%s' "$@" >>"$dir.part.txt"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
        --no-deps --no-compile --only-binary=:all: --require-hashes --upgrade \
        --python-version 3.11 --implementation cp \
        --platform "manylinux_2_28_$arch" --platform "manylinux_2_17_$arch" \
        --platform "manylinux2014_$arch" \
        --target "$dir.part" --requirement "$dir.part.txt" >&2 \
        || die "$name could not be fetched from the Python registry" \
            "check that pip reaches one: python3 -m pip download $requirement"
    rm -rf "$dir" "$dir.part.txt"
    mv "$dir.part" "$dir"
}
