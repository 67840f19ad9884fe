//! The master key of an installation, wherever it is: in its file, bound to this host and its licence,
//! or not on this server at all.

use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::bound;
use crate::envfile::EnvFile;
use crate::error::Error;
use crate::facts;
use crate::layout::Layout;

/// The key itself. Wiped when it goes.
pub(crate) type MasterKey = Zeroizing<[u8; 32]>;

/// The file of the master key, named as in the installation's folder.
pub(crate) const FILE: &str = "secrets/master_key";
const VARIABLE: &str = "MASTER_KEY_FILE";

/// Where the master key is.
pub(crate) enum Master {
    /// In the clear, in its file or in `.env`.
    Plain(MasterKey),
    /// Sealed under the root seed, the licence and this host.
    Bound,
    /// Somewhere else: another provider keeps it.
    Elsewhere,
}

/// Reads 64 hexadecimal digits.
pub(crate) fn parse(text: &str) -> Option<MasterKey> {
    let mut key = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), &mut *key).ok()?;
    Some(key)
}

/// Finds out.
pub(crate) fn find(layout: &Layout) -> Result<Master, Error> {
    let env = facts::env_file(layout)?;
    if bound::is_on(env.as_ref()) {
        return Ok(Master::Bound);
    }
    let by_value = env.as_ref().and_then(|env| env.get("MASTER_KEY"));
    if let Some(key) = by_value.and_then(parse) {
        return Ok(Master::Plain(key));
    }
    Ok(in_file(layout)?.map_or(Master::Elsewhere, Master::Plain))
}

/// What its file holds, whether that is where it belongs or not.
pub(crate) fn in_file(layout: &Layout) -> Result<Option<MasterKey>, Error> {
    let env = facts::env_file(layout)?;
    let text = std::fs::read_to_string(path(layout, env.as_ref())).map(Zeroizing::new);
    Ok(text.ok().and_then(|text| parse(&text)))
}

/// The master key in the clear, as far as this server can have it.
pub(crate) fn open(layout: &Layout) -> Result<Option<MasterKey>, Error> {
    match find(layout)? {
        Master::Plain(key) => Ok(Some(key)),
        Master::Bound => bound::open(layout).map(Some),
        Master::Elsewhere => Ok(None),
    }
}

/// The file that is to hold it.
pub(crate) fn path(layout: &Layout, env: Option<&EnvFile>) -> PathBuf {
    let named = env.and_then(|env| env.get(VARIABLE));
    layout.dir().join(named.unwrap_or(FILE))
}

#[cfg(test)]
mod tests {
    use super::{Master, find};
    use crate::layout::Layout;

    #[test]
    fn it_is_found_wherever_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path()).unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        assert!(matches!(find(&layout).unwrap(), Master::Elsewhere));
        std::fs::create_dir(dir.path().join("secrets")).unwrap();
        write("secrets/master_key", &"07".repeat(32));
        assert!(matches!(find(&layout).unwrap(), Master::Plain(key) if *key == [7; 32]));
        write("mine", &format!("{}\n", "08".repeat(32)));
        write(".env", "MASTER_KEY_FILE=./mine\n");
        assert!(matches!(find(&layout).unwrap(), Master::Plain(key) if *key == [8; 32]));
        write(".env", &format!("MASTER_KEY={}\n", "09".repeat(32)));
        assert!(matches!(find(&layout).unwrap(), Master::Plain(key) if *key == [9; 32]));
        write(".env", "LICENSE_BIND_MASTER=1\n");
        assert!(matches!(find(&layout).unwrap(), Master::Bound));
        write(".env", "MASTER_KEY_FILE=/dev/null\n");
        assert!(matches!(find(&layout).unwrap(), Master::Elsewhere));
    }
}
