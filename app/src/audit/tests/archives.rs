//! Archives, read without the server, and everything that can be done to one.

use std::io::Cursor;

use license::ed25519::PublicKey;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::chain::Stage;
use super::checkpoints::checkpoint;
use crate::audit::archive::Writer;
use crate::audit::archive::read::{ReadError, Verdict, With, verify};
use crate::audit::{Broken, Checkpoint, chain, public};
use crate::infra::db::PlatformTx;
use crate::kernel::{OrgId, Redacted};
use crate::keys::{Keyring, SigningKey, registry};

/// A trail of 12 entries with checkpoints at 7 and 10, as the portal exports it.
async fn archive() -> (Stage, String, [Checkpoint; 2]) {
    let stage = Stage::new().await;
    let first = checkpoint(&stage.server, stage.org).await;
    for _ in 0..3 {
        stage.write().await;
    }
    let second = checkpoint(&stage.server, stage.org).await;
    stage.write().await;
    let body = json!({"format": "archive"});
    let file = stage
        .ada
        .post("/audit-events/export", body)
        .await
        .expect(200)
        .text();
    (stage, file, [first, second])
}

fn read(file: &str, with: With<'_>) -> Result<Verdict, String> {
    verify(Cursor::new(file), with).map_err(|error| match error {
        ReadError::Broken(broken) => format!("{broken:?}"),
        other => format!("{other:?}"),
    })
}

fn broken(broken: Broken) -> Result<Verdict, String> {
    Err(format!("{broken:?}"))
}

/// The lines again, after something was done to them.
fn bent(file: &str, bend: impl FnOnce(&mut Vec<String>)) -> String {
    let mut lines: Vec<String> = file.lines().map(str::to_owned).collect();
    bend(&mut lines);
    lines.join("\n") + "\n"
}

#[tokio::test]
async fn an_archive_verifies_with_and_without_the_master_key() {
    let (stage, file, kept) = archive().await;
    assert_eq!(file.lines().count(), 16, "{file}");
    let keys = &stage.server.app.keys;
    let with = With {
        keys: Some(keys),
        key: None,
        kept: &kept,
    };
    let verdict = read(&file, with).unwrap();
    assert_eq!((verdict.first, verdict.last, verdict.signed), (1, 12, 10));
    assert_eq!((verdict.checkpoints, verdict.organization), (2, stage.org));
    assert_eq!(
        verdict.public_key,
        Some(hex::encode(kept[0].key().as_bytes()))
    );
    let without = With {
        keys: None,
        key: Some(kept[0].key()),
        kept: &kept[1..],
    };
    let verdict = read(&file, without).unwrap();
    assert_eq!((verdict.last, verdict.with_keys), (12, false));
    let stranger = Keyring::from_master(&Redacted::new([9; 32]));
    let with = With {
        keys: Some(&stranger),
        ..With::default()
    };
    assert_eq!(read(&file, with), broken(Broken::OtherKey(1)));
    // Nothing of it is a sealed value in the clear, and no filter makes holes in it.
    let body = json!({"format": "archive", "filter": {"action": "vault."}});
    let refused = stage
        .ada
        .post("/audit-events/export", body)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(refused.wrong_fields(), ["filter"]);
}

#[tokio::test]
async fn whoever_bends_an_archive_is_found_out_with_and_without_the_master_key() {
    let (stage, file, kept) = archive().await;
    // Line 0 is the head, entries 1 to 7 follow, line 8 is a checkpoint, then 8 to 10, another, 11, 12.
    let replaced = |line: usize, from: &'static str, to: &'static str| {
        bent(&file, |lines| {
            assert!(lines[line].contains(from), "{}", lines[line]);
            lines[line] = lines[line].replacen(from, to, 1);
        })
    };
    let cases = [
        (
            replaced(3, "vault.created", "vault.deleted"),
            Broken::Changed(3),
            Broken::Unlike(3),
        ),
        (
            replaced(3, "\"success\"", "\"denied\""),
            Broken::Changed(3),
            Broken::Unlike(3),
        ),
        (
            bent(&file, |lines| {
                lines.remove(4);
            }),
            Broken::Missing(4),
            Broken::Missing(4),
        ),
        (
            bent(&file, |lines| lines.swap(4, 5)),
            Broken::Missing(4),
            Broken::Missing(4),
        ),
        (
            bent(&file, |lines| {
                let copy = lines[4].clone();
                lines.insert(4, copy);
            }),
            Broken::Missing(5),
            Broken::Missing(5),
        ),
        (
            bent(&file, |lines| {
                let (one, other) = (lines[4].clone(), lines[5].clone());
                lines[4] = other.replacen("\"seq\":5", "\"seq\":4", 1);
                lines[5] = one.replacen("\"seq\":4", "\"seq\":5", 1);
            }),
            Broken::Moved(4),
            Broken::Unlike(4),
        ),
        (
            bent(&file, |lines| {
                lines.remove(8);
            }),
            Broken::CheckpointMissing(1),
            Broken::CheckpointMissing(1),
        ),
        (
            bent(&file, |lines| lines.swap(8, 9)),
            Broken::Checkpoint(1),
            Broken::Checkpoint(1),
        ),
        (
            replaced(8, "\"last\":7", "\"last\":6"),
            Broken::Checkpoint(1),
            Broken::Checkpoint(1),
        ),
    ];
    let keys = Some(&stage.server.app.keys);
    for (file, with_keys, without) in cases {
        assert_eq!(
            read(
                &file,
                With {
                    keys,
                    ..With::default()
                }
            ),
            broken(with_keys),
            "{file}"
        );
        assert_eq!(read(&file, With::default()), broken(without), "{file}");
    }
    let middle = |at: i64| Err(format!("Middle({at})"));
    assert_eq!(
        read(&bent(&file, |lines| lines.truncate(10)), With::default()),
        middle(8)
    );
    assert_eq!(
        read(file.trim_end().trim_end_matches('}'), With::default()),
        Err("Line(16)".to_owned())
    );
    let trailing = format!("{file}{{}}\n");
    assert_eq!(
        read(&trailing, With::default()),
        Err("Trailing(17)".to_owned())
    );
    for none in [
        "",
        "{}\n",
        "\u{feff}{}",
        "[1]\n",
        "{\"kind\":\"vaultterm audit archive\"}\n",
    ] {
        assert!(read(none, With::default()).is_err(), "{none}");
    }
    // A file that was cut neatly is whole in itself; whoever kept a checkpoint sees it.
    let cut = bent(&file, |lines| {
        lines.truncate(11);
        lines.push(json!({"end": 9}).to_string());
        lines[0] = lines[0].replacen("\"last\":12", "\"last\":9", 1);
    });
    assert_eq!(
        read(
            &cut,
            With {
                keys,
                ..With::default()
            }
        )
        .unwrap()
        .last,
        9
    );
    let with = With {
        kept: &kept,
        ..With::default()
    };
    assert_eq!(read(&cut, with), broken(Broken::CutBelow(2, 10, 9)));
    // One of which nothing is left is none: every trail begins with its organisation.
    let emptied = bent(&file, |lines| {
        lines.truncate(1);
        lines.push(json!({"end": 0}).to_string());
        lines[0] = lines[0].replacen("\"last\":12", "\"last\":0", 1);
    });
    assert_eq!(read(&emptied, With::default()), broken(Broken::Missing(1)));
}

#[tokio::test]
async fn a_history_written_anew_by_another_signer_is_not_the_one_that_was_kept() {
    let (stage, file, kept) = archive().await;
    let (other, _, foreign) = archive().await;
    let with = With {
        key: Some(foreign[0].key()),
        ..With::default()
    };
    assert_eq!(read(&file, with), Err("OtherSigner(1)".to_owned()));
    let with = With {
        kept: &foreign,
        ..With::default()
    };
    let elsewhere = format!("KeptOtherTrail(1, {:?}, {:?})", other.org, stage.org);
    assert_eq!(read(&file, with), Err(elsewhere));
    drop(kept);
}

/// The same history signed by somebody else, and gone on with: an entry and a checkpoint that covers it.
fn forged(file: &str, org: OrgId, key: &SigningKey) -> String {
    let signed = |body: &Value| {
        let label: &[u8] = b"vaultterm audit checkpoint v1\0";
        let text = [label, body.to_string().as_bytes()].concat();
        let file = json!({
            "kind": "vaultterm audit checkpoint", "version": 1, "body": body,
            "publicKey": hex::encode(key.public_bytes()), "signature": hex::encode(key.sign(&text)),
        });
        json!({"checkpoint": file}).to_string()
    };
    bent(file, |lines| {
        let mut last = Value::Null;
        for line in &mut *lines {
            let read: Value = serde_json::from_str(line).unwrap();
            if let Some(body) = read.pointer("/checkpoint/body") {
                last = body.clone();
                *line = signed(body);
            }
        }
        let before: Value = serde_json::from_str(&lines[14]).unwrap();
        let hash = hex::decode(before["hash"].as_str().unwrap()).unwrap();
        let (text, mac) = ("{\"action\":\"vault.deleted\"}", [7; 32]);
        let next = chain::hash(&hash.try_into().unwrap(), 13, (text.as_bytes(), &mac));
        let (hash, mac) = (hex::encode(next), hex::encode(mac));
        let key = "00".repeat(8);
        lines[15] = format!(
            "{{\"seq\":13,\"hash\":\"{hash}\",\"key\":\"{key}\",\"mac\":\"{mac}\",\
             \"linkKey\":\"{key}\",\"linkMac\":\"{mac}\",\"entry\":{text}}}"
        );
        last["previous"] = json!(hex::encode(Sha256::digest(last.to_string())));
        last["before"] = last["hash"].clone();
        (last["number"], last["first"], last["last"]) = (json!(3), json!(11), json!(13));
        last["hash"] = json!(hash);
        assert_eq!(last["organization"], json!(org));
        lines.push(signed(&last));
        lines.push(json!({"end": 13}).to_string());
        lines[0] = lines[0].replacen("\"last\":12", "\"last\":13", 1);
    })
}

#[tokio::test]
async fn whoever_kept_a_checkpoint_takes_no_other_signer_for_the_installation() {
    let (stage, file, kept) = archive().await;
    let (other, ..) = archive().await;
    let key = {
        let app = &other.server.app;
        let mut tx = PlatformTx::begin(&app.db).await.unwrap();
        registry::signing_key(tx.connection(), &app.keys).await
    };
    let file = forged(&file, stage.org, &key.unwrap().unwrap());
    // Whoever knows nothing but the file cannot tell, and is told whose signatures these are.
    let verdict = read(&file, With::default()).unwrap();
    assert_eq!((verdict.last, verdict.signed), (13, 13));
    assert_ne!(
        verdict.public_key,
        Some(hex::encode(kept[0].key().as_bytes()))
    );
    for kept in [&kept[..], &kept[1..], &kept[..1]] {
        let with = With {
            kept,
            ..With::default()
        };
        assert_eq!(read(&file, with), Err("OtherSigner(1)".to_owned()));
    }
    // A checkpoint that was kept counts for nothing either where another key is trusted.
    let foreign = checkpoint_key(&other).await;
    let with = With {
        key: Some(&foreign),
        kept: &kept,
        ..With::default()
    };
    assert_eq!(read(&file, with), Err("KeptOtherSigner(1)".to_owned()));
}

async fn checkpoint_key(stage: &Stage) -> PublicKey {
    let app = &stage.server.app;
    public(&app.db, &app.keys).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_archive_of_the_operator_verifies_over_a_replaced_master_key() {
    let (stage, _, _) = archive().await;
    let app = &stage.server.app;
    let now = app.clock.now();
    let begin = Writer::begin((&app.db, &app.keys), stage.org, None, (now, true)).await;
    let mut writer = begin.unwrap();
    let mut file = String::new();
    while let Some(piece) = writer.piece().await.unwrap() {
        file.push_str(&piece);
    }
    let verdict = read(
        &file,
        With {
            keys: Some(&app.keys),
            ..With::default()
        },
    )
    .unwrap();
    assert_eq!((verdict.first, verdict.last), (1, 12));
    // From the middle on: what came before is not in it, and it says so.
    let begin = Writer::begin((&app.db, &app.keys), stage.org, Some(8), (now, false)).await;
    let mut writer = begin.unwrap();
    let mut file = String::new();
    while let Some(piece) = writer.piece().await.unwrap() {
        file.push_str(&piece);
    }
    let verdict = read(
        &file,
        With {
            keys: Some(&app.keys),
            ..With::default()
        },
    )
    .unwrap();
    assert_eq!((verdict.first, verdict.last, verdict.signed), (9, 12, 10));
}
