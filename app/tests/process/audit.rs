//! `audit`: a checkpoint that is kept and an archive, verified by the program itself, with the master
//! key and without, while the master key is replaced.

use std::process::Output;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::lab::Lab;

fn said(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&both).into_owned()
}

/// Runs a command that is to succeed; what it prints.
fn good(lab: &Lab, arguments: &[&str]) -> Result<String> {
    let output = lab.run(arguments)?;
    ensure!(output.status.success(), "{arguments:?}: {}", said(&output));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Runs a command that is to complain, with these words.
fn bad(lab: &Lab, arguments: &[&str], words: &str) -> Result<()> {
    let output = lab.run(arguments)?;
    let said = said(&output);
    ensure!(
        !output.status.success() && said.contains(words),
        "{arguments:?}: {said}"
    );
    Ok(())
}

/// Of a configuration an archive needs the master key alone, and what was proved is said in words.
fn said_in_words(lab: &Lab, (archive, kept, key): (&str, &str, &str)) -> Result<()> {
    let run = |more: &[&str], master_key: bool| {
        let arguments = [&["audit", "verify", archive], more].concat();
        let mut command = lab.command(&arguments)?;
        let variables: Vec<_> = command
            .get_envs()
            .map(|(name, _)| name.to_owned())
            .collect();
        for name in variables {
            // The one that was there before and the one in use since.
            if !(master_key && name.to_string_lossy().starts_with("MASTER_KEY")) {
                command.env_remove(name);
            }
        }
        anyhow::Ok(command.output()?)
    };
    let holds = |output: &Output, words: &str| {
        let said = said(output);
        ensure!(said.contains(words), "{words}: {said}");
        anyhow::Ok(())
    };
    let output = run(&["--checkpoint", kept], true)?;
    ensure!(output.status.success(), "{}", said(&output));
    holds(&output, "written by a server with this master key")?;
    holds(&output, "the checkpoint that you kept is one of this very")?;
    let output = run(&["--without-master-key"], false)?;
    ensure!(output.status.success(), "{}", said(&output));
    holds(&output, &format!("with {key}; whether that is"))?;
    holds(&output, "no entry's code was checked")?;
    let output = run(&[], false)?;
    ensure!(!output.status.success(), "{}", said(&output));
    holds(&output, "MASTER_KEY is not set")?;
    holds(&output, "add --without-master-key")?;
    ensure!(!said(&output).contains("DATABASE_URL"), "{}", said(&output));
    Ok(())
}

#[tokio::test]
async fn a_trail_verifies_without_the_server_and_over_a_replaced_master_key() -> Result<()> {
    let lab = Lab::new().await?;
    lab.give_next()?;
    let served = lab.serve().await?;
    let ada = lab.set_up(&served).await?;
    let vault = ada.vault().await?;
    let secret = ada.secret(&vault, "first").await?;
    ada.reveal(&secret).await?;
    let mut behind = lab.behind().await?;
    let org: uuid::Uuid = sqlx::query_scalar("SELECT id FROM organizations")
        .fetch_one(&mut behind)
        .await?;
    let org = org.to_string();
    let room = tempfile::tempdir()?;
    let path = |name: &str| room.path().join(name).display().to_string();
    let (kept, archive, cut) = (path("kept.json"), path("trail.vta"), path("cut.vta"));

    let checkpoint = good(&lab, &["audit", "checkpoint", "--organization", &org])?;
    std::fs::write(&kept, &checkpoint)?;
    let checkpoint: Value = serde_json::from_str(&checkpoint)?;
    let key = good(&lab, &["audit", "public-key"])?;
    ensure!(checkpoint["publicKey"] == key.as_str());
    good(&lab, &["rotate-master", "--batch", "100"])?;
    ensure!(
        good(&lab, &["audit", "public-key"])? == key,
        "it stays what auditors noted"
    );
    let all = good(&lab, &["audit", "verify", "--checkpoint", &kept])?;
    ensure!(
        all.starts_with("whole: ") && all.contains("that was kept"),
        "{all}"
    );
    good(&lab, &["audit", "checkpoint", "--organization", &org])?;

    good(
        &lab,
        &["audit", "export", "--organization", &org, "--out", &archive],
    )?;
    let verify = [
        "audit",
        "verify",
        &archive,
        "--checkpoint",
        &kept,
        "--public-key",
        &key,
        "--json",
    ];
    let verdict: Value = serde_json::from_str(&good(&lab, &verify)?)?;
    ensure!(
        verdict["withKeys"] == true && verdict["signed"] == verdict["last"],
        "{verdict}"
    );
    let without = [&verify[..], &["--without-master-key"]].concat();
    let verdict: Value = serde_json::from_str(&good(&lab, &without)?)?;
    ensure!(
        verdict["withKeys"] == false && verdict["checkpoints"] == 2,
        "{verdict}"
    );

    said_in_words(&lab, (&archive, &kept, &key))?;

    let whole = std::fs::read_to_string(&archive)?;
    std::fs::write(
        &cut,
        whole.replacen("secret.revealed", "secret.restored", 1),
    )?;
    bad(&lab, &["audit", "verify", &cut], "was changed or added")?;
    bad(
        &lab,
        &["audit", "verify", &cut, "--without-master-key"],
        "is not the one that the chain holds",
    )?;
    let last = whole.trim_end().rsplit_once('\n').context("one line")?.0;
    std::fs::write(&cut, last)?;
    bad(&lab, &["audit", "verify", &cut], "ends in the middle")?;
    bad(
        &lab,
        &["audit", "verify", &archive, "--checkpoint", &archive],
        "no checkpoint",
    )?;
    bad(
        &lab,
        &["audit", "verify", &archive, "--public-key", "00"],
        "64 hexadecimal digits",
    )?;

    // The end cut off in the database itself, with everything that states it there.
    for statement in [
        "SET session_replication_role = replica",
        "DELETE FROM audit_checkpoints",
        "DELETE FROM audit_events e USING audit_links l WHERE l.event_id = e.id AND l.seq > 2",
        "DELETE FROM audit_links WHERE seq > 2",
        "UPDATE audit_heads SET last_seq = 2",
    ] {
        sqlx::query(statement).execute(&mut behind).await?;
    }
    good(&lab, &["audit", "verify"])?;
    bad(
        &lab,
        &["audit", "verify", "--checkpoint", &kept],
        "the end was cut off",
    )?;
    Ok(())
}
