//! The columns of other programs.

use super::columns::Known;

pub(in crate::vault::import) const BITWARDEN: &[Known] = &[
    ("folder", "folder"),
    ("collections", "folder"),
    ("favorite", "favourite"),
    ("type", "kind"),
    ("name", "name"),
    ("notes", "notes"),
    ("fields", "lines"),
    ("reprompt", "ignore"),
    ("archiveddate", "ignore"),
    ("login_uri", "url"),
    ("login_username", "username"),
    ("login_password", "password"),
    ("login_totp", "otpauth"),
];

pub(in crate::vault::import) const ONEPASSWORD: &[Known] = &[
    ("title", "name"),
    ("url", "url"),
    ("urls", "url"),
    ("username", "username"),
    ("password", "password"),
    ("otpauth", "otpauth"),
    ("one-time password", "otpauth"),
    ("favorite", "favourite"),
    ("archived", "ignore"),
    ("tags", "tags"),
    ("notes", "notes"),
    ("notesplain", "notes"),
];

pub(in crate::vault::import) const LASTPASS: &[Known] = &[
    ("url", "url"),
    ("username", "username"),
    ("password", "password"),
    ("totp", "otpauth"),
    ("extra", "notes"),
    ("name", "name"),
    ("grouping", "folder"),
    ("fav", "favourite"),
];

/// Chrome and Edge: `name`, `url`, `username`, `password`, `note`. Safari: `Title`, `URL`, `Username`,
/// `Password`, `Notes`, `OTPAuth`. Firefox: `url`, `username`, `password` and what it remembers of
/// forms and times.
pub(in crate::vault::import) const BROWSERS: &[Known] = &[
    ("name", "name"),
    ("title", "name"),
    ("url", "url"),
    ("username", "username"),
    ("password", "password"),
    ("note", "notes"),
    ("notes", "notes"),
    ("otpauth", "otpauth"),
    ("httprealm", "ignore"),
    ("formactionorigin", "ignore"),
    ("guid", "ignore"),
    ("timecreated", "ignore"),
    ("timelastused", "ignore"),
    ("timepasswordchanged", "ignore"),
];

/// What the columns of any table are mostly called.
pub(super) const GUESSES: &[Known] = &[
    ("name", "name"),
    ("title", "name"),
    ("account", "name"),
    ("url", "url"),
    ("website", "url"),
    ("web site", "url"),
    ("login_uri", "url"),
    ("username", "username"),
    ("user name", "username"),
    ("login name", "username"),
    ("login", "username"),
    ("email", "username"),
    ("password", "password"),
    ("pass", "password"),
    ("notes", "notes"),
    ("note", "notes"),
    ("comments", "notes"),
    ("extra", "notes"),
    ("folder", "folder"),
    ("group", "folder"),
    ("tags", "tags"),
    ("favorite", "favourite"),
    ("favourite", "favourite"),
    ("otpauth", "otpauth"),
    ("totp", "otpauth"),
];
