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
    /// The processor that it runs on, for a program.
    processor: Option<&'static str>,
}

impl Found {
    /// A file that all may read.
    pub(crate) const fn plain(path: PathBuf, name: String) -> Self {
        Self {
            path,
            name,
            mode: PLAIN,
            processor: None,
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
            processor: None,
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
        found.push(Found {
            path: path.to_owned(),
            name: name.to_owned(),
            mode: PROGRAM,
            processor: Some(processor_of(path)?),
        });
    }
    Ok(found)
}

/// The processor of a program, as OCI names it, by its ELF header: it has to run where nothing can be
/// put right.
fn processor_of(path: &Path) -> Result<&'static str, Error> {
    let failed = |source| Error::Input {
        path: path.to_owned(),
        source,
    };
    let mut header = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| io::Read::read_to_end(&mut io::Read::take(file, 20), &mut header))
        .map_err(failed)?;
    // e_ident up to the byte order, then e_type and e_machine in it.
    match *header.as_slice() {
        [0x7f, b'E', b'L', b'F', 2, 1, .., low, high] if header.len() == 20 => {
            match u16::from_le_bytes([low, high]) {
                0x3e => Ok("amd64"),
                0xb7 => Ok("arm64"),
                other => Err(failed(io::Error::other(format!(
                    "it is a program for an unknown processor, {other:#x}"
                )))),
            }
        }
        _ => Err(failed(io::Error::other("it is no program for linux"))),
    }
}

/// Refuses programs that would not run beside the images.
pub(crate) fn check_processor(found: &[Found], images: &str) -> Result<(), Error> {
    let other = |file: &&Found| file.processor.is_some_and(|processor| processor != images);
    match found.iter().find(other) {
        Some(file) => Err(Error::Processor {
            path: file.path.clone(),
            program: file.processor.unwrap_or_default(),
            images: images.to_owned(),
        }),
        None => Ok(()),
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
                processor: None,
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

#[cfg(test)]
mod tests {
    use super::{Found, check_processor, processor_of};

    fn program(class: u8, order: u8, machine: [u8; 2]) -> Vec<u8> {
        let mut header = b"\x7fELF".to_vec();
        header.extend([class, order, 1, 0]);
        header.extend([0; 8]);
        header.extend([3, 0]);
        header.extend(machine);
        header.extend(b"and the rest of it");
        header
    }

    fn found(bytes: &[u8]) -> Result<Found, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("program");
        std::fs::write(&path, bytes).unwrap();
        let processor = processor_of(&path)
            .map_err(|error| std::error::Error::source(&error).unwrap().to_string())?;
        let plain = Found::plain(path, "program".into());
        Ok(Found {
            processor: Some(processor),
            ..plain
        })
    }

    #[test]
    fn a_program_runs_beside_the_images_or_is_refused() {
        let intel = found(&program(2, 1, [0x3e, 0])).unwrap();
        let arm = found(&program(2, 1, [0xb7, 0])).unwrap();
        let files = [intel, Found::plain("LICENSE".into(), "LICENSE".into())];
        assert!(check_processor(&files, "amd64").is_ok());
        let refused = check_processor(&files, "arm64").unwrap_err().to_string();
        assert!(
            refused.contains("is for amd64") && refused.contains("arm64"),
            "{refused}"
        );
        assert!(check_processor(&[arm], "amd64").is_err());
    }

    #[test]
    fn what_is_no_program_for_linux_is_said() {
        let other = program(2, 1, [0xf3, 0]);
        assert!(
            found(&other)
                .unwrap_err()
                .contains("unknown processor, 0xf3")
        );
        let bytes = program(2, 1, [0x3e, 0]);
        for bad in [
            &b"#!/bin/sh\n"[..],
            b"",
            &bytes[..19],
            &program(1, 1, [3, 0]),
            &program(2, 2, [0, 0x3e]),
        ] {
            assert!(found(bad).unwrap_err().contains("no program for linux"));
        }
    }
}
