# shellcheck shell=bash
# What the image recipes share.

images=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$images/../.." && pwd)
# shellcheck source=deploy/host/lib.sh
. "$repository/deploy/host/lib.sh"

# The label that says from which inputs an image was assembled.
inputs_label=com.vaultterm.inputs

arch() {
    case "$(uname -m)" in
        x86_64) echo amd64 ;;
        aarch64) echo arm64 ;;
        *) die "no images are made for $(uname -m)" ;;
    esac
}

# The instant that stands on the files in images: the same content gives the same bytes.
epoch() { printf '%s\n' "${SOURCE_DATE_EPOCH:-1767225600}"; }

# fingerprint TEXT-OR-FILE...: one digest of all of them; what is not a file counts as text.
fingerprint() {
    local input
    for input in "$@"; do
        if [ -f "$input" ]; then sha256sum <"$input"; else printf '%s\n' "$input"; fi
    done | sha256sum | cut -c1-32
}

image_exists() { docker image inspect "$1" >/dev/null 2>&1; }

# assembled_from REFERENCE: the fingerprint in an image's label; empty when it is not one of ours.
assembled_from() {
    docker image inspect --format "{{index .Config.Labels \"$inputs_label\"}}" "$1" 2>/dev/null || true
}

image_size() {
    docker image inspect --format '{{.Size}}' "$1" | awk '{ printf "%.1f MB", $1 / 1e6 }'
}

# layer DIR TAR: packs a folder as a layer, the same bytes for the same content.
layer() {
    tar --create --file "$2" --directory "$1" --sort=name --format=gnu --mtime="@$(epoch)" \
        --owner=0 --group=0 --numeric-owner .
}

# settled REFERENCE FINGERPRINT: true when nothing has to be done for a database or cache image:
# it came from a registry, or was assembled here from the same inputs.
settled() {
    local reference=$1 have_inputs
    if image_exists "$reference"; then
        have_inputs=$(assembled_from "$reference")
        if [ -z "$have_inputs" ]; then
            say "$reference: in the engine already, not assembled here; left as it is"
            return 0
        fi
        [ "$have_inputs" != "$2" ] || { say "$reference: assembled here, nothing changed"; return 0; }
    fi
    [ "${IMAGES_FROM:-auto}" != recipe ] || return 1
    if timeout 180 docker pull --quiet "$reference" >/dev/null 2>&1; then
        say "$reference: pulled from the registry, $(image_size "$reference")"
        return 0
    fi
    [ "${IMAGES_FROM:-auto}" != registry ] || die "$reference cannot be pulled" \
        "unset IMAGES_FROM to have it assembled here instead"
    return 1
}

# debian_archive: sets origin, suite, components and uri to the distribution whose Redis is of the 7
# series, in the archive that this host already trusts.
debian_archive() {
    case "$(. /etc/os-release && echo "${ID_LIKE:-} $ID")" in
        *ubuntu*) origin=Ubuntu suite=noble components=main,universe ;;
        *) origin=Debian suite=bookworm components=main ;;
    esac
    # shellcheck disable=SC2016 # apt expands these
    uri=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' \
        | awk -v origin="$origin" '$2 == "main" && $3 == origin && $1 !~ /security/ { print $1; exit }')
    [ -n "$uri" ] || die "this host's apt sources name no $origin archive" \
        "run apt-get update first; or pull the images from a registry"
}
