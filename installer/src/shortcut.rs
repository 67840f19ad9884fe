//! The installer of the installed release under a path that stays: what timers and people call when
//! the stick is long gone.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::error::Error;
use crate::files::remove;
use crate::layout::Layout;
use crate::state;

const NAME: &str = "vaultterm-install";

/// Lets the path lead to the installer of the release that the record names; without a record, or
/// where the release brought none, there is no such path.
///
/// # Errors
/// When the record cannot be read, or the link cannot be made.
pub(crate) fn refresh(layout: &Layout) -> Result<(), Error> {
    let link = layout.program();
    let target = state::read(layout)?.map(|state| {
        let version = PathBuf::from("releases").join(state.version);
        version.join(NAME)
    });
    let target = target.filter(|target| layout.dir().join(target).is_file());
    let Some(target) = target else {
        return remove(&link).map_err(Error::file("cannot remove", &link));
    };
    if fs::read_link(&link).is_ok_and(|there| there == target) {
        return Ok(());
    }
    // Beside it and renamed: a timer may start at any moment.
    let beside = layout.dir().join(".new-vaultterm-install");
    let made = || -> io::Result<()> {
        remove(&beside)?;
        symlink(&target, &beside)?;
        fs::rename(&beside, &link)
    };
    made().map_err(Error::file("cannot make", &link))
}

#[cfg(test)]
mod tests {
    use super::refresh;
    use crate::layout::Layout;
    use crate::plan::tests::state;
    use crate::state;

    #[test]
    fn the_path_follows_the_record() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path()).unwrap();
        refresh(&layout).unwrap();
        for version in ["1.0.0", "2.0.0", "1.0.0"] {
            let release = layout.release(version);
            std::fs::create_dir_all(&release).unwrap();
            std::fs::write(release.join("vaultterm-install"), version).unwrap();
            state::write(&layout, &state(version, 1)).unwrap();
            refresh(&layout).unwrap();
            refresh(&layout).unwrap();
            assert_eq!(std::fs::read_to_string(layout.program()).unwrap(), version);
        }
        std::fs::remove_file(layout.state()).unwrap();
        refresh(&layout).unwrap();
        assert!(layout.program().symlink_metadata().is_err());
    }
}
