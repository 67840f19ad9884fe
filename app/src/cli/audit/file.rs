//! `audit verify FILE`: an archive, without a server and without a database.

use std::fs::File;
use std::io::BufReader;
use std::process::ExitCode;

use license::ed25519::PublicKey;

use super::Verify;
use crate::audit::archive::read::{self, Verdict, With};
use crate::boot;
use crate::cli::output::{complain, counted, print};
use crate::config::Env;
use crate::edge::error_chain;
use crate::keys::{Keyring, provider};

/// So much of the file is in memory at a time.
const BUFFER: usize = 1 << 20;

pub(super) async fn run(env: &Env, asked: &Verify) -> ExitCode {
    match verify(env, asked).await {
        Ok(verdict) => show(&verdict, asked.json),
        Err(complaint) => complain(&complaint),
    }
}

async fn verify(env: &Env, asked: &Verify) -> Result<Verdict, String> {
    let kept = super::kept(asked)?;
    let key = asked.public_key.as_deref().map(public_key).transpose()?;
    let keys = if asked.without_master_key {
        None
    } else {
        Some(ring(env).await?)
    };
    let path = asked
        .archive
        .as_deref()
        .unwrap_or_else(|| std::path::Path::new("-"));
    let named = |why: String| format!("{}: {why}", path.display());
    let file = File::open(path).map_err(|error| named(error.to_string()))?;
    let with = With {
        keys: keys.as_ref(),
        key: key.as_ref(),
        kept: &kept,
    };
    let found = read::verify(BufReader::with_capacity(BUFFER, file), with);
    found.map_err(|error| named(error_chain(&error)))
}

/// The master key that the environment names; nothing else of a configuration is needed.
async fn ring(env: &Env) -> Result<Keyring, String> {
    let hint =
        "\nwithout a master key, add --without-master-key: the signatures remain to be checked";
    let keys = boot::configure_master_key(env)
        .map_err(|fatal| format!("{}{hint}", error_chain(&fatal)))?;
    let ring = provider::keyring(keys).await;
    ring.map_err(|error| format!("{}{hint}", error_chain(&error)))
}

fn public_key(text: &str) -> Result<PublicKey, String> {
    let bytes: Option<[u8; 32]> = hex::decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok());
    let key = bytes.and_then(|bytes| PublicKey::from_bytes(&bytes).ok());
    key.ok_or_else(|| {
        "--public-key: 64 hexadecimal digits of an Ed25519 key are expected".to_owned()
    })
}

fn show(verdict: &Verdict, json: bool) -> ExitCode {
    if json {
        return match serde_json::to_string(verdict) {
            Ok(text) => print(&text),
            Err(error) => complain(&error.to_string()),
        };
    }
    print(&words(verdict))
}

/// What was proved, and what was not, each in a line.
fn words(verdict: &Verdict) -> String {
    let Verdict {
        organization,
        first,
        last,
        with_keys,
        ..
    } = verdict;
    let is = if first > last {
        "no entry is in it".to_owned()
    } else {
        format!("entries {first} to {last} are there, each in its place")
    };
    let codes = if *with_keys {
        "every entry was written by a server with this master key"
    } else {
        "without the master key, no entry's code was checked"
    };
    let lines = [
        format!("organisation {organization}: {is}"),
        codes.to_owned(),
        signed(verdict),
        kept(verdict),
    ];
    lines.join("\n")
}

fn signed(verdict: &Verdict) -> String {
    let Verdict { signed, last, .. } = verdict;
    let Some(key) = &verdict.public_key else {
        return "no checkpoint is in it, so nobody has signed any of it".to_owned();
    };
    let checkpoints = counted(verdict.checkpoints, "checkpoint", "checkpoints");
    let whose = if verdict.trusted {
        ", the key that you trust"
    } else {
        "; whether that is the installation's own, compare with the key that you noted, or name that \
         one with --public-key"
    };
    let text = format!("entries up to {signed} are signed, by {checkpoints}, with {key}{whose}");
    if signed >= last {
        return text;
    }
    let rest = signed.saturating_add(1);
    let by_whom = if verdict.with_keys {
        ""
    } else {
        ": whoever wrote the file may have added them"
    };
    format!("{text}\nentries {rest} to {last} are signed by nobody{by_whom}")
}

fn kept(verdict: &Verdict) -> String {
    match verdict.kept {
        0 => {
            "no checkpoint that you kept was given: whether the end was cut off, or an older state \
              put back, the file alone does not show"
                .to_owned()
        }
        1 => "the checkpoint that you kept is one of this very history".to_owned(),
        more => format!("the {more} checkpoints that you kept are of this very history"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Verdict, words};
    use crate::kernel::OrgId;

    #[test]
    fn an_auditor_reads_what_was_proved_and_what_was_not() {
        let verdict = Verdict {
            organization: OrgId::from_uuid(uuid::Uuid::nil()),
            first: 1,
            last: 12,
            signed: 10,
            checkpoints: 2,
            public_key: Some("ab".to_owned()),
            trusted: false,
            kept: 0,
            with_keys: false,
        };
        let said = words(&verdict);
        for part in [
            "entries 1 to 12 are there, each in its place",
            "no entry's code was checked",
            "up to 10 are signed, by 2 checkpoints, with ab; whether that is",
            "entries 11 to 12 are signed by nobody: whoever wrote the file",
            "no checkpoint that you kept was given",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let sure = Verdict {
            trusted: true,
            kept: 1,
            with_keys: true,
            checkpoints: 1,
            ..verdict.clone()
        };
        let said = words(&sure);
        for part in [
            "by a server with this master key",
            "by 1 checkpoint, with ab, the key that you trust",
            "entries 11 to 12 are signed by nobody\n",
            "the checkpoint that you kept is one of this very history",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let unsigned = Verdict {
            public_key: None,
            checkpoints: 0,
            first: 13,
            ..verdict
        };
        let said = words(&unsigned);
        assert!(said.contains("no entry is in it\n"), "{said}");
        assert!(said.contains("nobody has signed any of it"), "{said}");
    }
}
