//! The gates, and the lowest role that passes each.

use crate::kernel::VaultRole;

/// A gate by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateKind {
    /// See what is there, and reveal it.
    Read,
    /// Store and change.
    Write,
    /// Delete.
    Delete,
    /// Decide who has access.
    ManageMembers,
    /// Rename, and delete the vault itself.
    ManageVault,
}

impl GateKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Read,
        Self::Write,
        Self::Delete,
        Self::ManageMembers,
        Self::ManageVault,
    ];

    /// The lowest role that passes.
    #[must_use]
    pub const fn lowest(self) -> VaultRole {
        match self {
            Self::Read => VaultRole::Viewer,
            Self::Write => VaultRole::Editor,
            Self::Delete | Self::ManageMembers => VaultRole::Admin,
            Self::ManageVault => VaultRole::Owner,
        }
    }
}

/// A gate as a type, so that a proof for one cannot stand for another.
pub trait Gate {
    /// Which gate it is.
    const KIND: GateKind;
}

macro_rules! gate {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl Gate for $name {
                const KIND: GateKind = GateKind::$name;
            }
        )+
    };
}

gate! {
    /// See what is there, and reveal it.
    Read,
    /// Store and change.
    Write,
    /// Delete.
    Delete,
    /// Decide who has access.
    ManageMembers,
    /// Rename, and delete the vault itself.
    ManageVault,
}

#[cfg(test)]
mod tests {
    use super::GateKind;
    use crate::kernel::VaultRole;

    #[test]
    fn the_table_is_the_published_one() {
        let mut table = String::new();
        for gate in GateKind::ALL {
            table.push_str(&format!("{gate:?}:"));
            for role in VaultRole::ALL
                .into_iter()
                .filter(|role| *role >= gate.lowest())
            {
                table.push_str(&format!(" {}", role.as_str()));
            }
            table.push('\n');
        }
        assert_eq!(
            table,
            "Read: VIEWER EDITOR ADMIN OWNER\n\
             Write: EDITOR ADMIN OWNER\n\
             Delete: ADMIN OWNER\n\
             ManageMembers: ADMIN OWNER\n\
             ManageVault: OWNER\n"
        );
    }
}
