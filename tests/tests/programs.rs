//! What the programs say when they are asked, or started wrongly.

use std::process::Command;

use anyhow::{Result, ensure};
use vaultterm_tests::build::Build;
use vaultterm_tests::run::run;

const PROGRAMS: &[&str] = &[
    "vaultterm-app",
    "vaultterm-bundle",
    "vaultterm-install",
    "vaultterm-license",
];

fn program(name: &str, arguments: &[&str]) -> Result<vaultterm_tests::run::Outcome> {
    let build = Build::from_environment()?;
    run(Command::new(build.program(name)?)
        .env_clear()
        .args(arguments))
}

#[test]
fn every_version_names_the_keys_it_trusts() -> Result<()> {
    for name in PROGRAMS {
        let version = program(name, &["--version"])?.expect(0)?.stdout;
        let expected = format!("{name} {} (development keys)\n", env!("CARGO_PKG_VERSION"));
        ensure!(version == expected, "{version:?}");
    }
    Ok(())
}

#[test]
fn a_wrong_command_line_is_exit_code_two() -> Result<()> {
    for name in PROGRAMS {
        program(name, &["no-such-command"])?.expect(2)?;
        program(name, &["--no-such-option"])?.expect(2)?;
    }
    Ok(())
}

#[test]
fn every_tool_helps_with_examples_completions_and_man_pages() -> Result<()> {
    let dir = tempfile::tempdir()?;
    for name in PROGRAMS.iter().skip(1) {
        program(name, &["--help"])?
            .expect(0)?
            .says(&["Examples:", "--json"])?;
        program(name, &["completions", "bash"])?
            .expect(0)?
            .says(&[name])?;
        let pages = dir.path().join(name);
        std::fs::create_dir(&pages)?;
        program(name, &["man", &pages.display().to_string()])?.expect(0)?;
        ensure!(
            pages.join(format!("{name}.1")).exists(),
            "no page for {name}"
        );
    }
    Ok(())
}

#[test]
fn production_refuses_with_a_sentence_for_each_variable_and_no_secret() -> Result<()> {
    let build = Build::from_environment()?;
    let outcome = run(Command::new(build.program("vaultterm-app")?)
        .env_clear()
        .env("MASTER_KEY", "hunter2-is-no-master-key")
        .arg("serve"))?
    .expect(1)?
    .says(&[
        "DATABASE_URL",
        "DATABASE_OWNER_URL",
        "MASTER_KEY",
        "ADMIN_TOKEN",
        "openssl rand",
    ])?;
    ensure!(!outcome.stderr.contains("hunter2"), "{}", outcome.stderr);
    Ok(())
}

#[test]
fn the_installer_explains_its_codes_without_a_network() -> Result<()> {
    program("vaultterm-install", &["explain", "VT-I001"])?
        .expect(0)?
        .says(&["What to do:"])?;
    program("vaultterm-install", &["explain", "VT-X999"])?
        .expect(2)?
        .says(&["VT-X999"])?;
    let nowhere = ["status", "--dir", "/nonexistent/vaultterm"];
    program("vaultterm-install", &nowhere)?
        .expect(1)?
        .says(&["nothing is installed", "--dir"])?;
    Ok(())
}
