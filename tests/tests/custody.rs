//! The master key outlives its host, and does not outlive being copied: recovery shares, and binding.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use vaultterm_tests::build::Build;
use vaultterm_tests::lab::{Upgradable, issue_license};
use vaultterm_tests::run::{Outcome, wait_for};

/// Counters of later licences; those of a licence without one are seconds since 1970.
const SECOND: &str = "90000000002";
const THIRD: &str = "90000000003";

/// Shares of a new recovery key, in files.
struct Shares {
    dir: PathBuf,
}

impl Shares {
    fn make(lab: &Upgradable, name: &str) -> Result<Self> {
        let dir = lab.room.path().join(name);
        let out = dir.display().to_string();
        let renew = [
            "escrow",
            "renew",
            "--escrow",
            "managed",
            "--shares-out",
            &out,
            "--yes",
            "--json",
        ];
        let made = lab.server.install_tool(&renew)?.expect(0)?;
        let shares = Self { dir };
        shares.are_not_in(&format!("{}{}", made.stdout, made.stderr))?;
        Ok(shares)
    }

    fn file(&self, number: u8) -> String {
        self.dir
            .join(format!("share-{number}.html"))
            .display()
            .to_string()
    }

    /// The lines of a share.
    fn lines(&self, number: u8) -> Result<Vec<String>> {
        let page = fs::read_to_string(self.file(number))?;
        let (_, rest) = page
            .split_once("BEGIN VAULTTERM RECOVERY SHARE")
            .context("a share")?;
        let (share, _) = rest.split_once("END VAULTTERM").context("its end")?;
        let lines = share.lines().filter(|line| !line.trim().is_empty());
        Ok(lines.map(str::to_owned).collect())
    }

    fn are_not_in(&self, text: &str) -> Result<()> {
        for number in 1..=3 {
            for line in self.lines(number)? {
                let found = line
                    .split_whitespace()
                    .filter(|group| text.contains(group))
                    .count();
                ensure!(found < 2, "share {number} is somewhere else, too");
            }
        }
        Ok(())
    }

    /// The arguments that give two of them.
    fn two(&self, one: u8, other: u8) -> [String; 4] {
        let share = || "--share".to_owned();
        [share(), self.file(one), share(), self.file(other)]
    }
}

fn tool(lab: &Upgradable, words: &[&str], shares: &[String]) -> Result<Outcome> {
    let shares = shares.iter().map(String::as_str);
    let words: Vec<&str> = words.iter().copied().chain(shares).collect();
    lab.server.install_tool(&words)
}

fn backup(lab: &Upgradable) -> Result<String> {
    let made = ["backup", "--recipient", &lab.recipient, "--json"];
    let made = lab.server.install_tool(&made)?.expect(0)?.json()?;
    let carried = lab.room.path().join("carried.age");
    let path = made.get("path").and_then(serde_json::Value::as_str);
    fs::copy(path.context("a path")?, &carried)?;
    Ok(carried.display().to_string())
}

/// Everything of the installation's folder but what is binary, as one text.
fn texts(dir: &Path) -> Result<String> {
    let mut all = String::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("blobs") && !path.ends_with("releases") {
            all.push_str(&texts(&path)?);
        } else if path.is_file() {
            all.push_str(&String::from_utf8_lossy(&fs::read(&path)?));
        }
    }
    Ok(all)
}

/// A host's machine id that the test can change.
fn machine(lab: &Upgradable, digit: &str) -> Result<()> {
    let path = lab.room.path().join("machine-id");
    // In place: a container sees the file, not its name.
    fs::write(&path, digit.repeat(32))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444))?;
    let env = lab.server.dir.join(".env");
    let text = fs::read_to_string(&env)?;
    let name = "HOST_MACHINE_ID=";
    let others = text.lines().filter(|line| !line.starts_with(name));
    let mut lines: Vec<String> = others.map(str::to_owned).collect();
    lines.push(format!("{name}{}", path.display()));
    fs::write(&env, lines.join("\n") + "\n")?;
    Ok(())
}

/// What `/readyz` says of the app that runs.
fn readiness(lab: &Upgradable) -> Result<String> {
    let app = lab.container("app")?;
    let ask = ["exec", &app, "/vaultterm-app", "healthcheck", "--ready"];
    Ok(lab.server.engine.docker(&ask)?.stdout)
}

fn restart(lab: &Upgradable) -> Result<()> {
    let app = lab.container("app")?;
    lab.server
        .engine
        .docker(&["restart", &app])?
        .expect(0)
        .map(drop)
}

fn is_sealed(lab: &Upgradable) -> Result<()> {
    wait_for("a sealed server", Duration::from_secs(60), || {
        let said = readiness(lab)?;
        ensure!(said.contains("\"reason\":\"sealed\""), "{said}");
        Ok(())
    })?;
    let app = lab.container("app")?;
    let alive = ["exec", &app, "/vaultterm-app", "healthcheck"];
    lab.server.engine.docker(&alive)?.expect(0)?;
    let log = lab.server.engine.docker(&["logs", "--tail", "50", &app])?;
    ensure!(
        format!("{}{}", log.stdout, log.stderr).contains("the vault stays shut"),
        "the log does not say why"
    );
    Ok(())
}

fn opens(lab: &Upgradable) -> Result<()> {
    lab.server.await_ready(4000)?;
    let app = lab.container("app")?;
    let selftest = ["exec", &app, "/vaultterm-app", "selftest"];
    lab.server.engine.docker(&selftest)?.expect(0)?;
    let rows = lab.sql("SELECT count(*) FROM organization_directory")?;
    ensure!(rows == "1000", "{rows} rows");
    Ok(())
}

#[test]
fn two_shares_and_a_backup_are_enough_on_a_new_host() -> Result<()> {
    let lab = Upgradable::begin()?;
    let server = &lab.server;
    let show = server.install_tool(&["escrow", "show"])?;
    show.expect(1)?.says(&["VT-I042"])?;
    let nowhere = server.install_tool(&["escrow", "renew", "--yes"])?;
    nowhere.expect(2)?.says(&["VT-I043", "--shares-out"])?;

    let shares = Shares::make(&lab, "shares")?;
    for number in 1..=3 {
        let mode = fs::metadata(shares.file(number))?.permissions().mode();
        ensure!(mode & 0o777 == 0o600, "share {number} has mode {mode:o}");
    }
    shares.are_not_in(&texts(&server.dir)?)?;
    tool(&lab, &["escrow", "verify"], &shares.two(1, 3))?
        .expect(0)?
        .says(&["fit this installation"])?;
    let path = backup(&lab)?;
    tool(&lab, &["backup", "verify", &path], &shares.two(2, 3))?.expect(0)?;
    tool(&lab, &["backup", "verify", &path], &shares.two(2, 3)[..2])?
        .expect(1)?
        .says(&["VT-I041", "1 was given"])?;

    // Renewed shares: the old ones open the old backup, and neither fits the other.
    let newer = Shares::make(&lab, "newer")?;
    tool(&lab, &["escrow", "verify"], &shares.two(1, 2))?
        .expect(1)?
        .says(&["VT-I041", "this installation's are of set"])?;
    let mixed = [&shares.two(1, 2)[..2], &newer.two(2, 1)[..2]].concat();
    tool(&lab, &["escrow", "verify"], &mixed)?
        .expect(1)?
        .says(&["VT-I041", "share 1 is of set"])?;
    tool(&lab, &["backup", "verify", &path], &newer.two(1, 2))?
        .expect(1)?
        .says(&["VT-I030"])?;
    tool(&lab, &["backup", "verify", &path], &shares.two(1, 2))?.expect(0)?;

    // The host is gone; its backup and two of the shares from its time are left.
    let key = fs::read(server.dir.join("secrets/master_key"))?;
    server
        .install_tool(&["uninstall", "--purge", "--yes"])?
        .expect(0)?;
    let recover = ["recover", &path, "--bundle", "vaultterm.vtb", "--yes"];
    tool(&lab, &recover, &newer.two(1, 2))?
        .expect(1)?
        .says(&["VT-I030"])?;
    ensure!(!server.dir.exists(), "a refusal left something");
    tool(&lab, &recover, &shares.two(3, 1))?
        .expect(0)?
        .says(&["escrow renew"])?;
    opens(&lab)?;
    ensure!(fs::read(server.dir.join("secrets/master_key"))? == key);
    tool(&lab, &["escrow", "verify"], &shares.two(2, 3))?
        .expect(0)
        .map(drop)
}

#[test]
fn a_passphrase_does_not_shut_the_shares_out() -> Result<()> {
    let lab = Upgradable::begin()?;
    let shares = Shares::make(&lab, "shares")?;
    let file = lab.room.path().join("passphrase");
    fs::write(&file, "a passphrase of some length\n")?;
    let file = file.display().to_string();
    let made = ["backup", "--backup-password-file", &file, "--json"];
    let made = lab.server.install_tool(&made)?.expect(0)?.json()?;
    let path = made["path"].as_str().context("a path")?;
    let verify = ["backup", "verify", path];
    let by_passphrase = [&verify[..], &["--backup-password-file", &file]].concat();
    lab.server.install_tool(&by_passphrase)?.expect(0)?;
    tool(&lab, &verify, &shares.two(1, 2))?.expect(0).map(drop)
}

#[test]
fn a_bound_master_key_opens_on_its_host_with_its_licence_alone() -> Result<()> {
    let lab = Upgradable::begin()?;
    let server = &lab.server;
    machine(&lab, "a")?;
    let bind = ["license", "bind", "--yes"];
    server.install_tool(&bind)?.expect(1)?.says(&["VT-I042"])?;
    let shares = Shares::make(&lab, "shares")?;
    let key = fs::read_to_string(server.dir.join("secrets/master_key"))?;
    server.install_tool(&bind)?.expect(0)?;
    opens(&lab)?;
    ensure!(
        !texts(&server.dir)?.contains(key.trim()),
        "the key is in the folder"
    );

    // A renewal: sealed for the new licence before that takes its place.
    let build = Build::from_environment()?;
    let second = server.stick.join("second.vtlic");
    issue_license(
        &build,
        &second,
        &["--expires", "2999-12-31", "--counter", SECOND],
    )?;
    server
        .install_tool(&["license", "install", "second.vtlic"])?
        .expect(0)?;
    restart(&lab)?;
    opens(&lab)?;
    // Put in place by hand, another licence shuts the vault; the one before opens it again.
    let third = server.stick.join("third.vtlic");
    issue_license(
        &build,
        &third,
        &["--expires", "2999-12-31", "--counter", THIRD],
    )?;
    let place = server.dir.join("license/license.vtlic");
    let app = lab.container("app")?;
    server.engine.docker(&["stop", &app])?.expect(0)?;
    fs::write(&place, fs::read(&third)?)?;
    server.engine.docker(&["start", &app])?.expect(0)?;
    is_sealed(&lab)?;
    fs::write(&place, fs::read(&second)?)?;
    // It looks again by itself, ends, and is started again.
    opens(&lab)?;

    // Another host: two shares bind it there.
    machine(&lab, "b")?;
    restart(&lab)?;
    is_sealed(&lab)?;
    tool(
        &lab,
        &["license", "rebind", "--yes"],
        &shares.two(1, 2)[..2],
    )?
    .expect(1)?;
    is_sealed(&lab)?;
    tool(&lab, &["license", "rebind", "--yes"], &shares.two(1, 2))?.expect(0)?;
    opens(&lab)?;
    server
        .install_tool(&["license", "unbind", "--yes"])?
        .expect(0)?;
    opens(&lab)?;
    ensure!(fs::read_to_string(server.dir.join("secrets/master_key"))?.trim() == key.trim());
    Ok(())
}

#[test]
fn a_bound_installation_comes_back_on_another_host_with_two_shares() -> Result<()> {
    let lab = Upgradable::begin()?;
    let server = &lab.server;
    machine(&lab, "a")?;
    let shares = Shares::make(&lab, "shares")?;
    server
        .install_tool(&["license", "bind", "--yes"])?
        .expect(0)?;
    let path = backup(&lab)?;
    // On the same host its own key is enough.
    let identity = lab.identity();
    let restore = ["restore", &path, "--identity", &identity, "--yes"];
    server.install_tool(&restore)?.expect(0)?;
    opens(&lab)?;
    server
        .install_tool(&["uninstall", "--purge", "--yes"])?
        .expect(0)?;
    let id = lab.room.path().join("machine-id");
    fs::set_permissions(&id, fs::Permissions::from_mode(0o644))?;
    fs::write(&id, "b".repeat(32))?;
    let bundle = ["--bundle", "vaultterm.vtb"];
    server
        .install_tool(&[&restore[..], &bundle].concat())?
        .expect(1)?
        .says(&["VT-I044", "recover"])?;
    ensure!(!server.dir.exists(), "a refusal left something");
    let recover = ["recover", &path, "--bundle", "vaultterm.vtb", "--yes"];
    tool(&lab, &recover, &shares.two(2, 3))?.expect(0)?;
    opens(&lab)?;
    let key = fs::read(server.dir.join("secrets/master_key"))?;
    ensure!(key.is_empty(), "the master key lies in the clear");
    restart(&lab)?;
    opens(&lab)
}

#[test]
fn a_licence_is_taken_while_people_work_and_a_bad_one_is_not() -> Result<()> {
    let lab = Upgradable::begin()?;
    let server = &lab.server;
    let build = Build::from_environment()?;
    let stick = |name: &str| server.stick.join(name);
    issue_license(
        &build,
        &stick("second.vtlic"),
        &["--expires", "2999-12-31", "--counter", SECOND],
    )?;
    let app = lab.container("app")?;
    let install = |name: &str| server.install_tool(&["license", "install", name]);
    install("second.vtlic")?.expect(0)?.says(&["goes by it"])?;
    ensure!(lab.container("app")? == app, "the app was made anew");
    let place = server.dir.join("license/license.vtlic");
    let good = fs::read(&place)?;
    ensure!(good == fs::read(stick("second.vtlic"))?);
    fs::write(stick("bad.vtlic"), "{}")?;
    install("bad.vtlic")?.expect(5)?.says(&["VT-I006"])?;
    issue_license(
        &build,
        &stick("lower.vtlic"),
        &["--expires", "2999-12-31", "--counter", "1"],
    )?;
    install("lower.vtlic")?.expect(5)?.says(&["counter 1"])?;
    let narrow = [
        "--expires",
        "2999-12-31",
        "--counter",
        THIRD,
        "--maintenance-ends",
        "2001-01-01",
    ];
    issue_license(&build, &stick("narrow.vtlic"), &narrow)?;
    install("narrow.vtlic")?
        .expect(5)?
        .says(&["VT-I047", "2001-01-0", "was built at"])?;
    let preflight = ["preflight", "next.vtb", "--license", "narrow.vtlic"];
    server
        .install_tool(&preflight)?
        .expect(4)?
        .says(&["2001-01-0"])?;
    ensure!(fs::read(&place)? == good, "a refusal changed the licence");
    ensure!(lab.end()? == "old");
    Ok(())
}
