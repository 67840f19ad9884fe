//! What may be wrong with what was carried in, and what is said of it.

use std::fs;
use std::path::Path;

use anyhow::Result;
use vaultterm_tests::build::Build;
use vaultterm_tests::resign::resigned;
use vaultterm_tests::run::run;

/// One thing that is wrong with what was carried in.
pub(crate) struct Case {
    pub(crate) what: &'static str,
    pub(crate) exit: i32,
    /// What `install` says of it.
    pub(crate) says: &'static [&'static str],
    /// What `verify` says of it, where it is the bundle.
    pub(crate) verify: &'static [&'static str],
    pub(crate) spoil: fn(&Build, &Path) -> Result<()>,
}

pub(crate) const CASES: &[Case] = &[
    Case {
        what: "a byte of the manifest is flipped",
        exit: 3,
        says: &[
            "a signature over the manifest does not hold",
            "Copy the file again",
        ],
        verify: &["a signature over the manifest does not hold"],
        spoil: |_, stick| flip(stick, Place::Start(600)),
    },
    Case {
        what: "a byte of the first header is flipped",
        exit: 3,
        says: &[
            "the beginning of the file is damaged",
            "repair-request --head",
        ],
        verify: &["the beginning of the file is damaged"],
        spoil: |_, stick| flip(stick, Place::Start(105)),
    },
    Case {
        what: "a byte of the last layer is flipped",
        exit: 3,
        says: &["is refused", "at byte", "Copy the file again"],
        verify: &["damaged: within", "bytes from byte", "repair-request"],
        spoil: |_, stick| flip(stick, Place::Fraction(0.80)),
    },
    Case {
        what: "a byte in the middle is flipped",
        exit: 3,
        says: &["is refused", "at byte", "Copy the file again"],
        verify: &["damaged: within", "in blobs/sha256/"],
        spoil: |_, stick| flip(stick, Place::Fraction(0.5)),
    },
    Case {
        what: "the copy stopped half-way",
        exit: 3,
        says: &["the copy is not complete", "compare its size"],
        verify: &["the copy stopped: the last", "bytes are missing"],
        spoil: |_, stick| {
            let half = fs::metadata(stick.join("vaultterm.vtb"))?.len() / 2;
            shorten(stick, half)
        },
    },
    Case {
        what: "the copy stopped at once",
        exit: 3,
        says: &["the copy is not complete", "compare its size"],
        verify: &["the copy is not complete"],
        spoil: |_, stick| shorten(stick, 300),
    },
    Case {
        what: "it is another file altogether",
        exit: 3,
        says: &["this is not a VaultTerm bundle", "ends in .vtb"],
        verify: &["this is not a VaultTerm bundle"],
        spoil: |_, stick| Ok(fs::write(stick.join("vaultterm.vtb"), vec![7; 100_000])?),
    },
    Case {
        what: "it is the key, which is shorter than any bundle",
        exit: 3,
        says: &["this is not a VaultTerm bundle", "ends in .vtb"],
        verify: &["this is not a VaultTerm bundle"],
        spoil: |_, stick| {
            fs::copy(stick.join("release.pub"), stick.join("vaultterm.vtb"))?;
            Ok(())
        },
    },
    Case {
        what: "it is for another processor",
        exit: 4,
        says: &[
            "the bundle is for linux/arm64",
            "bring the bundle for linux/amd64",
        ],
        verify: &[],
        spoil: |build, stick| {
            resigned(&build.bundle, stick, &|manifest| {
                manifest["architecture"] = "arm64".into();
            })
        },
    },
    Case {
        what: "its version leads elsewhere, and is signed",
        exit: 3,
        says: &["the manifest contradicts itself"],
        verify: &["the manifest contradicts itself"],
        spoil: |build, stick| {
            resigned(&build.bundle, stick, &|manifest| {
                manifest["version"] = "../../x".into();
            })
        },
    },
    Case {
        what: "it is of a later format",
        exit: 3,
        says: &[
            "the bundle has format 2.0",
            "the installer that travels with the bundle",
        ],
        verify: &["the bundle has format 2.0"],
        spoil: |build, stick| {
            resigned(&build.bundle, stick, &|manifest| {
                manifest["format"] = "2.0".into();
            })
        },
    },
    Case {
        what: "there is no licence",
        exit: 5,
        says: &["licence", "what to do"],
        verify: &[],
        spoil: |_, stick| Ok(fs::remove_file(stick.join("license.vtlic"))?),
    },
    Case {
        what: "the licence is rubbish",
        exit: 5,
        says: &["licence", "what to do"],
        verify: &[],
        spoil: |_, stick| Ok(fs::write(stick.join("license.vtlic"), "hello")?),
    },
    Case {
        what: "the licence was signed with another key",
        exit: 5,
        says: &["not trusted", "what to do"],
        verify: &[],
        spoil: |build, stick| {
            let keys = stick.join("other");
            run(
                std::process::Command::new(build.program("vaultterm-license")?)
                    .args(["keygen", "--no-password", "--out"])
                    .arg(&keys),
            )?
            .expect(0)?;
            run(
                std::process::Command::new(build.program("vaultterm-license")?)
                    .args(["issue", "--customer", "A", "--tier", "pro", "--seats", "1"])
                    .args(["--expires", "2999-01-01", "--key"])
                    .arg(keys.join("vendor.key"))
                    .arg("--out")
                    .arg(stick.join("license.vtlic")),
            )?
            .expect(0)
            .map(drop)
        },
    },
];

fn shorten(stick: &Path, length: u64) -> Result<()> {
    let file = fs::File::options()
        .write(true)
        .open(stick.join("vaultterm.vtb"))?;
    Ok(file.set_len(length)?)
}

/// Where to flip a byte.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    Start(u64),
    Fraction(f64),
}

pub(crate) fn flip(stick: &Path, place: Place) -> Result<()> {
    use std::os::unix::fs::FileExt as _;
    let file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(stick.join("vaultterm.vtb"))?;
    let length = file.metadata()?.len();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "any byte near the place will do"
    )]
    let offset = match place {
        Place::Start(offset) => offset,
        Place::Fraction(part) => (length as f64 * part) as u64,
    };
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset)?;
    byte[0] ^= 0x40;
    Ok(file.write_all_at(&byte, offset)?)
}
