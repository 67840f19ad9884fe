//! `escrow`: the recovery key and its three shares.

use clap::{Args, Subcommand};
use console::{ExitCode, table};
use serde_json::json;

use super::Call;
use crate::apply::Lock;
use crate::error::Error;
use crate::escrow::{self, Escrow, NoKey, RecoveryKey, SharesFrom, Wish, hand_over};
use crate::licence::day;
use crate::state;

/// The recovery key: whether there is one, whether shares fit it, a new one.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show what is known of the recovery key; no share is.
    Show,
    /// Type two or three shares: do they fit this installation? Nothing of them is printed.
    Verify(SharesFrom),
    /// Make a new recovery key with new shares. Backups from now on open with the new ones; those that
    /// are there already still open with the old ones.
    Renew(Wish),
}

pub(crate) fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    match &options.verb {
        Verb::Show => show(call),
        Verb::Verify(shares) => verify(shares, call),
        Verb::Renew(wish) => renew(wish, call),
    }
}

fn present(call: &Call<'_>) -> Result<Escrow, Error> {
    state::require(&call.layout)?.escrow.ok_or(Error::NoEscrow)
}

fn show(call: &Call<'_>) -> Result<ExitCode, Error> {
    let escrow = present(call)?;
    let master = match &escrow.master {
        Some(_) => escrow::SEALED_MASTER,
        None => "not on this server; backups alone are sealed to it",
    };
    let rows = [
        ("kept by", escrow.mode.as_str().to_owned()),
        ("set", escrow.set.clone()),
        ("made", day(escrow.made)),
        ("recipient", escrow.recipient.clone()),
        ("master key", master.to_owned()),
    ];
    let rows = rows.map(|(name, value)| vec![name.to_owned(), value]);
    call.console.result(table(&rows).trim_end());
    call.console.result_json(&escrow);
    Ok(ExitCode::Done)
}

fn verify(shares: &SharesFrom, call: &Call<'_>) -> Result<ExitCode, Error> {
    let escrow = present(call)?;
    let shares = shares.read(call.console)?;
    fits(&escrow, &shares)?;
    let numbers: Vec<u8> = shares.iter().map(escrow::Share::number).collect();
    let named: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    call.console.result(&format!(
        "Shares {} fit this installation: set {}",
        named.join(" and "),
        escrow.set
    ));
    call.console
        .result_json(&json!({ "fit": true, "set": escrow.set, "shares": numbers }));
    Ok(ExitCode::Done)
}

/// Whether shares give the key whose recipient is known here.
fn fits(escrow: &Escrow, shares: &[escrow::Share]) -> Result<(), Error> {
    let key = RecoveryKey::combine(shares).map_err(Error::Shares)?;
    let identity = key.identity().ok_or(Error::Shares(NoKey::Combine))?;
    if identity.to_public().to_string() == escrow.recipient {
        return Ok(());
    }
    let typed = shares.first().map(|share| share.set().to_string());
    Err(Error::OtherShares {
        typed: typed.unwrap_or_default(),
        here: escrow.set.clone(),
    })
}

fn renew(wish: &Wish, call: &Call<'_>) -> Result<ExitCode, Error> {
    let before = state::require(&call.layout)?.escrow;
    let mode = wish.renewed(before.as_ref().map(|before| before.mode), call.console)?;
    let _lock = Lock::take(call.layout.dir())?;
    if let Some(before) = &before {
        call.console.warn(&format!(
            "backups from now on open with the new shares. Those that exist still open with two of set {}: \
             keep these as long as such a backup, and then destroy both",
            before.set
        ));
        if !call.console.confirm("Make new shares?") {
            return Err(Error::Declined);
        }
    }
    let escrow = hand_over(&call.layout, mode, wish, call.now, call.console)?;
    call.console.say(&format!(
        "The recovery key is a new one: set {}, {}. Back up now: vaultterm-install backup",
        escrow.set,
        escrow.mode.as_str()
    ));
    call.console
        .result_json(&json!({ "renewed": true, "escrow": escrow }));
    Ok(ExitCode::Done)
}

#[cfg(test)]
mod tests {
    use super::fits;
    use crate::error::Error;
    use crate::escrow::{Escrow, Mode, RecoveryKey};

    #[test]
    fn shares_of_another_key_do_not_fit_and_the_sets_are_named() {
        let (own, other) = (
            RecoveryKey::generate().unwrap(),
            RecoveryKey::generate().unwrap(),
        );
        let (own_shares, others) = (own.split().unwrap(), other.split().unwrap());
        let escrow = Escrow {
            mode: Mode::CustomerOnly,
            set: own_shares[0].set().to_string(),
            recipient: own.identity().unwrap().to_public().to_string(),
            made: time::OffsetDateTime::UNIX_EPOCH,
            master: None,
        };
        assert!(fits(&escrow, &own_shares).is_ok());
        assert!(fits(&escrow, &own_shares[1..]).is_ok());
        let refused = fits(&escrow, &others[..2]).unwrap_err();
        assert!(matches!(&refused, Error::OtherShares { .. }));
        assert!(refused.to_string().contains(&escrow.set));
        assert!(fits(&escrow, &own_shares[..1]).is_err());
    }
}
