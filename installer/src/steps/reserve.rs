//! Room, before the first change: taken from the disks, so that nobody else takes it, and given back
//! piece by piece to the steps that it is for.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use console::bytes;
use rustix::fs::{FallocateFlags, fallocate};

use super::{Site, Work};
use crate::error::Error;
use crate::files::remove;
use crate::layout::Layout;
use crate::plan::Room;

/// What the journal and the small files need to be put back on a disk that is full.
const HEADROOM: u64 = 16 << 20;

pub(super) async fn apply(work: &mut Work<'_>) -> Result<(), Error> {
    let Some(upgrade) = &work.upgrade else {
        return Ok(());
    };
    let rooms = upgrade.rooms;
    let bar = work.site.console.progress("Taking the room", None);
    take(&work.site.layout.room(), rooms.folder.sum())?;
    let volume = work.site.engine.make_volume(&volume(&work.site)).await?;
    take(&volume.join("room"), rooms.engine.sum())?;
    let total = rooms.folder.sum().saturating_add(rooms.engine.sum());
    bar.done(&format!("{} are taken on the disks", bytes(total)));
    Ok(())
}

/// Gives back what the step needs that comes next: what is left is for those after it.
pub(super) async fn give(work: &Work<'_>, left: fn(Room) -> u64) -> Result<(), Error> {
    let Some(upgrade) = &work.upgrade else {
        return Ok(());
    };
    shrink(&work.site.layout.room(), left(upgrade.rooms.folder))?;
    let name = volume(&work.site);
    match work.site.engine.volume_path(&name).await? {
        Some(volume) => shrink(&volume.join("room"), left(upgrade.rooms.engine)),
        None => Ok(()),
    }
}

pub(super) async fn undo(site: &Site<'_>) -> Result<(), Error> {
    let path = site.layout.room();
    remove(&path).map_err(Error::file("cannot remove", &path))?;
    site.engine.remove_volume(&volume(site)).await
}

/// Keeps a little room in the folder for a bad day. Without it everything works, until that day.
pub(crate) fn keep_headroom(layout: &Layout) {
    drop(take(&layout.headroom(), HEADROOM));
}

/// The day has come.
pub(crate) fn free_headroom(layout: &Layout) {
    drop(remove(&layout.headroom()));
}

/// Not one of Compose's: nothing but this run knows it.
fn volume(site: &Site<'_>) -> String {
    format!("vaultterm-room-{}", site.run.id)
}

fn take(path: &Path, size: u64) -> Result<(), Error> {
    if size == 0 {
        return Ok(());
    }
    let taken = File::create(path).and_then(|file| {
        match fallocate(&file, FallocateFlags::empty(), 0, size) {
            // Where a disk cannot promise, the check of the free space has to do.
            Ok(()) | Err(rustix::io::Errno::OPNOTSUPP) => Ok(()),
            Err(error) => Err(io::Error::from(error)),
        }
    });
    taken.map_err(|source| {
        drop(remove(path));
        if source.kind() == io::ErrorKind::StorageFull {
            Error::NoRoom {
                dir: path.parent().map(PathBuf::from).unwrap_or_default(),
                needed: size,
            }
        } else {
            Error::file("cannot take room in", path)(source)
        }
    })
}

fn shrink(path: &Path, size: u64) -> Result<(), Error> {
    let shrunk = File::options().write(true).open(path).and_then(|file| {
        let now = file.metadata()?.len();
        if size < now {
            file.set_len(size)
        } else {
            Ok(())
        }
    });
    match shrunk {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(Error::file("cannot give back", path)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::{shrink, take};
    use crate::error::Error;

    #[test]
    fn room_is_taken_given_back_and_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("room");
        take(&path, 8 << 20).unwrap();
        let blocks = || std::fs::metadata(&path).unwrap().blocks() * 512;
        assert!(blocks() >= 8 << 20, "{}", blocks());
        shrink(&path, 1 << 20).unwrap();
        assert!(blocks() < 2 << 20, "{}", blocks());
        shrink(&path, 4 << 20).unwrap();
        assert!(blocks() < 2 << 20, "it grew");
        shrink(&dir.path().join("none"), 0).unwrap();
        let refused = take(&path, 1 << 60).unwrap_err();
        assert!(matches!(
            refused,
            Error::NoRoom { .. } | Error::Files { .. }
        ));
        assert!(!path.exists());
    }
}
