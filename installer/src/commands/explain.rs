//! `explain`: the long text about a code.

use clap::Args;
use console::{ExitCode, table};

use super::Call;
use crate::codes;
use crate::error::Error;

/// Explain a code such as VT-I004; without one, list them all.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The code that an error message shows.
    code: Option<String>,
}

pub(crate) fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    match &options.code {
        None => {
            let rows = codes::ALL.iter();
            let rows = rows.map(|code| vec![code.id.to_owned(), code.title.to_owned()]);
            call.console
                .result(table(&rows.collect::<Vec<_>>()).trim_end());
            let list = codes::ALL.iter().map(|code| (code.id, code.title));
            call.console
                .result_json(&list.collect::<std::collections::BTreeMap<_, _>>());
        }
        Some(id) => {
            let code = codes::find(id).ok_or_else(|| Error::NoSuchCode(id.clone()))?;
            call.console
                .result(&format!("{}: {}\n\n{}", code.id, code.title, code.page));
            call.console.result_json(&serde_json::json!({
                "code": code.id, "title": code.title, "text": code.page
            }));
        }
    }
    Ok(ExitCode::Done)
}
