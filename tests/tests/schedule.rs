//! Backups by the clock: systemd takes the units, and what they call makes a backup.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use vaultterm_tests::lab::Upgradable;
use vaultterm_tests::run::run;

#[test]
fn systemd_takes_the_timer_and_its_command_makes_a_backup() -> Result<()> {
    let lab = Upgradable::begin()?;
    let server = &lab.server;
    let schedule = ["backup", "schedule"];
    server
        .install_tool(&schedule)?
        .expect(1)?
        .says(&["VT-I029", "--recipient"])?;
    let recipient = ["--recipient", &lab.recipient];
    let timed = [&schedule[..], &recipient, &["--at", "at some time"]].concat();
    server.install_tool(&timed)?.expect(1)?.says(&["VT-I039"])?;

    let root = lab.room.path().join("root");
    fs::create_dir_all(&root)?;
    let at = root.display().to_string();
    let below = [
        &schedule[..],
        &recipient,
        &["--root", &at, "--keep", "2", "--at", "Mon..Fri 22:00"],
    ];
    server.install_tool(&below.concat())?.expect(0)?;
    let units = root.join("etc/systemd/system");
    let name = "vaultterm-backup-vaultterm";
    let wanted = units.join(format!("timers.target.wants/{name}.timer"));
    // A link that leads nowhere but inside that root.
    ensure!(wanted.is_symlink(), "systemctl did not enable it");
    let recipients = fs::read_to_string(server.dir.join("backups/recipients.txt"))?;
    ensure!(recipients.trim() == lab.recipient, "{recipients}");
    let timer = units.join(format!("{name}.timer"));
    let service = units.join(format!("{name}.service"));
    let mut verify = Command::new("systemd-analyze");
    run(verify.arg("verify").arg(&timer).arg(&service))?.expect(0)?;

    // What it calls, word by word, nobody being there to be asked.
    let text = fs::read_to_string(&service)?;
    for verb in ["ExecStart=", "ExecStart=", "ExecStart=", "ExecStartPost="] {
        let line = text.lines().find_map(|line| line.strip_prefix(verb));
        let line = line.context("a command")?.replace('"', "'");
        let mut shell = server.engine.command("sh");
        run(shell.args(["-c", &line]))?.expect(0)?;
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
    let listed = server
        .install_tool(&["backup", "list", "--json"])?
        .expect(0)?
        .json()?;
    ensure!(listed.as_array().map(Vec::len) == Some(2), "{listed}");

    // The path that the timer calls leads to the installer of the release that is installed.
    let leads = || -> Result<String> {
        Ok(fs::read_link(server.dir.join("vaultterm-install"))?
            .display()
            .to_string())
    };
    let before = leads()?;
    lab.upgrade()?.expect(0)?;
    ensure!(leads()?.contains("9.0.0"), "{}", leads()?);
    lab.rollback()?.expect(0)?;
    ensure!(leads()? == before);

    let off = [&schedule[..], &["--off", "--root", &at]].concat();
    server.install_tool(&off)?.expect(0)?;
    ensure!(!timer.exists() && !service.exists(), "units are left");
    let left = fs::read_dir(units.join("timers.target.wants")).map_or(0, Iterator::count);
    ensure!(left == 0, "it is still enabled");
    server
        .install_tool(&off)?
        .expect(0)?
        .says(&["There was no timer"])?;
    Ok(())
}
