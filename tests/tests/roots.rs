//! Who may sign releases, from the first root to a rotation on a server: the ceremony with our tools
//! and minisign's, a second signer who reproduces first, and an installer that never forgets what was
//! revoked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use vaultterm_tests::build::Build;
use vaultterm_tests::damage::flip_last_layer;
use vaultterm_tests::lab::Server;
use vaultterm_tests::run::{Outcome, run, run_with_input};

/// A table with keys on it.
struct Ceremony {
    build: Build,
    room: tempfile::TempDir,
}

impl Ceremony {
    fn begin(keys: &[&str]) -> Result<Self> {
        let build = Build::from_environment()?;
        let room = tempfile::Builder::new()
            .prefix("vt")
            .tempdir_in("/var/tmp")?;
        let ceremony = Self { build, room };
        for name in keys {
            let out = ceremony.at(name);
            ceremony
                .tool(&["keygen", "--no-password", "--comment", name, "--out", &out])?
                .expect(0)?;
        }
        Ok(ceremony)
    }

    fn at(&self, name: &str) -> String {
        self.room.path().join(name).display().to_string()
    }

    fn public(&self, name: &str) -> String {
        self.at(&format!("{name}/release.pub"))
    }

    fn secret(&self, name: &str) -> String {
        self.at(&format!("{name}/release.key"))
    }

    /// Runs `vaultterm-bundle` as it is told, without a word about trust.
    fn tool(&self, arguments: &[&str]) -> Result<Outcome> {
        let mut command = Command::new(self.build.program("vaultterm-bundle")?);
        run(command.current_dir(self.room.path()).args(arguments))
    }

    fn sign(&self, roots: &str, who: &str) -> Result<Outcome> {
        let (roots, key) = (self.at(roots), self.secret(who));
        self.tool(&["root", "sign", &roots, "--key", &key])
    }

    /// A bundle of what is in the engine, with roots.
    fn bundle(&self, who: &str, roots: &str, counter: &str) -> Result<PathBuf> {
        let (key, roots) = (self.secret(who), self.at(roots));
        let (out, cache) = (self.at(counter), self.at("cache"));
        let installer = self.build.program("vaultterm-install")?;
        let app = format!("vaultterm/app:{}", env!("CARGO_PKG_VERSION"));
        let outcome = self.build.bundler(&[
            "build",
            "--version",
            env!("CARGO_PKG_VERSION"),
            "--counter",
            counter,
            "--key",
            &key,
            "--roots",
            &roots,
            "--out",
            &out,
            "--cache",
            &cache,
            "--app-image",
            &app,
            "--installer",
            &installer.display().to_string(),
        ])?;
        Ok(PathBuf::from(outcome.expect(0)?.stdout.trim()))
    }
}

#[test]
fn a_second_signer_reproduces_and_cosigns() -> Result<()> {
    let people = ["alice", "bob", "builder", "auditor", "stranger"];
    let table = Ceremony::begin(&people)?;
    let roots = table.at("roots.json");
    let [alice, bob, builder, auditor] =
        ["alice", "bob", "builder", "auditor"].map(|name| table.public(name));
    let draft = [
        ["root", "draft", "--root-key", &alice, "--root-key", &bob],
        [
            "--release-key",
            &builder,
            "--release-key",
            &auditor,
            "--release-threshold",
            "2",
        ],
    ];
    let draft = [&draft.concat()[..], &["--out", &roots]].concat();
    table.tool(&draft)?.expect(0)?;
    table.tool(&draft)?.expect(1)?.says(&["VT-B024"])?;
    table
        .sign("roots.json", "alice")?
        .expect(0)?
        .says(&["1 of the 2 keys"])?;
    table
        .sign("roots.json", "alice")?
        .expect(1)?
        .says(&["VT-B032"])?;
    table
        .sign("roots.json", "builder")?
        .expect(1)?
        .says(&["VT-B031"])?;
    // What lacks a signature is trusted by nobody.
    let file = table.build.bundle.display().to_string();
    table
        .tool(&["verify", &file, "--trust", &roots])?
        .expect(1)?
        .says(&["1 of the 2 keys"])?;
    table
        .sign("roots.json", "bob")?
        .expect(0)?
        .says(&["all its signatures"])?;
    let shown = table
        .tool(&["root", "show", &roots, "--json"])?
        .expect(0)?
        .json()?;
    ensure!(shown["complete"] == true && shown["roots"][0]["releases"]["threshold"] == 2);
    ensure!(
        shown["roots"][0]["releases"]["keys"][1]["comment"] == "auditor",
        "{shown}"
    );

    let bundle = table.bundle("builder", "roots.json", "7")?;
    let file = bundle.display().to_string();
    let trust = ["--trust", &roots];
    let verify = ["verify", &file, "--trust", &roots];
    table
        .tool(&verify)?
        .expect(3)?
        .says(&["1 of the 2 release keys"])?;
    reproduced(&table, &file)?;

    let signature = table.at("auditor.minisig");
    let key = table.secret("auditor");
    let sign = ["cosign", &file, "--key", &key, "--detached", &signature];
    table.tool(&[&sign[..], &trust].concat())?.expect(0)?;
    table.tool(&verify)?.expect(3)?;
    peers_agree(&table, &bundle, &signature)?;
    let stranger = table.secret("stranger");
    table
        .tool(&["cosign", &file, "--key", &stranger, "--trust", &roots])?
        .expect(3)?
        .says(&["not trusted"])?;
    table
        .tool(&[
            "cosign",
            &file,
            "--signature",
            &signature,
            "--trust",
            &roots,
        ])?
        .expect(0)?
        .says(&["that is enough"])?;
    table.tool(&verify)?.expect(0)?;
    table
        .tool(&["inspect", &file, "--trust", &roots])?
        .expect(0)?
        .says(&["root 1 takes 2"])?;
    table
        .tool(&["cosign", &file, "--key", &key, "--trust", &roots])?
        .expect(1)?
        .says(&["has signed this bundle already"])?;
    peers_agree(&table, &bundle, &signature)
}

/// The auditor builds the same from the same sources, though the bundle lacks a signature.
fn reproduced(table: &Ceremony, file: &str) -> Result<()> {
    let (roots, cache) = (table.at("roots.json"), table.at("cache"));
    let installer = table.build.program("vaultterm-install")?;
    let installer = installer.display().to_string();
    let app = format!("vaultterm/app:{}", env!("CARGO_PKG_VERSION"));
    let reproduce = ["reproduce", file, "--trust", &roots, "--cache", &cache];
    let from = ["--app-image", &app, "--installer", &installer];
    let outcome = table.build.bundler(&[&reproduce[..], &from].concat())?;
    outcome.expect(0)?.says(&["the same bytes"])?;
    Ok(())
}

/// minisign verifies the first signature where it is, and the detached one beside it; skopeo minds
/// none of it.
fn peers_agree(table: &Ceremony, bundle: &Path, detached: &str) -> Result<()> {
    let room = table.room.path();
    let mut unpack = Command::new("tar");
    unpack
        .current_dir(room)
        .arg("--extract")
        .arg("--file")
        .arg(bundle);
    let head = ["bundle.json", "bundle.json.minisig", "roots.json"];
    run(unpack.args(head).arg("files/RUNBOOK.txt"))?.expect(0)?;
    // What the page tells to compare is what `sha256sum` says of the member.
    let page = fs::read_to_string(room.join("files/RUNBOOK.txt"))?;
    let sum = vaultterm_tests::sha256(&fs::read(room.join("roots.json"))?);
    ensure!(
        page.contains(&sum) && page.contains("2 of 2 for releases"),
        "{page}"
    );
    let minisign = |more: &[&str]| {
        let mut command = Command::new("minisign");
        run(command
            .current_dir(room)
            .args(["-V", "-m", "bundle.json"])
            .args(more))
    };
    minisign(&["-p", &table.public("builder")])?.expect(0)?;
    minisign(&["-p", &table.public("auditor"), "-x", detached])?.expect(0)?;
    ensure!(
        minisign(&["-p", &table.public("auditor")])?.code != 0,
        "another key's"
    );
    let image = format!("oci-archive:{}:redis:7", bundle.display());
    run(Command::new("skopeo").args(["inspect", "--raw", &image]))?.expect(0)?;
    Ok(())
}

#[test]
fn minisigns_own_key_signs_a_root() -> Result<()> {
    let table = Ceremony::begin(&["builder"])?;
    let [public, secret, password] = ["m.pub", "m.key", "password"].map(|name| table.at(name));
    fs::write(&password, "correct horse\n")?;
    let mut generate = Command::new("minisign");
    generate.args(["-G", "-p", &public, "-s", &secret]);
    run_with_input(&mut generate, Some(b"correct horse\ncorrect horse\n"))?.expect(0)?;
    let (roots, builder) = (table.at("roots.json"), table.public("builder"));
    let draft = [
        "root",
        "draft",
        "--root-key",
        &public,
        "--release-key",
        &builder,
    ];
    table
        .tool(&[&draft[..], &["--out", &roots]].concat())?
        .expect(0)?;
    let sign = [
        "root",
        "sign",
        &roots,
        "--key",
        &secret,
        "--password-file",
        &password,
    ];
    table
        .tool(&sign)?
        .expect(0)?
        .says(&["all its signatures"])?;
    Ok(())
}

/// The same bundle, its last layer flipped: its roots, its signatures and nearly all of it are good.
fn flipped_brings_no_root(
    server: &Server,
    install: &impl Fn(&str) -> Result<Outcome>,
) -> Result<()> {
    let mut bytes = fs::read(server.stick.join("new.vtb"))?;
    flip_last_layer(&mut bytes)?;
    fs::write(server.stick.join("flipped.vtb"), &bytes)?;
    let look = || -> Result<Vec<String>> {
        // What the app remembers of its licence is the app's to write, and the journal tells of every
        // run, also of one that was refused.
        let mut files = server.footprint()?;
        files.retain(|line| !line.contains("license.state") && !line.contains("journal.jsonl"));
        Ok(files)
    };
    let before = look()?;
    install("flipped.vtb")?
        .expect(3)?
        .says(&["VT-I001", "blobs/"])?;
    let after = look()?;
    let left: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    ensure!(before == after, "a refusal left something behind: {left:?}");
    Ok(())
}

// Where clients of The Update Framework failed, and what tries it here:
//
// * CVE-2026-6966, one key counts several times towards a threshold: `one_key_counts_once` in
//   license/src/root/tests.rs, `a_threshold_takes_that_many_keys` in offline/tests/format/trust.rs,
//   and above, where the builder's signature alone is one of two.
// * CVE-2025-2885, a root that is not exactly the next is taken: `each_root_is_exactly_the_next`
//   in license/src/root/tests.rs.
// * CVE-2025-2888, what belongs to a refused update is kept, and blocks the next one: below, a
//   flipped bundle brings its root along and leaves none.
// * CVE-2025-2887, rollback of what a delegated role has signed, and CVE-2025-2886, a search that does
//   not end at a terminating delegation: there are no delegations. One manifest promises every
//   byte, so there is no second role to roll back, and no order in which roles are asked. Rollback of
//   the one manifest is `earlier.vtb` below.
#[test]
fn a_server_follows_a_rotation_and_never_back() -> Result<()> {
    let table = Ceremony::begin(&["alice", "old", "new"])?;
    let [first, second] = ["roots.json", "second.json"].map(|name| table.at(name));
    let [alice, old, new] = ["alice", "old", "new"].map(|name| table.public(name));
    let draft = ["root", "draft", "--root-key", &alice, "--release-key", &old];
    table
        .tool(&[&draft[..], &["--out", &first]].concat())?
        .expect(0)?;
    table.sign("roots.json", "alice")?.expect(0)?;
    let next = [
        "root",
        "draft",
        "--after",
        &first,
        "--release-key",
        &new,
        "--revoke",
        &old,
    ];
    let why = ["--reason", "its stick was lost", "--out", &second];
    table.tool(&[&next[..], &why].concat())?.expect(0)?;
    table.sign("second.json", "alice")?.expect(0)?;

    let server = Server::start(&table.build, table.room.path())?;
    let carry = |from: &Path, name: &str| fs::copy(from, server.stick.join(name));
    carry(Path::new(&first), "roots.json")?;
    carry(&table.bundle("old", "roots.json", "20")?, "old.vtb")?;
    carry(&table.bundle("new", "second.json", "21")?, "new.vtb")?;
    carry(&table.bundle("new", "second.json", "19")?, "earlier.vtb")?;
    let install = |bundle: &str| {
        let arguments = ["install", bundle, "--license", "license.vtlic", "--yes"];
        server.install_tool(&[&arguments[..], &["--trust", "roots.json"]].concat())
    };
    let roots = || -> Result<usize> {
        let state = fs::read(server.dir.join("state.json"))?;
        let state: serde_json::Value = serde_json::from_slice(&state)?;
        Ok(state["roots"].as_array().context("roots")?.len())
    };
    install("old.vtb")?.expect(0)?;
    ensure!(roots()? == 1);
    // Looking at a bundle takes nothing over.
    server
        .install_tool(&["verify", "new.vtb", "--trust", "roots.json"])?
        .expect(0)?;
    ensure!(roots()? == 1);
    flipped_brings_no_root(&server, &install)?;
    ensure!(roots()? == 1, "a root of a bad bundle was kept");
    install("new.vtb")?.expect(0)?;
    ensure!(roots()? == 2);
    let before = server.footprint()?;
    install("old.vtb")?.expect(3)?.says(&[
        "VT-I001",
        "root 2 has revoked",
        "its stick was lost",
    ])?;
    install("earlier.vtb")?
        .expect(4)?
        .says(&["counter 21", "counter 19"])?;
    // An installer with another root is told so, and not that the bundle is bad.
    let foreign = Ceremony::begin(&["eve"])?;
    let [theirs, eve] = [foreign.at("roots.json"), foreign.public("eve")];
    let draft = ["root", "draft", "--root-key", &eve, "--release-key", &eve];
    foreign
        .tool(&[&draft[..], &["--out", &theirs]].concat())?
        .expect(0)?;
    foreign.sign("roots.json", "eve")?.expect(0)?;
    server
        .install_tool(&["verify", "new.vtb", "--trust", &theirs])?
        .expect(3)?
        .says(&["VT-I027"])?;
    ensure!(
        server.footprint()? == before,
        "a refusal left something behind"
    );
    Ok(())
}
