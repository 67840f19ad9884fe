//! People's ways through the portal, in a real browser: on the built app, without containers. Each
//! walk has a server of its own, whose services it throws away. What they do is in `tests/browser`.

use std::process::Command;

use anyhow::{Result, ensure};
use vaultterm_tests::build::{Build, repository};
use vaultterm_tests::run::run;

/// Whether the server of a walk sends letters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mail {
    Sent,
    None,
}

/// Walks; the pictures of the pages stay in the artefacts.
fn walk(name: &str, mail: Mail) -> Result<()> {
    let build = Build::from_environment()?;
    let tests = repository().join("tests");
    let mut command = Command::new(tests.join("bin/portal"));
    command
        .arg("node")
        .arg(tests.join("browser").join(format!("{name}.mjs")))
        .arg("--out")
        .arg(build.artifacts(&format!("portal-{name}"))?)
        .env("VAULTTERM_APP", build.program("vaultterm-app")?)
        .env("VAULTTERM_MAIL", if mail == Mail::Sent { "1" } else { "" });
    let summary = run(&mut command)?.expect(0)?.json()?;
    let well = summary.get("ok") == Some(&true.into());
    ensure!(well, "the walk reported nothing");
    Ok(())
}

#[test]
fn secrets_of_every_type_are_stored_found_changed_moved_and_thrown_away() -> Result<()> {
    walk("vault", Mail::None)
}

#[test]
fn secrets_are_imported_and_exported_and_the_trail_is_searched_sealed_and_verified() -> Result<()> {
    walk("trail", Mail::None)
}

#[test]
fn secrets_are_shared_with_members_and_by_links_and_carry_files() -> Result<()> {
    walk("sharing", Mail::None)
}

#[test]
fn people_are_invited_given_roles_and_taken_out_again() -> Result<()> {
    walk("people", Mail::None)
}

#[test]
fn a_person_proves_who_they_are_by_passkey_app_and_recovery_code() -> Result<()> {
    walk("account", Mail::None)
}

#[test]
fn letters_carry_invitations_passwords_addresses_and_new_accounts() -> Result<()> {
    walk("mail", Mail::Sent)
}

#[test]
fn people_come_in_through_their_own_identity_provider() -> Result<()> {
    walk("sso", Mail::None)
}

#[test]
fn the_platform_founds_suspends_and_ends_organisations() -> Result<()> {
    walk("admin", Mail::None)
}
