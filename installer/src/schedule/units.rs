//! The text of the two units: a pure function of what was chosen.

use std::path::{Path, PathBuf};

/// How the names of the units end.
pub(crate) const NAMES: [&str; 2] = ["service", "timer"];

/// What is done, and when.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) dir: PathBuf,
    pub(crate) program: PathBuf,
    pub(crate) docker_host: String,
    pub(crate) project: String,
    /// As `OnCalendar=` takes it (systemd.time(7)).
    pub(crate) at: String,
    /// How many backups stay.
    pub(crate) keep: u16,
    /// The file with the passphrase; without it, backups are for the recipients that are noted.
    pub(crate) password_file: Option<PathBuf>,
}

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Job {
    /// What the units of a project are called, without their ending.
    pub(crate) fn name(project: &str) -> String {
        format!("vaultterm-backup-{project}")
    }

    /// The service and the timer.
    pub(crate) fn units(&self) -> [Unit; 2] {
        let [service, timer] = NAMES.map(|end| format!("{}.{end}", Self::name(&self.project)));
        [
            Unit {
                name: service,
                text: self.service(),
            },
            Unit {
                name: timer,
                text: self.timer(),
            },
        ]
    }

    fn service(&self) -> String {
        let call = [
            quoted(&self.program),
            "--dir".to_owned(),
            quoted(&self.dir),
            "--docker-host".to_owned(),
            quoted(Path::new(&self.docker_host)),
            "backup".to_owned(),
        ]
        .join(" ");
        let key = self.password_file.as_ref().map(|path| {
            let path = quoted(path);
            format!(" --backup-password-file {path}")
        });
        format!(
            "# Written by `vaultterm-install backup schedule`, which writes it anew.\n\
             [Unit]\n\
             Description=Backup of VaultTerm ({project}), proved by restoring it\n\
             After=docker.service\n\
             \n\
             [Service]\n\
             Type=oneshot\n\
             ExecStart={call}{key}\n\
             ExecStartPost={call} prune --keep {keep}\n\
             Nice=10\n\
             IOSchedulingClass=idle\n\
             NoNewPrivileges=yes\n\
             ProtectKernelModules=yes\n\
             ProtectKernelTunables=yes\n\
             ProtectControlGroups=yes\n",
            project = self.project,
            key = key.unwrap_or_default(),
            keep = self.keep,
        )
    }

    fn timer(&self) -> String {
        format!(
            "# Written by `vaultterm-install backup schedule`, which writes it anew.\n\
             [Unit]\n\
             Description=Backups of VaultTerm ({})\n\
             \n\
             [Timer]\n\
             OnCalendar={}\n\
             RandomizedDelaySec=5min\n\
             # What was missed while the server was off is made up for.\n\
             Persistent=true\n\
             \n\
             [Install]\n\
             WantedBy=timers.target\n",
            self.project,
            self.at.replace('%', "%%")
        )
    }
}

/// A word of a command line as systemd reads it (systemd.service(5), "Command lines").
fn quoted(path: &Path) -> String {
    let mut text = String::from("\"");
    for character in path.to_string_lossy().chars() {
        match character {
            '"' | '\\' => text.extend(['\\', character]),
            '%' | '$' => text.extend([character, character]),
            control if control.is_control() => {
                text.push_str(&format!("\\x{:02x}", u32::from(control)));
            }
            other => text.push(other),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Job, quoted};

    #[test]
    fn words_stay_words() {
        for (path, word) in [
            ("/opt/vaultterm", "\"/opt/vaultterm\""),
            ("/opt/a b", "\"/opt/a b\""),
            ("/a\"b\\c", "\"/a\\\"b\\\\c\""),
            ("/100%$HOME", "\"/100%%$$HOME\""),
            ("/a\nExecStart=x", "\"/a\\x0aExecStart=x\""),
        ] {
            assert_eq!(quoted(Path::new(path)), word);
        }
    }

    #[test]
    fn no_secret_and_no_question_is_in_a_unit() {
        let job = Job {
            dir: "/opt/vaultterm".into(),
            program: "/opt/vaultterm/vaultterm-install".into(),
            docker_host: "unix:///run/docker.sock".into(),
            project: "vaultterm".into(),
            at: "02:30".into(),
            keep: 14,
            password_file: Some("/root/passphrase".into()),
        };
        let [service, timer] = job.units();
        assert_eq!(service.name, "vaultterm-backup-vaultterm.service");
        assert_eq!(timer.name, "vaultterm-backup-vaultterm.timer");
        assert!(service.text.contains(
            "ExecStart=\"/opt/vaultterm/vaultterm-install\" --dir \"/opt/vaultterm\" --docker-host \
             \"unix:///run/docker.sock\" backup --backup-password-file \"/root/passphrase\"\n"
        ));
        assert!(service.text.contains(" backup prune --keep 14\n"));
        assert!(timer.text.contains("\nOnCalendar=02:30\n"));
    }
}
