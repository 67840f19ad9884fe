//! Is a file with a key readable by nobody else?
//!
//! Docker Compose mounts a secret's file as it is: owner and mode are those of the host, which the
//! installer and `generate-secrets.sh` set to 10001 and 0600. Orchestrators that mount copies give
//! them to root and to the group of the server, mode 0440: that is as good, since nobody else is in
//! that group.

use std::os::unix::fs::MetadataExt as _;

/// What stands against a file; nothing does against one that is private.
pub(super) fn check(path: &str) -> Result<(), String> {
    // One that cannot be looked at cannot be read either, and that is said elsewhere.
    let Ok(meta) = std::fs::metadata(path) else {
        return Ok(());
    };
    let own_group = rustix::process::getegid().as_raw();
    judge(meta.mode(), meta.gid(), own_group)
}

fn judge(mode: u32, group: u32, own_group: u32) -> Result<(), String> {
    let mode = mode & 0o777;
    let fact = if mode & 0o007 != 0 {
        "every user of the host may use"
    } else if mode & 0o070 != 0 && group != own_group {
        "a group that is not the server's may use"
    } else if mode & 0o030 != 0 {
        "its group may write"
    } else {
        return Ok(());
    };
    Err(format!("{fact} (mode {mode:04o})"))
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn a_key_is_for_the_server_alone() {
        for (mode, group, good) in [
            (0o100_600, 10001, true),
            (0o100_400, 0, true),
            // A copy that an orchestrator mounts: root's, readable by the server's group.
            (0o100_440, 10001, true),
            (0o100_640, 10001, true),
            (0o100_440, 0, false),
            (0o100_660, 10001, false),
            (0o100_644, 10001, false),
            (0o100_604, 10001, false),
            (0o100_666, 10001, false),
            (0o100_777, 10001, false),
        ] {
            let judged = judge(mode, group, 10001);
            assert_eq!(judged.is_ok(), good, "{mode:o} {group}: {judged:?}");
        }
    }
}
