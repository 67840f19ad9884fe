//! Compiles the vendor's public keys in, from files named at build time.
//!
//! `VAULTTERM_LICENSE_PUB` and `VAULTTERM_RELEASE_PUB` hold the paths of public key files; the latter
//! may name a chain of roots instead. A build
//! without them carries no vendor key, says so, and trusts only what it is told to trust.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), String> {
    embed("VAULTTERM_LICENSE_PUB", "license.pub")?;
    embed("VAULTTERM_RELEASE_PUB", "release.pub")
}

fn embed(variable: &str, name: &str) -> Result<(), String> {
    println_cargo(&format!("rerun-if-env-changed={variable}"));
    let text = match read_variable(variable) {
        None => String::new(),
        Some(path) => {
            println_cargo(&format!("rerun-if-changed={}", path.display()));
            let text = fs::read_to_string(&path).map_err(|error| {
                format!(
                    "{variable} names {}, which cannot be read: {error}",
                    path.display()
                )
            })?;
            let roots = variable == "VAULTTERM_RELEASE_PUB" && text.trim_start().starts_with('{');
            if !roots && !text.lines().any(|line| line.len() == 56) {
                return Err(format!(
                    "{variable} names {}: not a public key file",
                    path.display()
                ));
            }
            text
        }
    };
    let out = read_variable("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    fs::write(Path::new(&out).join(name), text).map_err(|error| error.to_string())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a build script is told by the environment"
)]
fn read_variable(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

fn println_cargo(line: &str) {
    println!("cargo::{line}");
}
