//! Which type has which fields.

use super::{Field, Form, SecretType};

const NOTES: Field = Field::concealed("notes", "Notes", Form::Lines);

const PASSWORD: &[Field] = &[
    Field::open("username", "User name", Form::Line),
    Field::concealed("password", "Password", Form::Password).required(),
    Field::open("url", "Website", Form::Url),
    NOTES,
];

const API_KEY: &[Field] = &[
    Field::open("service", "Service", Form::Line),
    Field::open("label", "Label", Form::Line),
    Field::concealed("key", "Key", Form::Password).required(),
    Field::open("url", "Address", Form::Url),
    NOTES,
];

const SSH_KEY: &[Field] = &[
    Field::concealed("privateKey", "Private key", Form::Key).required(),
    Field::concealed("passphrase", "Passphrase", Form::Password),
    Field::derived("algorithm", "Algorithm"),
    Field::derived("publicKey", "Public key"),
    Field::derived("fingerprint", "Fingerprint"),
    NOTES,
];

const ENV_VAR: &[Field] = &[
    Field::open("variable", "Variable", Form::Line).required(),
    Field::concealed("value", "Value", Form::Lines).required(),
    NOTES,
];

const SECURE_NOTE: &[Field] = &[Field::concealed("body", "Note", Form::Markdown).required()];

const TOTP: &[Field] = &[
    Field::concealed("otpauth", "Set-up address or key", Form::Otpauth).required(),
    Field::open("issuer", "Issuer", Form::Line),
    Field::open("account", "Account", Form::Line),
    Field::derived("algorithm", "Algorithm"),
    Field::derived("digits", "Digits"),
    Field::derived("period", "Seconds"),
    NOTES,
];

const PAYMENT_CARD: &[Field] = &[
    Field::open("cardholder", "Name on the card", Form::Line),
    Field::concealed("number", "Number", Form::Digits).required(),
    Field::derived("brand", "Brand"),
    Field::derived("lastDigits", "Last digits"),
    Field::open("expiry", "Expires", Form::Month),
    Field::concealed("cvv", "Security code", Form::Digits),
    Field::concealed("pin", "PIN", Form::Digits),
    NOTES,
];

const IDENTITY: &[Field] = &[
    Field::open("fullName", "Full name", Form::Line),
    Field::open("email", "E-mail address", Form::Email),
    Field::open("phone", "Telephone", Form::Phone),
    Field::open("company", "Company", Form::Line),
    Field::concealed("address", "Address", Form::Lines),
    Field::concealed("birthDate", "Date of birth", Form::Date),
    Field::concealed("nationalId", "National id", Form::Line),
    Field::concealed("passport", "Passport", Form::Line),
    Field::concealed("drivingLicence", "Driving licence", Form::Line),
    NOTES,
];

const PASSKEY: &[Field] = &[
    Field::open("rpId", "Website", Form::Line).required(),
    Field::open("username", "User name", Form::Line),
    Field::open("credentialId", "Credential id", Form::Line)
        .required()
        .longest(1400),
    Field::concealed("userHandle", "User handle", Form::Line),
    Field::concealed("privateKey", "Private key", Form::Key).required(),
    Field::derived("algorithm", "Algorithm"),
    NOTES,
];

pub(super) const fn fields(kind: SecretType) -> &'static [Field] {
    match kind {
        SecretType::Password => PASSWORD,
        SecretType::ApiKey => API_KEY,
        SecretType::SshKey => SSH_KEY,
        SecretType::EnvVar => ENV_VAR,
        SecretType::SecureNote => SECURE_NOTE,
        SecretType::Totp => TOTP,
        SecretType::PaymentCard => PAYMENT_CARD,
        SecretType::Identity => IDENTITY,
        SecretType::Passkey => PASSKEY,
    }
}
