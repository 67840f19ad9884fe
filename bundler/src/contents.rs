//! What a bundle carries beside the images: everything a server without a network needs.

use std::io;
use std::path::{Path, PathBuf};

use offline::write::Draft;
use offline::{Digest, Migration};

use crate::error::Error;
use crate::packer::Packer;
use crate::variables;

const TEMPLATE: &str = ".env.example";
const PLAIN: u32 = 0o644;
const PROGRAM: u32 = 0o755;

/// Where a folder's files go.
struct Folder {
    from: &'static str,
    to: &'static str,
    /// The endings of the names that are taken.
    endings: &'static [&'static str],
}

/// Single files: where they are, what they are called in the bundle, their mode.
const FILES: &[(&str, &str, u32)] = &[
    (
        "deploy/onprem/docker-compose.yml",
        "docker-compose.yml",
        PLAIN,
    ),
    (
        "deploy/onprem/db-entrypoint.sh",
        "db-entrypoint.sh",
        PROGRAM,
    ),
    (
        "deploy/onprem/cache-entrypoint.sh",
        "cache-entrypoint.sh",
        PROGRAM,
    ),
    (".env.example", TEMPLATE, PLAIN),
    ("LICENSE", "LICENSE", PLAIN),
];

const FOLDERS: &[Folder] = &[
    Folder {
        from: "deploy/onprem/db-init",
        to: "db-init",
        endings: &[".sql", ".sh"],
    },
    Folder {
        from: "deploy/onprem/proxy",
        to: "proxy",
        endings: &["Caddyfile", ".conf"],
    },
    Folder {
        from: "migrations",
        to: "migrations",
        endings: &[".sql"],
    },
    Folder {
        from: "deploy/docs",
        to: "docs",
        endings: &[".md"],
    },
    Folder {
        from: "deploy/docs/images",
        to: "docs/images",
        endings: &[".png"],
    },
];

/// One file on its way into the bundle.
#[derive(Debug)]
pub(crate) struct Found {
    path: PathBuf,
    name: String,
    mode: u32,
}

impl Found {
    /// A file that all may read.
    pub(crate) const fn plain(path: PathBuf, name: String) -> Self {
        Self {
            path,
            name,
            mode: PLAIN,
        }
    }
}

/// Looks for everything, before any long work begins.
pub(crate) fn collect(
    root: &Path,
    installer: Option<&Path>,
    compose: Option<&Path>,
) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    for (from, name, mode) in FILES {
        let path = root.join(from);
        if !path.is_file() {
            return Err(Error::Missing {
                what: from,
                dir: root.to_owned(),
            });
        }
        found.push(Found {
            path,
            name: (*name).to_owned(),
            mode: *mode,
        });
    }
    for folder in FOLDERS {
        collect_folder(root, folder, &mut found)?;
    }
    let programs = [
        (installer, "vaultterm-install"),
        (compose, "docker-compose"),
    ];
    for (path, name) in programs {
        let Some(path) = path else { continue };
        is_program(path)?;
        found.push(Found {
            path: path.to_owned(),
            name: name.to_owned(),
            mode: PROGRAM,
        });
    }
    Ok(found)
}

/// A program for linux begins as one, and has to run where nothing can be put right.
fn is_program(path: &Path) -> Result<(), Error> {
    let failed = |source| Error::Input {
        path: path.to_owned(),
        source,
    };
    let mut magic = [0; 4];
    std::fs::File::open(path)
        .and_then(|mut file| io::Read::read_exact(&mut file, &mut magic))
        .map_err(failed)?;
    if &magic == b"\x7fELF" {
        Ok(())
    } else {
        Err(failed(io::Error::other("it is no program for linux")))
    }
}

fn collect_folder(root: &Path, folder: &Folder, found: &mut Vec<Found>) -> Result<(), Error> {
    let dir = root.join(folder.from);
    let failed = |source| Error::Input {
        path: dir.clone(),
        source,
    };
    for entry in std::fs::read_dir(&dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(name) = path.file_name().and_then(std::ffi::OsStr::to_str) else {
            continue;
        };
        if path.is_file() && folder.endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(Found {
                name: format!("{}/{name}", folder.to),
                path,
                mode: PLAIN,
            });
        }
    }
    Ok(())
}

/// Puts what was found into the draft, and names the migrations.
pub(crate) fn add(found: Vec<Found>, packer: &Packer, draft: &mut Draft) -> Result<(), Error> {
    for file in found {
        let failed = |source| Error::Input {
            path: file.path.clone(),
            source,
        };
        if file.name == TEMPLATE {
            let text = std::fs::read_to_string(&file.path).map_err(failed)?;
            for variable in variables::of_template(&text) {
                draft.add_variable(variable);
            }
        }
        if file.name.starts_with("migrations/") {
            draft.add_migration(migration(&file.path)?);
        }
        packer
            .file(draft, &file.name, file.mode, &file.path)
            .map_err(failed)?;
    }
    Ok(())
}

fn migration(path: &Path) -> Result<Migration, Error> {
    let (version, name) = path
        .file_stem()
        .and_then(std::ffi::OsStr::to_str)
        .and_then(|stem| stem.split_once('_'))
        .filter(|(version, _)| version.len() == 4)
        .and_then(|(version, name)| Some((version.parse().ok()?, name)))
        .ok_or_else(|| Error::Migration(path.to_owned()))?;
    let sql = std::fs::read(path).map_err(|source| Error::Input {
        path: path.to_owned(),
        source,
    })?;
    Ok(Migration {
        version,
        name: name.to_owned(),
        sha256: Digest::of(&sql),
    })
}
