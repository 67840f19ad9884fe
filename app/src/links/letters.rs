//! What mails say. Plain text, and nothing in it that a stranger could have written: our server is
//! nobody's way to send words of their own.

use crate::context::App;

/// A subject and a text.
pub(super) struct Words {
    subject: &'static str,
    text: String,
}

/// Sends words to an address, when there is mail.
pub(super) fn send(app: &App, to: &str, words: &Words) {
    if let Some(mail) = &app.mail {
        mail.send(to, words.subject, &words.text);
    }
}

/// Paragraphs, and from where they come.
fn words(app: &App, subject: &'static str, paragraphs: &[&str]) -> Words {
    let text = paragraphs.join("\n\n");
    Words {
        subject,
        text: format!("{text}\n\n-- \nVaultTerm, {}\n", app.server.base_url),
    }
}

/// The link to another password, for whoever has forgotten theirs.
pub(super) fn reset(app: &App, link: &str) -> Words {
    words(
        app,
        "Choose a new password",
        &[
            "Somebody asked for a new password for this address.",
            "This link lets you choose one. It works once, for 30 minutes:",
            link,
            "If it was not you, there is nothing to do: your password stays as it is.",
        ],
    )
}

/// That a password was set by a link.
pub(super) fn password_was_reset(app: &App) -> Words {
    words(
        app,
        "Your password was changed",
        &[
            "Somebody has set a new password for your account with a one-time link. Every device that \
             was signed in is signed out.",
            "If it was not you, tell those who manage your organisation at once, and choose another \
             password on the sign-in page.",
        ],
    )
}

/// That an admin made a link to another password.
pub(super) fn admin_made_a_link(app: &App) -> Words {
    words(
        app,
        "A link to a new password was made for you",
        &[
            "An admin of your organisation has made a one-time link with which a new password can be \
             set for your account. They will hand it to you; it works for 30 minutes.",
            "If you did not ask for it, tell the owner of your organisation.",
        ],
    )
}

/// That an admin took every second factor away.
pub(super) fn factors_were_removed(app: &App) -> Words {
    words(
        app,
        "Your second factors were removed",
        &[
            "An admin of your organisation has removed every second factor and recovery code of your \
             account. You are signed out everywhere, and sign in with your password alone until you \
             have set up another one.",
            "If you did not ask for it, change your password at once and tell the owner of your \
             organisation.",
        ],
    )
}

/// The link that confirms another address.
pub(super) fn confirm_address(app: &App, link: &str) -> Words {
    words(
        app,
        "Confirm your address",
        &[
            "Somebody wants to sign in with this address from now on.",
            "If it was you, this link confirms it. It works once, for 30 minutes:",
            link,
            "If it was not you, there is nothing to do: nothing is changed.",
        ],
    )
}

/// The link that opens an account.
pub(super) fn confirm_sign_up(app: &App, link: &str) -> Words {
    words(
        app,
        "Open your account",
        &[
            "Somebody signed up with this address.",
            "If it was you, this link opens the account, with the password that you chose. It works \
             once, for a day:",
            link,
            "If it was not you, there is nothing to do: there is no account.",
        ],
    )
}

/// To an address that signs up and has an account.
pub(super) fn you_have_an_account(app: &App) -> Words {
    words(
        app,
        "You have an account already",
        &[
            "Somebody signed up with this address. It has an account already, and nothing is changed.",
            "If it was you: sign in, or ask for a new password on the sign-in page.",
        ],
    )
}

/// To the owner of an address that somebody else would like to have.
pub(super) fn address_is_yours(app: &App) -> Words {
    words(
        app,
        "Somebody asked to use your address",
        &[
            "Somebody asked to sign in with this address from now on. It belongs to your account, and \
             stays with it: nothing is changed.",
            "If it was you, from another account: sign in with this one.",
        ],
    )
}

/// To the present address, that another one was asked for.
pub(super) fn change_was_asked_for(app: &App) -> Words {
    words(
        app,
        "Another address was asked for",
        &[
            "Somebody who is signed in as you asked to sign in with another address from now on. It \
             counts as soon as that address is confirmed.",
            "If it was not you, change your password now: that ends it, and signs everybody else out.",
        ],
    )
}

/// To the address of before.
pub(super) fn address_was_changed(app: &App) -> Words {
    words(
        app,
        "Your address was changed",
        &[
            "Your account is signed in to with another address from now on. This one opens nothing any \
             more.",
            "If it was not you, tell those who manage your organisation at once.",
        ],
    )
}
