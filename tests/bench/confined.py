"""A process that can write to one folder and to two empty places for temporary files alone."""

import os

# Disks that a process could write to; everything else is the kernel's own.
DISKS = {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "overlay", "tmpfs"}
# In a mount namespace, with arguments ROOM DIR DISKS COMMAND...
SCRIPT = r"""
set -euo pipefail
room=$1 dir=$2 disks=$3 mounts=$(</proc/self/mounts)
shift 3
cd /
mount -t tmpfs tmpfs /tmp
mkdir /tmp/room
mount --bind "$room" /tmp/room
mount --bind "$dir" "/tmp/room/${dir##*/}"
mount -o remount,bind,ro /tmp/room
while read -r _ where kind _; do
    case " $disks " in *" $kind "*) ;; *) continue ;; esac
    case $where in /tmp|/tmp/*|/var/tmp|/var/tmp/*|*/overlay2/*|*/containers/*) continue ;; esac
    mount -o remount,bind,ro "$where"
done <<<"$mounts"
mount -t tmpfs tmpfs /var/tmp
mkdir --parents "$room"
mount --rbind /tmp/room "$room"
umount --recursive /tmp/room
rmdir /tmp/room
cd "$room/stick"
export TMPDIR=/tmp
exec "$@"
"""


def confined(room, folder):
    """What to put before a command: every disk becomes read-only but `folder`, and `/tmp` and
    `/var/tmp` are memory that can be asked how full it is. `room`, in which `folder` lies, stays
    visible where it is."""
    return ["unshare", "--mount", "bash", "-c", SCRIPT, "confined", room, folder, " ".join(sorted(DISKS))]


def temporary_bytes(process):
    """What is in the places for temporary files that a process sees, files without a name as well."""
    total = 0
    for place in ("tmp", "var/tmp"):
        found = os.statvfs(f"/proc/{process.pid}/root/{place}")
        total += (found.f_blocks - found.f_bfree) * found.f_frsize
    return total


def allocated(folder):
    """Bytes on the disk of everything in a folder."""
    total = 0
    for path, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(path, name)).st_blocks * 512
            except OSError:
                pass
    return total
