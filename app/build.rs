//! Names the folder of the built portal; without a built portal, a page that says so.

use std::path::{Path, PathBuf};
use std::{env, fs};

const PLACEHOLDER: &str = "<!doctype html>\n<meta charset=\"utf-8\">\n<title>VaultTerm</title>\n\
    <p>This binary was built without its portal. Build the portal first: \
    <code>npm ci &amp;&amp; npm run build</code> in <code>app/portal</code>.</p>\n";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let built = root.join("portal/dist");
    println_cargo(&format!("rerun-if-changed={}", built.display()));
    println_cargo(&format!(
        "rerun-if-changed={}",
        root.join("../migrations").display()
    ));
    let folder = if built.join("index.html").exists() {
        built
    } else {
        placeholder()?
    };
    println_cargo(&format!(
        "rustc-env=VAULTTERM_PORTAL_DIST={}",
        folder.display()
    ));
    Ok(())
}

fn placeholder() -> Result<PathBuf, Box<dyn std::error::Error>> {
    let folder = Path::new(&variable("OUT_DIR")?).join("portal");
    fs::create_dir_all(&folder)?;
    for page in ["index.html", "admin.html"] {
        fs::write(folder.join(page), PLACEHOLDER)?;
    }
    Ok(folder)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a build script is told by the environment"
)]
fn variable(name: &str) -> Result<String, env::VarError> {
    env::var(name)
}

fn println_cargo(line: &str) {
    println!("cargo::{line}");
}
