//! Where shares come from: files, the environment, or a person who types them. Never the command
//! line, where every process of the host could read them.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use console::{Console, PassphraseError, Secret};
use zeroize::Zeroizing;

use super::groups::{self, GROUP};
use super::share::{BEGIN, END, IN_A_LINE, LINES};
use super::{NEEDED, RecoveryKey, SHARES, Share};
use crate::error::Error;

/// The variables that may hold shares, with the number of the place behind.
const VARIABLE: &str = "VAULTTERM_RECOVERY_SHARE_";
/// How often a line may be mistyped.
const ATTEMPTS: usize = 5;

/// Where the shares are.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SharesFrom {
    /// Read a share from a file; repeat it. `-` reads standard input, one share a line. Without it,
    /// `VAULTTERM_RECOVERY_SHARE_1` and `_2` are asked, and then you.
    #[arg(long = "share", value_name = "FILE")]
    share: Vec<PathBuf>,
}

impl SharesFrom {
    /// Whether files were named.
    pub(crate) const fn is_named(&self) -> bool {
        !self.share.is_empty()
    }

    /// All that can be had, at least as many as are needed.
    pub(crate) fn read(&self, console: &Console) -> Result<Vec<Share>, Error> {
        let mut shares = Vec::new();
        for path in &self.share {
            let text = read(path)?;
            for block in blocks(&text) {
                let share = Share::parse(&block);
                shares.push(share.map_err(|source| Error::Share {
                    place: path.display().to_string(),
                    source,
                })?);
            }
        }
        if self.is_named() {
            return Ok(shares);
        }
        for place in 1..=SHARES {
            let needed = shares.len() < usize::from(NEEDED);
            let Some(share) = given(place, needed, console)? else {
                break;
            };
            shares.push(share);
        }
        Ok(shares)
    }

    /// The key that they give.
    pub(crate) fn key(&self, console: &Console) -> Result<RecoveryKey, Error> {
        RecoveryKey::combine(&self.read(console)?).map_err(Error::Shares)
    }
}

fn read(path: &Path) -> Result<Zeroizing<String>, Error> {
    if path != Path::new("-") {
        return Ok(Zeroizing::new(console::read_bounded(path)?));
    }
    let mut text = Zeroizing::new(String::new());
    let mut input = std::io::stdin().lock().take(64 * 1024);
    input
        .read_to_string(&mut text)
        .map_err(Error::file("cannot read", path))?;
    Ok(text)
}

/// The shares in a text: between their marks; or one in each line that is as long as a share; or all of
/// it is one.
fn blocks(text: &str) -> Vec<Zeroizing<String>> {
    let own = |text: &str| Zeroizing::new(text.to_owned());
    if text.contains(BEGIN) {
        let marked = text.split(BEGIN).skip(1);
        return marked
            .filter_map(|rest| Some(own(rest.split_once(END)?.0)))
            .collect();
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let lines = lines.filter(|line| !line.trim_start().starts_with('#'));
    let whole = |line: &str| {
        let typed = line.chars().filter(char::is_ascii_alphanumeric);
        typed.count() == LINES * IN_A_LINE * GROUP
    };
    if lines.clone().all(whole) {
        return lines.map(own).collect();
    }
    let mut all = own("");
    for line in lines {
        all.push_str(line);
        all.push('\n');
    }
    vec![all]
}

/// A share from the environment, or from a person. The third one is asked of nobody.
fn given(place: u8, needed: bool, console: &Console) -> Result<Option<Share>, Error> {
    let variable = format!("{VARIABLE}{place}");
    let mut typed = false;
    let mut question = |question: &str| {
        let secret = Secret {
            variable: if typed { "" } else { &variable },
            file: None,
            question,
        };
        typed = true;
        secret.ask().map_err(|error| match error {
            PassphraseError::Missing => Error::Shares(super::NoKey::TooFew(usize::from(place) - 1)),
            other => Error::BackupKey(other.to_string()),
        })
    };
    if !needed {
        let secret = Secret {
            variable: &variable,
            file: None,
            question: "",
        };
        return match secret.in_environment() {
            Some(text) => parsed(&text, &variable).map(Some),
            None => Ok(None),
        };
    }
    ask(place, &mut question, &mut |text| console.warn(text)).map(Some)
}

fn parsed(text: &str, place: &str) -> Result<Share, Error> {
    Share::parse(text).map_err(|source| Error::Share {
        place: place.to_owned(),
        source,
    })
}

/// Lets a person type a share line by line; each is checked before the next is asked for. Who pastes
/// all of it is asked no more.
fn ask(
    place: u8,
    question: &mut dyn FnMut(&str) -> Result<Zeroizing<String>, Error>,
    complain: &mut dyn FnMut(&str),
) -> Result<Share, Error> {
    let mut text = Zeroizing::new(String::new());
    let mut line = 0;
    for _ in 0..LINES * ATTEMPTS {
        let what = format!("share {place} of those you have");
        let words = match line {
            0 => format!("Line 1 of {LINES} of {what}, or all of it"),
            _ => format!("Line {} of {LINES}", line + 1),
        };
        let typed = question(&words)?;
        match groups::checked(&typed, line * IN_A_LINE) {
            Ok(values) if values.len() == LINES * IN_A_LINE * GROUP && line == 0 => {
                return parsed(&typed, &what);
            }
            Ok(values) if values.len() == IN_A_LINE * GROUP => {
                text.push_str(&typed);
                line += 1;
            }
            Ok(values) => complain(&format!(
                "a line has {} letters and digits, and that were {}",
                IN_A_LINE * GROUP,
                values.len()
            )),
            Err(groups::Typo::Group(group)) => {
                let group = (group - 1) % IN_A_LINE + 1;
                complain(&format!("group {group} of the line has a typing error"));
            }
            Err(_) => complain("there are only letters and digits in it"),
        }
        if line == LINES {
            return parsed(&text, &what);
        }
    }
    Err(Error::Share {
        place: format!("share {place}"),
        source: super::BadShare::Length {
            found: line * IN_A_LINE * GROUP,
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use zeroize::Zeroizing;

    use super::super::{RecoveryKey, Share};
    use super::{ask, blocks};
    use crate::error::Error;

    fn shares() -> Vec<Share> {
        RecoveryKey::generate().unwrap().split().unwrap()
    }

    fn type_in(words: &[String]) -> (Result<Share, Error>, Vec<String>) {
        let mut words: VecDeque<String> = words.to_vec().into();
        let mut complaints = Vec::new();
        let share = ask(
            1,
            &mut |_| {
                let word = words.pop_front();
                word.map(Zeroizing::new).ok_or(Error::Interrupted)
            },
            &mut |text| complaints.push(text.to_owned()),
        );
        (share, complaints)
    }

    #[test]
    fn a_mistyped_line_is_asked_for_again_and_no_other() {
        let share = shares().remove(0);
        let lines: Vec<String> = share.lines().iter().map(|line| line.to_string()).collect();
        let mut words = lines.clone();
        let wrong = lines[1].replace(
            &lines[1][8..9],
            if &lines[1][8..9] == "A" { "B" } else { "A" },
        );
        words.insert(1, wrong);
        words.insert(1, "12".to_owned());
        words.insert(1, "ÄÖ".to_owned());
        let (typed, complaints) = type_in(&words);
        assert_eq!(typed.unwrap(), share);
        assert_eq!(complaints.len(), 3);
        let (pasted, complaints) = type_in(&[share.compact().to_string()]);
        assert!(pasted.unwrap() == share && complaints.is_empty());
    }

    #[test]
    fn shares_are_found_in_files_however_they_are_written() {
        let shares = shares();
        let page = super::super::pages::page(&shares[0], None, "2026-01-01");
        let lines: Vec<String> = shares[0]
            .lines()
            .iter()
            .map(|line| line.to_string())
            .collect();
        let compact: Vec<String> = shares
            .iter()
            .map(|share| share.compact().to_string())
            .collect();
        for (text, expected) in [
            (page.to_string(), &shares[..1]),
            (format!("# mine\n\n{}\n", lines.join("\n")), &shares[..1]),
            (compact.join("\n"), &shares[..]),
        ] {
            let found: Vec<Share> = blocks(&text)
                .iter()
                .map(|block| Share::parse(block).unwrap())
                .collect();
            assert_eq!(found, expected);
        }
    }
}
