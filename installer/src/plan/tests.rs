//! The plan and the checks, as functions of made-up facts.

use std::collections::BTreeSet;

use offline::manifest::Blob;
use offline::{Digest, Image, Layer, Manifest, Role};
use time::OffsetDateTime;

use super::{Check, Verdict, checks, plan};
use crate::choices::{Choices, Wishes};
use crate::engine::{self, About};
use crate::facts::{Facts, Guards, PortState};
use crate::state::State;
use crate::steps::Kind;

const BUILT: i64 = 1_700_000_000;

fn facts() -> Facts {
    let choices = Choices::make(Wishes::default(), None);
    Facts {
        now: OffsetDateTime::from_unix_timestamp(BUILT + 3600).unwrap(),
        root: true,
        local: true,
        engine: Ok(About {
            version: "20.10.24+dfsg1".into(),
            architecture: "amd64".into(),
            os: "linux".into(),
            root: "/var/lib/docker".into(),
            memory: 8 << 30,
            containerd_store: false,
            storage: "overlay2".into(),
            d_type: true,
            cgroups: "2".into(),
            memory_limit: true,
            security: vec!["name=apparmor".into()],
            podman: false,
        }),
        compose: Ok("2.26.1-4".into()),
        ports: choices
            .ports()
            .into_iter()
            .map(|port| (port, PortState::Free))
            .collect(),
        backups: "/opt/vaultterm/backups".into(),
        dir_free: Some(100 << 30),
        engine_free: Some(100 << 30),
        kept: crate::kept::Kept::default(),
        installed: None,
        manifest: None,
        present_files: BTreeSet::new(),
        containers: vec![],
        volumes: vec![],
        networks: vec![],
        images: Vec::new(),
        measured: None,
        guards: Guards {
            selinux: false,
            apparmor: true,
        },
        writable: None,
        last_seen: None,
        compose_file: Ok(()),
    }
}

fn layer(name: &[u8]) -> Layer {
    Layer {
        digest: Digest::of(&[name, b" compressed"].concat()),
        size: 10 << 20,
        diff_id: Digest::of(name),
        uncompressed_size: 40 << 20,
    }
}

fn image(role: Role, layers: &[&[u8]]) -> Image {
    let blob = Blob {
        digest: Digest::of(role.as_str().as_bytes()),
        size: 10,
    };
    Image {
        role,
        reference: format!("{}:1", role.as_str()),
        manifest: blob,
        config: blob,
        layers: layers.iter().map(|name| layer(name)).collect(),
    }
}

pub(crate) fn manifest() -> Manifest {
    Manifest {
        media_type: offline::manifest::MEDIA_TYPE.into(),
        format: offline::manifest::FORMAT.into(),
        product: "vaultterm".into(),
        version: "1.2.0".into(),
        release_counter: 7,
        created: u64::try_from(BUILT).unwrap(),
        os: "linux".into(),
        architecture: "amd64".into(),
        upgrade_from: vec![],
        minimum_installer: "0.1.0".into(),
        images: vec![
            image(Role::Cache, &[b"base", b"redis"]),
            image(Role::App, &[b"app"]),
            image(Role::Db, &[b"base", b"postgres"]),
        ],
        migrations: vec![],
        variables: vec![],
        ranges: Vec::new(),
        delta: None,
        members: vec![],
    }
}

pub(crate) fn state(version: &str, counter: u64) -> State {
    State {
        installation: String::new(),
        version: version.into(),
        release_counter: counter,
        created: 0,
        signers: vec!["K".into()],
        roots: None,
        previous: None,
        escrow: None,
        project: "vaultterm".into(),
        images: std::collections::BTreeMap::default(),
        installed_at: OffsetDateTime::UNIX_EPOCH,
    }
}

fn planned(facts: &Facts) -> Vec<(Role, Vec<usize>)> {
    let plan = plan(
        facts,
        &Choices::make(Wishes::default(), None),
        &manifest(),
        None,
    );
    plan.loads
        .into_iter()
        .map(|(role, lacking)| (role, lacking.layers))
        .collect()
}

/// An image in the engine.
fn present(id: &str, layers: &[&[u8]]) -> engine::Image {
    engine::Image {
        id: id.into(),
        layers: layers.iter().map(|bytes| Digest::of(bytes)).collect(),
    }
}

#[test]
fn an_image_that_is_there_is_not_loaded_again() {
    let mut facts = facts();
    let id = manifest().images[0].config.digest.to_string();
    facts.images = vec![present(&id, &[b"any"])];
    let role = manifest().images[0].role;
    assert!(planned(&facts).iter().all(|(found, _)| *found != role));
    assert_eq!(planned(&facts).len(), 2);
    // The ids of such a store mean something else.
    facts.engine.as_mut().unwrap().containerd_store = true;
    assert_eq!(planned(&facts).len(), 3);
}

#[test]
fn an_empty_engine_gets_a_shared_layer_once() {
    let expected = vec![
        (Role::App, vec![0]),
        (Role::Db, vec![0, 1]),
        (Role::Cache, vec![1]),
    ];
    assert_eq!(planned(&facts()), expected);
}

#[test]
fn layers_that_are_there_are_not_sent_again() {
    let mut facts = facts();
    facts.images = vec![present("1", &[b"base"]), present("2", &[b"postgres"])];
    // `postgres` is there, but on top of nothing: that is another layer to the engine.
    let expected = vec![
        (Role::App, vec![0]),
        (Role::Db, vec![1]),
        (Role::Cache, vec![1]),
    ];
    assert_eq!(planned(&facts), expected);
}

#[test]
fn a_store_that_names_layers_otherwise_gets_all_of_them() {
    let mut facts = facts();
    facts.engine.as_mut().unwrap().containerd_store = true;
    facts.images = vec![present("1", &[b"base"])];
    let expected = vec![
        (Role::App, vec![0]),
        (Role::Db, vec![0, 1]),
        (Role::Cache, vec![0, 1]),
    ];
    assert_eq!(planned(&facts), expected);
}

/// The checks that are not well, of facts that were changed in one place.
fn complaints(change: impl FnOnce(&mut Facts, &mut Manifest)) -> Vec<Check> {
    let (mut facts, mut manifest) = (facts(), manifest());
    change(&mut facts, &mut manifest);
    let all = checks(&facts, Some(&manifest), Kind::Install);
    all.into_iter()
        .filter(|check| check.verdict != Verdict::Ok)
        .collect()
}

#[test]
fn a_good_host_has_nothing_to_complain_of() {
    assert_eq!(complaints(|_, _| {}), vec![]);
    assert!(
        checks(&facts(), None, Kind::Install)
            .iter()
            .all(|check| check.verdict == Verdict::Ok)
    );
}

type Change = fn(&mut Facts, &mut Manifest);

#[test]
fn each_want_is_named_with_its_cure() {
    use Verdict::{Failed, Warning};
    let cases: &[(&str, Verdict, &str, Change)] = &[
        ("user", Failed, "root", |f, _| f.root = false),
        ("engine", Failed, "--docker-host", |f, _| {
            f.engine = Err("the container engine does not answer".into());
        }),
        ("engine", Failed, "on this host", |f, _| f.local = false),
        ("engine", Failed, "20.10", |f, _| {
            f.engine.as_mut().unwrap().version = "19.3.1".into();
        }),
        ("engine", Warning, "layers", |f, _| {
            f.engine.as_mut().unwrap().containerd_store = true;
        }),
        ("compose", Failed, "2.20", |f, _| {
            f.compose = Ok("1.29.2".into());
        }),
        ("compose", Failed, "plugin", |f, _| {
            f.compose = Err("`docker compose` is not there".into());
        }),
        ("engine", Failed, "Podman", |f, _| {
            f.engine.as_mut().unwrap().podman = true;
        }),
        ("engine", Failed, "rootless", |f, _| {
            f.engine.as_mut().unwrap().security = vec!["name=rootless".into()];
        }),
        ("storage", Warning, "overlay2", |f, _| {
            f.engine.as_mut().unwrap().storage = "vfs".into();
        }),
        ("storage", Failed, "ftype=1", |f, _| {
            f.engine.as_mut().unwrap().d_type = false;
        }),
        ("cgroups", Warning, "limit", |f, _| {
            f.engine.as_mut().unwrap().memory_limit = false;
        }),
        ("guards", Warning, "apparmor_parser", |f, _| {
            f.engine.as_mut().unwrap().security.clear();
        }),
        ("guards", Warning, "container_file_t", |f, _| {
            let engine = f.engine.as_mut().unwrap();
            engine.security.push("name=selinux".into());
            f.guards.selinux = true;
        }),
        ("permissions", Failed, "/opt", |f, _| {
            f.writable = Some("/opt".into());
        }),
        ("clock", Warning, "has seen", |f, _| {
            f.last_seen = Some(f.now + time::Duration::days(1));
        }),
        ("compose", Failed, "docker-compose.override.yml", |f, _| {
            f.compose_file = Err("services.app.imag is not allowed".into());
        }),
        ("memory", Failed, "1.0 GiB", |f, _| {
            f.engine.as_mut().unwrap().memory = 512 << 20;
        }),
        ("disk", Failed, "engine's images", |f, _| {
            f.engine_free = Some(300 << 20);
        }),
        ("disk", Failed, "folder", |f, _| f.dir_free = Some(1 << 20)),
        ("disk", Warning, "cannot be seen", |f, _| {
            f.engine_free = None;
        }),
        ("port", Failed, "--app-port", |f, _| {
            f.ports[0].1 = PortState::Taken("in use".into());
        }),
        ("port", Failed, "--admin-port", |f, _| {
            f.ports[1].1 = PortState::Taken("in use".into());
        }),
        ("platform", Failed, "linux/arm64", |_, m| {
            m.architecture = "arm64".into();
        }),
        ("installer", Failed, "files/vaultterm-install", |_, m| {
            m.minimum_installer = "99.0.0".into();
        }),
        ("clock", Warning, "set the clock", |f, _| {
            f.now = OffsetDateTime::UNIX_EPOCH;
        }),
        ("clock", Warning, "days old", |_, m| {
            m.created -= 400 * 86_400;
        }),
        ("installation", Failed, "earlier release", |f, _| {
            f.installed = Some(state("1.3.0", 9));
        }),
        ("installation", Failed, "counter 7", |f, m| {
            f.installed = Some(state(&m.version.clone(), 8));
        }),
        ("installation", Failed, "use `upgrade`", |f, _| {
            f.installed = Some(state("1.1.0", 5));
        }),
        ("data", Failed, "docker volume rm", |f, _| {
            f.volumes = vec!["vaultterm_db-data".into()];
        }),
    ];
    for (name, verdict, words, change) in cases {
        let found = complaints(change);
        assert!(
            found.iter().any(|check| {
                let text = format!(
                    "{} {}",
                    check.fact,
                    check.hint.as_deref().unwrap_or_default()
                );
                check.name == *name && check.verdict == *verdict && text.contains(words)
            }),
            "{name} {words}: {found:?}"
        );
    }
}

#[test]
fn the_same_release_again_is_fine() {
    let found = complaints(|f, _| {
        f.installed = Some(state("1.2.0", 7));
        f.volumes = vec!["vaultterm_db-data".into()];
        f.present_files = ["secrets".to_owned()].into();
        f.ports[0].1 = PortState::Ours;
    });
    assert_eq!(found, vec![]);
}
