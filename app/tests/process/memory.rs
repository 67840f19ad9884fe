//! What a server leaves of what it was told: its memory, its log, its environment.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem::Finder;
use reqwest::Method;
use serde_json::json;

use crate::lab::Lab;
use crate::stand_in::{StandIn, TOKEN};

/// So much of a region is read at a time.
const PIECE: usize = 1 << 20;

/// Where in a process's memory a text stands: the names of the regions.
fn found_in_memory(pid: u32, needle: &[u8]) -> Result<Vec<String>> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let memory = File::open(format!("/proc/{pid}/mem")).context("only root may")?;
    let finder = Finder::new(needle);
    let mut found = Vec::new();
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let name = words.nth(3).unwrap_or("anonymous");
        if !rights.starts_with('r') || name.starts_with("[v") {
            continue;
        }
        let (from, to) = range.split_once('-').context("no range")?;
        let (mut at, to) = (u64::from_str_radix(from, 16)?, u64::from_str_radix(to, 16)?);
        let mut piece = vec![0; PIECE + needle.len()];
        while at < to {
            let wanted = usize::try_from(to - at)?.min(piece.len());
            let Some(piece) = piece.get_mut(..wanted) else {
                break;
            };
            // A page that is not there any more holds nothing.
            if memory.read_exact_at(piece, at).is_ok() && finder.find(piece).is_some() {
                found.push(format!("{name} {range}"));
                break;
            }
            at += u64::try_from(PIECE)?;
        }
    }
    Ok(found)
}

fn assert_gone(pid: u32, what: &str, needle: &[u8]) -> Result<()> {
    let found = found_in_memory(pid, needle)?;
    ensure!(found.is_empty(), "{what} is still in {found:?}");
    Ok(())
}

#[tokio::test]
async fn keys_and_passwords_that_were_used_are_not_in_memory_any_more() -> Result<()> {
    let lab = Lab::new().await?;
    lab.give_next()?;
    let served = lab.serve().await?;
    let (pid, planted) = (served.pid(), &lab.planted);
    // The search finds what is there: this one is needed for as long as the server runs.
    ensure!(!found_in_memory(pid, planted.admin_token.as_bytes())?.is_empty());
    for (what, key) in [
        ("MASTER_KEY", &planted.master),
        ("MASTER_KEY_NEXT", &planted.next),
    ] {
        assert_gone(pid, what, key.as_bytes())?;
        assert_gone(pid, &format!("{what}, as bytes"), &hex::decode(key)?)?;
    }
    assert_gone(
        pid,
        "the owner's password",
        planted.owner_password.as_bytes(),
    )?;

    let ada = lab.set_up(&served).await?;
    let vault = ada.vault().await?;
    let path = ada.secret(&vault, &planted.secret).await?;
    ensure!(ada.reveal(&path).await? == planted.secret);
    let notes = json!({"fields": {"notes": planted.secret}});
    ada.change(&path, 1, notes).await?;
    ensure!(ada.reveal(&path).await? == planted.secret);
    // What comes after writes over what connections and stacks still hold.
    let other = ada.secret(&vault, &"another secret ".repeat(20)).await?;
    for _ in 0..20 {
        ada.reveal(&other).await?;
        ada.send(Method::GET, "/vaults", None, 200).await?;
    }
    assert_gone(pid, "a revealed secret", planted.secret.as_bytes())?;
    assert_gone(pid, "a password of a sign-in", planted.password.as_bytes())?;
    Ok(())
}

/// The engine is this process: only the server's own memory is looked at.
#[tokio::test(flavor = "multi_thread")]
async fn nor_is_what_an_engine_opened_or_the_token_that_it_took() -> Result<()> {
    let mut lab = Lab::new().await?;
    let engine = StandIn::start().await;
    lab.give_to_transit(&format!("http://{}", engine.address()), TOKEN)?;
    let served = lab.serve().await?;
    let (pid, master) = (served.pid(), &lab.planted.master);
    ensure!(!found_in_memory(pid, lab.planted.admin_token.as_bytes())?.is_empty());
    let bytes = hex::decode(master)?;
    for (what, needle) in [
        ("the master key", master.as_bytes()),
        ("the master key, as bytes", &bytes),
        (
            "the master key, as sent",
            STANDARD.encode(&bytes).as_bytes(),
        ),
        ("the token", TOKEN.as_bytes()),
    ] {
        assert_gone(pid, what, needle)?;
    }
    let log = served.log()?;
    ensure!(log.len() > 1000 && !log.contains(TOKEN) && !log.contains(master));
    let ada = lab.set_up(&served).await?;
    let vault = ada.vault().await?;
    let path = ada.secret(&vault, &lab.planted.secret).await?;
    ensure!(ada.reveal(&path).await? == lab.planted.secret);
    Ok(())
}

#[tokio::test]
async fn what_is_secret_is_in_no_log_and_no_environment_and_no_core_is_dumped() -> Result<()> {
    let lab = Lab::new().await?;
    let served = lab.serve().await?;
    let ada = lab.set_up(&served).await?;
    let vault = ada.vault().await?;
    let path = ada.secret(&vault, &lab.planted.secret).await?;
    ada.reveal(&path).await?;
    let pid = served.pid();
    let environment = std::fs::read(format!("/proc/{pid}/environ"))?;
    let words = std::fs::read(format!("/proc/{pid}/cmdline"))?;
    let log = served.log()?.into_bytes();
    ensure!(log.len() > 1000, "at this level there is much to log");
    let planted = &lab.planted;
    for (what, text) in [
        ("MASTER_KEY", &planted.master),
        ("the owner's password", &planted.owner_password),
        ("the app's password", &planted.app_password),
        ("ADMIN_TOKEN", &planted.admin_token),
        ("a password", &planted.password),
        ("a secret", &planted.secret),
    ] {
        for (place, bytes) in [
            ("environment", &environment),
            ("arguments", &words),
            ("log", &log),
        ] {
            let there = memchr::memmem::find(bytes, text.as_bytes()).is_some();
            ensure!(!there, "{what} is in its {place}");
        }
    }
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits"))?;
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let words: Vec<&str> = core.context("no limit")?.split_whitespace().collect();
    ensure!(words.get(4..6) == Some(&["0", "0"][..]), "{words:?}");
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    ensure!(children.is_empty(), "it has children: {children}");
    Ok(())
}
