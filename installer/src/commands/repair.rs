//! `repair-request` and `repair`: a damaged copy is healed from a small file instead of being
//! carried again.

use std::io::BufReader;
use std::path::PathBuf;

use clap::Args;
use console::{ExitCode, bytes};
use offline::repair::{self, Request};

use super::Call;
use crate::damage;
use crate::error::Error;
use crate::files::place;
use crate::trust;

const MODE: u32 = 0o644;

/// Write down what is damaged in a bundle, to be answered on the build host.
#[derive(Debug, Args)]
pub(crate) struct AskFor {
    /// The damaged bundle, or its first volume.
    file: PathBuf,
    /// The file for the request; FILE.repair-request when it is not given.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Ask for the beginning alone: when that is damaged, nothing else can be told.
    #[arg(long)]
    head: bool,
}

/// Heal a damaged bundle with the answer to its request.
#[derive(Debug, Args)]
pub(crate) struct Heal {
    /// The damaged bundle, or its first volume.
    file: PathBuf,
    /// The answer.
    answer: PathBuf,
}

pub(crate) fn request(options: &AskFor, call: &Call<'_>) -> Result<ExitCode, Error> {
    let Some(request) = asked(options, call)? else {
        let file = options.file.display();
        call.console.result(&format!("{file}: nothing is damaged"));
        call.console
            .result_json(&serde_json::json!({ "damaged": 0 }));
        return Ok(ExitCode::Done);
    };
    let path = options.out.clone().unwrap_or_else(|| {
        let mut name = options.file.as_os_str().to_owned();
        name.push(".repair-request");
        PathBuf::from(name)
    });
    let path = std::path::absolute(&path).map_err(Error::file("cannot write", &path))?;
    let text = request
        .to_bytes()
        .map_err(|error| Error::file("cannot write", &path)(error.into()))?;
    place(&path, &text, MODE, None)?;
    call.console.say(
        "Carry it to the build host: `vaultterm-bundle repair-answer BUNDLE REQUEST` answers it.",
    );
    call.console.result(&path.display().to_string());
    call.console.result_json(&serde_json::json!({
        "request": path, "damaged": request.ranges.len(), "size": text.len(),
    }));
    Ok(ExitCode::Done)
}

/// What there is to ask for; `None` when nothing is damaged.
fn asked(options: &AskFor, call: &Call<'_>) -> Result<Option<Request>, Error> {
    if options.head {
        return Ok(Some(Request::for_head()));
    }
    let (held, survey) = damage::survey(&options.file, call)?;
    if survey.is_clean() {
        return Ok(None);
    }
    for line in held.describe(&survey) {
        call.console.warn(&line);
    }
    Ok(Some(Request::new(&held, &survey)))
}

pub(crate) fn heal(options: &Heal, call: &Call<'_>) -> Result<ExitCode, Error> {
    let trust = trust::of(call)?;
    let refused = |error| Error::of_bundle(&options.answer, error);
    let answer = std::fs::File::open(&options.answer)
        .map_err(Error::file("cannot read", &options.answer))?;
    let answer = BufReader::with_capacity(1 << 20, answer);
    let answer = repair::Answer::open(answer, &trust).map_err(refused)?;
    let medium = answer
        .medium(&options.file)
        .map_err(|error| Error::of_bundle(&options.file, error))?;
    let healed = answer.heal(medium.as_ref()).map_err(refused)?;
    let (held, survey) = damage::survey(&options.file, call)?;
    if !survey.is_clean() {
        return Err(Error::Damaged {
            path: options.file.clone(),
            lines: held.describe(&survey),
        });
    }
    call.console.result(&format!(
        "{}: healed with {}, whole and unchanged",
        options.file.display(),
        bytes(healed.bytes)
    ));
    call.console.result_json(&serde_json::json!({
        "file": options.file, "healed": true, "leaves": healed.leaves, "bytes": healed.bytes,
    }));
    Ok(ExitCode::Done)
}
