use std::collections::BTreeMap;

use super::{Config, HOPS, Misled, Parts, Step, config, find, named, same, saved, step};
use crate::Digest;

/// A store that counts what it is asked for.
#[derive(Default)]
struct Store {
    blobs: BTreeMap<String, Vec<u8>>,
    asked: Vec<String>,
}

impl Store {
    fn put(&mut self, text: &str) -> Digest {
        let digest = Digest::of(text.as_bytes());
        let name = format!("blobs/sha256/{}", digest.hex());
        self.blobs.insert(name, text.into());
        digest
    }

    fn find(&mut self, reference: &str) -> std::io::Result<Option<Parts>> {
        let asked = &mut self.asked;
        find(reference, "amd64", |name, _| {
            asked.push(name.to_owned());
            Ok(self.blobs.get(name).cloned())
        })
    }
}

fn manifest() -> String {
    let [config, layer] = [Digest::of(b"config"), Digest::of(b"layer")];
    format!(r#"{{"config":{{"digest":"{config}"}},"layers":[{{"digest":"{layer}"}}]}}"#)
}

fn index_of(digest: &Digest, architecture: &str) -> String {
    format!(
        r#"{{"manifests":[{{"digest":"{digest}","platform":{{"os":"linux","architecture":"{architecture}"}},
            "annotations":{{"org.opencontainers.image.ref.name":"docker.io/library/redis:7"}}}}]}}"#
    )
}

fn parts() -> Parts {
    let name = |bytes: &[u8]| format!("blobs/sha256/{}", Digest::of(bytes).hex());
    Parts {
        config: name(b"config"),
        layers: vec![name(b"layer")],
    }
}

#[test]
fn an_image_is_found_behind_indexes() {
    let mut store = Store::default();
    let mut digest = store.put(&manifest());
    for hop in 0..HOPS + 1 {
        let index = index_of(&digest, "amd64");
        store
            .blobs
            .insert("index.json".into(), index.clone().into());
        store.asked.clear();
        let found = store.find("redis:7");
        assert_eq!(store.asked.len(), 1 + HOPS.min(hop + 1));
        match found {
            Ok(found) => assert!(hop < HOPS && found == Some(parts())),
            Err(error) => assert!(hop == HOPS && error.to_string().contains("nowhere")),
        }
        digest = store.put(&index);
    }
}

#[test]
fn what_is_named_must_be_there_and_be_it() {
    let mut store = Store::default();
    let digest = store.put(&manifest());
    let name = format!("blobs/sha256/{}", digest.hex());
    let index = index_of(&digest, "amd64");
    store.blobs.insert("index.json".into(), index.into());
    assert_eq!(store.find("redis:7").unwrap(), Some(parts()));
    assert_eq!(store.find("redis:8").unwrap(), None);
    store.blobs.insert(name.clone(), b"other".to_vec());
    assert!(
        store
            .find("redis:7")
            .unwrap_err()
            .to_string()
            .contains("damaged")
    );
    store.blobs.remove(&name);
    assert!(
        store
            .find("redis:7")
            .unwrap_err()
            .to_string()
            .contains("missing")
    );
}

#[test]
fn a_document_is_one_thing() {
    let digest = Digest::of(b"layer");
    let both = format!(
        r#"{{"config":{{"digest":"{digest}"}},"layers":[],"manifests":[{{"digest":"{digest}"}}]}}"#
    );
    for bytes in [&both, "{}", r#"{"layers":[]}"#, "[]", "", "{\"manifests\":"] {
        assert!(step(bytes.as_bytes(), "amd64").is_err(), "{bytes}");
        assert!(named(bytes.as_bytes(), "redis:7").is_err(), "{bytes}");
    }
    assert!(named(manifest().as_bytes(), "redis:7").is_err());
    let elsewhere = index_of(&digest, "arm64");
    let refused = step(elsewhere.as_bytes(), "amd64").unwrap_err();
    assert!(refused.to_string().contains("on this processor"));
    assert_eq!(
        step(elsewhere.as_bytes(), "arm64").unwrap(),
        Step::Next(digest)
    );
    for other in ["sha256:..", "sha512:00", "../../etc/passwd", ""] {
        let index = elsewhere.replace(&digest.to_string(), other);
        assert!(step(index.as_bytes(), "arm64").is_err(), "{other}");
    }
}

#[test]
fn a_list_stays_inside() {
    let list = |config: &str, layer: &str| {
        format!(r#"[{{"Config":"{config}","RepoTags":["redis:7"],"Layers":["{layer}"]}}]"#)
    };
    let found = saved(list("aa.json", "bb/layer.tar").as_bytes()).unwrap();
    assert_eq!(found[0].names, ["redis:7"]);
    assert_eq!(found[0].parts.layers, ["bb/layer.tar"]);
    for bad in [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "./a",
        "a\\\\b",
        "a\\u0000",
    ] {
        for (config, layer) in [("aa.json", bad), (bad, "bb/layer.tar")] {
            let refused = saved(list(config, layer).as_bytes());
            assert!(matches!(refused, Err(Misled::Rule(_))), "{bad}");
        }
    }
    assert_eq!(
        saved(br#"[{"Config":"a","RepoTags":null,"Layers":[]}]"#).unwrap()[0]
            .names
            .len(),
        0
    );
}

#[test]
fn a_configuration_names_platform_and_layers() {
    let diff_id = Digest::of(b"tar");
    let text = format!(
        r#"{{"architecture":"arm64","os":"linux","rootfs":{{"type":"layers","diff_ids":["{diff_id}"]}}}}"#
    );
    let expected = Config {
        os: "linux".into(),
        architecture: "arm64".into(),
        diff_ids: vec![diff_id],
    };
    assert_eq!(config(text.as_bytes()).unwrap(), expected);
    assert!(config(text.replace("sha256:", "sha1:").as_bytes()).is_err());
    assert!(config(br#"{"architecture":"arm64","os":"linux"}"#).is_err());
    let huge = vec![b' '; 5 << 20];
    assert!(config(&huge).unwrap_err().to_string().contains("too large"));
}

#[test]
fn names_of_docker_hub_have_long_forms() {
    assert!(same("docker.io/library/postgres:16", "postgres:16"));
    assert!(same("vaultterm/app:1", "docker.io/vaultterm/app:1"));
    assert!(!same("other.example/postgres:16", "postgres:16"));
    assert!(!same("postgres:16", "postgres:17"));
}
