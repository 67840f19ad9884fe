//! Making a recovery key, and handing its shares over: once, to people, and to nothing that keeps them.

use std::io::{IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use console::Console;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{Escrow, Mode, RecoveryKey, Share, keep_sealed, master_id, pages};
use crate::error::Error;
use crate::files::folder;
use crate::layout::Layout;
use crate::licence::day;
use crate::{master, state};

/// What `--escrow` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Choice {
    /// The vendor keeps one share of three, useless alone.
    Managed,
    /// You keep all three.
    CustomerOnly,
    /// No recovery key.
    None,
}

/// What is to become of a recovery key.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Wish {
    /// Who keeps the three recovery shares, of which two open every backup and restore access on a new
    /// host. Without it: customer-only where the shares can be handed over, on a terminal or with
    /// --shares-out; otherwise none, which `escrow renew` makes good at any time.
    #[arg(long, value_name = "MODE", value_enum)]
    escrow: Option<Choice>,
    /// Write the shares into three files of this folder, to be printed and then destroyed, instead of
    /// showing them.
    #[arg(long, value_name = "DIR")]
    shares_out: Option<PathBuf>,
}

/// Where shares go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ways {
    files: bool,
    terminal: bool,
}

impl Wish {
    /// What was decided, before anything is changed: shares that would go nowhere, or into a log, are
    /// refused.
    pub(crate) fn decide(&self, console: &Console) -> Result<Option<Mode>, Error> {
        let ways = Ways {
            files: self.shares_out.is_some(),
            terminal: is_shown(console),
        };
        if let Some(dir) = &self.shares_out {
            vacant(dir)?;
        }
        decide(self.escrow, ways)
    }

    /// Whether it was said that there is to be none.
    pub(crate) fn is_none(&self) -> bool {
        self.escrow == Some(Choice::None)
    }

    /// The same where a recovery key was asked for: without a word, it is that of before.
    pub(crate) fn renewed(&self, before: Option<Mode>, console: &Console) -> Result<Mode, Error> {
        let mode = match self.decide(console)? {
            Some(mode) if self.escrow.is_some() => mode,
            Some(mode) => before.unwrap_or(mode),
            None => return Err(Error::NowhereToShow),
        };
        Ok(mode)
    }
}

fn decide(choice: Option<Choice>, ways: Ways) -> Result<Option<Mode>, Error> {
    let possible = ways.files || ways.terminal;
    match choice {
        Some(Choice::None) => Ok(None),
        None if !possible => Ok(None),
        Some(_) if !possible => Err(Error::NowhereToShow),
        Some(Choice::Managed) => Ok(Some(Mode::Managed)),
        Some(Choice::CustomerOnly) | None => Ok(Some(Mode::CustomerOnly)),
    }
}

/// Whether a person sees what goes to standard output.
fn is_shown(console: &Console) -> bool {
    !console.is_json() && std::io::stdout().is_terminal()
}

/// Makes a recovery key, hands its shares over, and only then notes its recipient and seals the master
/// key to it: whatever is killed, nothing is sealed to shares that nobody has. Older shares open what
/// was sealed before.
pub(crate) fn hand_over(
    layout: &Layout,
    mode: Mode,
    wish: &Wish,
    now: OffsetDateTime,
    console: &Console,
) -> Result<Escrow, Error> {
    let mut state = state::require(layout)?;
    let master = master::open(layout)?;
    let key = RecoveryKey::generate().map_err(Error::Shares)?;
    let identity = key.identity().ok_or(Error::Shares(super::NoKey::Combine))?;
    let shares = key.split().map_err(Error::Shares)?;
    let set = shares.first().map(|share| share.set().to_string());
    let escrow = Escrow {
        mode,
        set: set.unwrap_or_default(),
        recipient: identity.to_public().to_string(),
        made: now.replace_nanosecond(0).unwrap_or(now),
        master: master.as_ref().map(master_id),
    };
    if let Some(dir) = &wish.shares_out {
        write(dir, &shares, mode, &day(now))?;
    }
    announce(&shares, mode, wish, console);
    state.escrow = Some(escrow.clone());
    let noted = state::write(layout, &state).and_then(|()| match &master {
        Some(master) => keep_sealed(layout, master, &identity.to_public()),
        None => Ok(()),
    });
    if noted.is_err() {
        console.warn(
            "it failed after the shares were handed over: destroy them, they may open nothing",
        );
    }
    noted.map(|()| escrow)
}

fn announce(shares: &[Share], mode: Mode, wish: &Wish, console: &Console) {
    console.heading("Recovery shares");
    if let Some(dir) = &wish.shares_out {
        console.say(&format!(
            "  They are in {}, one file each. Print them or carry them away, to three places, and destroy \
             the files: shred -u {}/share-*.html",
            dir.display(),
            dir.display()
        ));
        return;
    }
    console.say(
        "  Two of these three open every backup from now on. Write them down, or print them with \
         --shares-out DIR; they are shown this once, and are kept nowhere.",
    );
    for share in shares {
        console.result(&pages::text(share, mode));
        if mode == Mode::Managed && share.number() == pages::VENDORS {
            console.say(&format!("  {}", pages::advice(share, Some(mode))));
        }
    }
    if !console.settings().assume_yes {
        let _read = console.ask("Press Enter once all three are written down. ");
    }
}

fn name(dir: &Path, number: u8) -> PathBuf {
    dir.join(format!("share-{number}.html"))
}

/// Refuses a folder that has shares already: those of before may be the only ones that open something.
fn vacant(dir: &Path) -> Result<(), Error> {
    let taken = (1..=super::SHARES)
        .map(|number| name(dir, number))
        .find(|path| path.exists());
    taken.map_or(Ok(()), |path| Err(Error::ShareFile(path)))
}

fn write(dir: &Path, shares: &[Share], mode: Mode, day: &str) -> Result<(), Error> {
    if !dir.exists() {
        folder(dir, 0o700, None)?;
    }
    for share in shares {
        let path = name(dir, share.number());
        let page: Zeroizing<String> = pages::page(share, Some(mode), day);
        let write = || -> std::io::Result<()> {
            let mut file = std::fs::File::options()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)?;
            file.write_all(page.as_bytes())?;
            file.sync_all()
        };
        write().map_err(Error::file("cannot write", &path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use console::{Console, Settings};

    use super::super::{Mode, RecoveryKey, SEALED_MASTER, Share, unseal_master};
    use super::{Choice, Ways, Wish, decide, hand_over};
    use crate::error::Error;
    use crate::layout::Layout;
    use crate::state;

    #[test]
    fn shares_are_made_only_where_somebody_gets_them() {
        let nowhere = Ways {
            files: false,
            terminal: false,
        };
        let files = Ways {
            files: true,
            terminal: false,
        };
        let terminal = Ways {
            files: false,
            terminal: true,
        };
        assert!(matches!(decide(None, nowhere), Ok(None)));
        for ways in [files, terminal] {
            assert!(matches!(decide(None, ways), Ok(Some(Mode::CustomerOnly))));
            assert!(matches!(
                decide(Some(Choice::Managed), ways),
                Ok(Some(Mode::Managed))
            ));
            assert!(matches!(decide(Some(Choice::None), ways), Ok(None)));
        }
        for choice in [Choice::Managed, Choice::CustomerOnly] {
            assert!(matches!(
                decide(Some(choice), nowhere),
                Err(Error::NowhereToShow)
            ));
        }
    }

    #[test]
    fn shares_are_handed_over_and_kept_nowhere_else() {
        let room = tempfile::tempdir().unwrap();
        let layout = Layout::new(&room.path().join("opt")).unwrap();
        let out = room.path().join("shares");
        std::fs::create_dir_all(layout.secrets()).unwrap();
        std::fs::write(layout.secrets().join("master_key"), "07".repeat(32)).unwrap();
        let now = time::OffsetDateTime::UNIX_EPOCH;
        state::write(&layout, &crate::plan::tests::state("1.0.0", 1)).unwrap();
        let console = Console::new(Settings::plain());
        let wish = Wish {
            escrow: Some(Choice::Managed),
            shares_out: Some(out.clone()),
        };
        let mode = wish.decide(&console).unwrap().unwrap();
        let escrow = hand_over(&layout, mode, &wish, now, &console).unwrap();
        assert_eq!(
            state::require(&layout).unwrap().escrow,
            Some(escrow.clone())
        );
        assert!(escrow.mode == Mode::Managed);
        let shares: Vec<Share> = (1..=3)
            .map(|number| {
                let path = out.join(format!("share-{number}.html"));
                let mode = std::fs::metadata(&path).unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o600);
                Share::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
            })
            .collect();
        let identity = RecoveryKey::combine(&shares).unwrap().identity().unwrap();
        assert_eq!(identity.to_public().to_string(), escrow.recipient);
        let sealed = std::fs::read(layout.dir().join(SEALED_MASTER)).unwrap();
        assert_eq!(*unseal_master(&sealed, &identity).unwrap(), [7; 32]);
        // Nothing of a share is in the folder of the installation.
        for (name, bytes) in everything(layout.dir()) {
            for share in &shares {
                for line in share.lines() {
                    let group = line.split_whitespace().next().unwrap();
                    let found = bytes
                        .windows(group.len())
                        .any(|part| part == group.as_bytes());
                    // Five characters may come about in a sealed file; a line does not.
                    assert!(
                        !found || !String::from_utf8_lossy(&bytes).contains(&**line),
                        "{name}"
                    );
                }
            }
        }
        // A second set does not go over the first.
        assert!(matches!(wish.decide(&console), Err(Error::ShareFile(_))));
    }

    fn everything(dir: &std::path::Path) -> Vec<(String, Vec<u8>)> {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                all.extend(everything(&path));
            } else {
                all.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
        all
    }
}
