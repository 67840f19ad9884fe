//! The licence file, and the file that remembers it.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use license::dsse::MAX_ENVELOPE;
use license::state::{MAX_STATE, State, StateKey};

use super::mark::Found;

/// The licence is no secret; the installer gives it the same mode.
pub(super) const LICENSE_MODE: u32 = 0o640;
/// Nobody else has a use for it.
pub(super) const STATE_MODE: u32 = 0o600;

/// Reads a licence file; one byte more than any licence has, so that a giant is refused and not
/// read.
///
/// # Errors
/// What the system says.
pub(super) fn read_license(path: &Path) -> std::io::Result<Vec<u8>> {
    read_bounded(path, MAX_ENVELOPE)
}

/// What the state file holds. One that cannot be read is an error, not an empty one: who takes the
/// right to read it away must not thereby make it forgotten.
///
/// # Errors
/// What the system says, unless it is that there is no such file.
pub(super) fn read_state(path: &Path, keys: &[StateKey]) -> std::io::Result<Found> {
    match read_bounded(path, MAX_STATE) {
        Ok(bytes) => Ok(open_state(&bytes, keys)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Found::Nothing),
        Err(error) => Err(error),
    }
}

/// Opens a state with the first key that fits: the one in use, then earlier ones.
pub(super) fn open_state(bytes: &[u8], keys: &[StateKey]) -> Found {
    let mut refused = license::state::StateError::NotAuthentic;
    for key in keys {
        match State::open(bytes, key) {
            Ok(state) => return Found::Genuine(state),
            Err(error) => refused = error,
        }
    }
    Found::Bad(refused)
}

fn read_bounded(path: &Path, most: usize) -> std::io::Result<Vec<u8>> {
    let bound = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(bound)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes a file whole or not at all: beside its place, synced, renamed, and the folder synced.
/// Whoever reads it meanwhile sees the one before. Writers take turns by the row in the database.
///
/// # Errors
/// What the system says; then the one before is still there.
pub(super) fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    let beside = beside(path);
    let written = write_synced(&beside, bytes, mode).and_then(|()| std::fs::rename(&beside, path));
    if let Err(error) = written {
        // What cannot be removed is overwritten the next time.
        let _left = std::fs::remove_file(&beside);
        return Err(error);
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn write_synced(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use license::state::{StateError, StateKey};

    use super::{Found, STATE_MODE, open_state, read_license, read_state, write_whole};

    #[test]
    fn a_file_is_written_whole_with_its_mode_and_leaves_nothing_beside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("license.state");
        for text in ["one", "another, longer", "x"] {
            write_whole(&path, text.as_bytes(), STATE_MODE).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, STATE_MODE);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_renamed_leaves_the_one_before_and_nothing_beside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("license.state");
        // A folder that is not empty cannot be replaced by a file.
        std::fs::create_dir_all(path.join("within")).unwrap();
        assert!(write_whole(&path, b"new", STATE_MODE).is_err());
        assert!(path.join("within").exists());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_giant_is_read_only_as_far_as_it_is_known_to_be_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("giant");
        let file = std::fs::File::create(&path).unwrap();
        file.set_len(1 << 40).unwrap();
        assert_eq!(read_license(&path).unwrap().len(), 64 * 1024 + 1);
        let found = read_state(&path, &[StateKey::new([7; 32])]).unwrap();
        assert!(matches!(found, Found::Bad(StateError::Malformed)));
    }

    #[test]
    fn no_file_is_nothing_and_a_folder_in_its_place_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let keys = [StateKey::new([7; 32])];
        let found = read_state(&dir.path().join("none"), &keys).unwrap();
        assert!(matches!(found, Found::Nothing));
        assert!(read_state(dir.path(), &keys).is_err());
    }

    #[test]
    fn an_earlier_key_still_opens_what_it_has_sealed() {
        let state = license::state::State {
            instance: [7; 16],
            counter: 3,
            license_id: "l".into(),
            confirmed: time::macros::datetime!(2026-11-25 12:00 UTC),
            ahead: None,
        };
        let (earlier, now) = (StateKey::new([1; 32]), StateKey::new([2; 32]));
        let sealed = state.seal(&earlier);
        let both = [now.clone(), earlier];
        assert!(matches!(open_state(&sealed, &both), Found::Genuine(found) if found == state));
        assert!(matches!(
            open_state(&sealed, &[now]),
            Found::Bad(StateError::NotAuthentic)
        ));
    }
}
