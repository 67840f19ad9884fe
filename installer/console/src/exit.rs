//! The exit codes that all our programs share.

/// How a program ended. The numbers are a contract: scripts and other tools rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// What was asked is done.
    Done = 0,
    /// It failed for a reason that has no code of its own.
    Failed = 1,
    /// The command line was wrong.
    Usage = 2,
    /// A signature, digest or trusted key did not hold.
    Untrusted = 3,
    /// The host is not ready; nothing was changed.
    Preflight = 4,
    /// The licence was refused; nothing was changed.
    License = 5,
    /// It failed, and everything was put back.
    RolledBack = 6,
    /// It failed, and a person has to finish what is named in the output.
    NeedsHands = 7,
    /// Another run holds the lock.
    Locked = 8,
    /// It was interrupted and can be resumed by running the same command again.
    Interrupted = 130,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::ExitCode;

    #[test]
    fn the_table_is_the_published_one() {
        let table = [
            (ExitCode::Done, 0),
            (ExitCode::Failed, 1),
            (ExitCode::Usage, 2),
            (ExitCode::Untrusted, 3),
            (ExitCode::Preflight, 4),
            (ExitCode::License, 5),
            (ExitCode::RolledBack, 6),
            (ExitCode::NeedsHands, 7),
            (ExitCode::Locked, 8),
            (ExitCode::Interrupted, 130),
        ];
        for (code, number) in table {
            assert_eq!(code as u8, number, "{code:?}");
        }
    }
}
