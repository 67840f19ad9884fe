//! `repair-request`, `repair-answer` and `repair`: a damaged copy is healed from a small file.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use console::{Console, ExitCode, bytes};
use offline::repair::{self, Request};

use crate::error::Error;
use crate::opened;
use crate::output::Output;
use crate::trust;

/// Write down what is damaged in a bundle, for whoever has a good copy.
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
    /// Trust the keys or roots of this file instead of those compiled in.
    #[arg(long, value_name = "PUB")]
    trust: Option<PathBuf>,
}

/// Answer a repair request from a good copy.
#[derive(Debug, Args)]
pub(crate) struct Answer {
    /// The good bundle.
    file: PathBuf,
    /// The request.
    request: PathBuf,
    /// The file for the answer; FILE.repair when it is not given.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Trust the keys or roots of this file instead of those compiled in.
    #[arg(long, value_name = "PUB")]
    trust: Option<PathBuf>,
}

/// Heal a damaged bundle with the answer to its request.
#[derive(Debug, Args)]
pub(crate) struct Heal {
    /// The damaged bundle, or its first volume.
    file: PathBuf,
    /// The answer.
    answer: PathBuf,
    /// Trust the keys or roots of this file instead of those compiled in.
    #[arg(long, value_name = "PUB")]
    trust: Option<PathBuf>,
}

pub(crate) fn request(options: &AskFor, console: &Console) -> Result<ExitCode, Error> {
    let Some(request) = asked(options, console)? else {
        console.result(&format!("{}: nothing is damaged", options.file.display()));
        console.result_json(&serde_json::json!({ "damaged": 0 }));
        return Ok(ExitCode::Done);
    };
    let path = beside(&options.file, options.out.as_ref(), ".repair-request");
    let failed = |source| Error::Output {
        path: path.clone(),
        source,
    };
    let text = request.to_bytes().map_err(|error| failed(error.into()))?;
    let output = Output::begin(&path).map_err(failed)?;
    output
        .file()
        .and_then(|mut file| file.write_all(&text))
        .map_err(failed)?;
    let path = output.finish().map_err(failed)?;
    console.say("Have it answered where the bundle is whole: vaultterm-bundle repair-answer");
    console.result(&path.display().to_string());
    console.result_json(&serde_json::json!({
        "request": path, "damaged": request.ranges.len(), "size": text.len(),
    }));
    Ok(ExitCode::Done)
}

/// What there is to ask for; `None` when nothing is damaged.
fn asked(options: &AskFor, console: &Console) -> Result<Option<Request>, Error> {
    if options.head {
        return Ok(Some(Request::for_head()));
    }
    let held = opened::hold(&options.file, options.trust.as_deref())?;
    let survey = opened::survey(&held, console)?;
    if survey.is_clean() {
        return Ok(None);
    }
    for line in held.describe(&survey) {
        console.warn(&line);
    }
    Ok(Some(Request::new(&held, &survey)))
}

pub(crate) fn answer(options: &Answer, console: &Console) -> Result<ExitCode, Error> {
    let held = opened::hold(&options.file, options.trust.as_deref())?;
    let text = std::fs::read(&options.request).map_err(|source| Error::Input {
        path: options.request.clone(),
        source,
    })?;
    let refused = |source| Error::Repair {
        path: options.request.clone(),
        source,
    };
    let request = Request::parse(&text).map_err(refused)?;
    let path = beside(&options.file, options.out.as_ref(), ".repair");
    let failed = |source| Error::Output {
        path: path.clone(),
        source,
    };
    let output = Output::begin(&path).map_err(failed)?;
    let file = output.file().map_err(failed)?;
    let mut out = std::io::BufWriter::new(file);
    let answered = repair::answer(&held, &request, &mut out).map_err(refused)?;
    drop(out);
    let path = output.finish().map_err(failed)?;
    console.say(&format!("{} of content", bytes(answered.bytes)));
    console.result(&path.display().to_string());
    console.result_json(&serde_json::json!({
        "answer": path, "leaves": answered.leaves, "bytes": answered.bytes,
    }));
    Ok(ExitCode::Done)
}

pub(crate) fn heal(options: &Heal, console: &Console) -> Result<ExitCode, Error> {
    let trust = trust::of(options.trust.as_deref())?;
    let answer = std::fs::File::open(&options.answer).map_err(|source| Error::Input {
        path: options.answer.clone(),
        source,
    })?;
    let answer = std::io::BufReader::with_capacity(1 << 20, answer);
    let refused = |source| Error::Repair {
        path: options.answer.clone(),
        source,
    };
    let answer = repair::Answer::open(answer, &trust).map_err(refused)?;
    let medium = answer
        .medium(&options.file)
        .map_err(|error| Error::of_bundle(&options.file, error))?;
    let healed = answer.heal(medium.as_ref()).map_err(refused)?;
    let held = opened::hold(&options.file, options.trust.as_deref())?;
    let survey = opened::survey(&held, console)?;
    if !survey.is_clean() {
        return Err(Error::damaged(&held, &survey, None));
    }
    console.result(&format!(
        "{}: healed with {}, whole and unchanged",
        options.file.display(),
        bytes(healed.bytes)
    ));
    console.result_json(&serde_json::json!({
        "file": options.file, "healed": true, "leaves": healed.leaves, "bytes": healed.bytes,
    }));
    Ok(ExitCode::Done)
}

/// The file that was named, or one beside the bundle.
fn beside(bundle: &std::path::Path, named: Option<&PathBuf>, ending: &str) -> PathBuf {
    named.cloned().unwrap_or_else(|| {
        let mut name = bundle.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    })
}
