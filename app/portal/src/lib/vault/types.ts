import type { Secret, SecretField, SecretType, SecretTypeInfo } from '../api/client';
import type { IconName } from '../../ui/icons';
import { host } from '../search';

/** What the portal knows of a type beyond the server's table: a sign, a word for its use, what is copied first. */
interface Look {
  readonly icon: IconName;
  readonly one: string;
  /** In the plural, for filters. */
  readonly many: string;
  readonly hint: string;
  /** The field that a record of this type is kept for. */
  readonly main: string;
  /** The open fields that tell one record from the next, the most telling first. */
  readonly telling: readonly string[];
}

const LOOKS: Readonly<Record<SecretType, Look>> = {
  PASSWORD: { icon: 'key', one: 'Password', many: 'Passwords', hint: 'A user name and a password for a site or a system.', main: 'password', telling: ['username', 'url'] },
  API_KEY: { icon: 'token', one: 'API key', many: 'API keys', hint: 'What a program shows to a service.', main: 'key', telling: ['service', 'label', 'url'] },
  SSH_KEY: { icon: 'terminal', one: 'SSH key', many: 'SSH keys', hint: 'A private key, checked as it is stored, or made here.', main: 'privateKey', telling: ['algorithm', 'fingerprint'] },
  ENV_VAR: { icon: 'braces', one: 'Variable', many: 'Variables', hint: 'One variable, or a whole .env file at once.', main: 'value', telling: ['variable'] },
  SECURE_NOTE: { icon: 'note', one: 'Note', many: 'Notes', hint: 'Text in Markdown: instructions, licences, recovery codes.', main: 'body', telling: [] },
  TOTP: { icon: 'clock', one: 'One-time code', many: 'One-time codes', hint: 'Shows a fresh code every half minute. The seed stays on the server.', main: 'otpauth', telling: ['issuer', 'account'] },
  PAYMENT_CARD: { icon: 'card', one: 'Card', many: 'Cards', hint: 'A payment card, its number checked.', main: 'number', telling: ['brand', 'lastDigits', 'cardholder'] },
  IDENTITY: { icon: 'identity', one: 'Identity', many: 'Identities', hint: 'What the papers of a person say.', main: 'nationalId', telling: ['fullName', 'email', 'company'] },
  PASSKEY: { icon: 'passkey', one: 'Passkey', many: 'Passkeys', hint: 'A key for signing in without a password, kept here.', main: 'privateKey', telling: ['rpId', 'username'] },
};

/** The portal's part of a type. One that a newer server has looks like a password. */
export function lookOf(type: SecretType): Look {
  return LOOKS[type] ?? LOOKS.PASSWORD;
}

/** A word of the server's in the portal's words: a type by its name, any other as it is read. */
export function wordFor(code: string): string {
  const type = Object.hasOwn(LOOKS, code) ? LOOKS[code as SecretType] : null;
  return type?.one ?? code.toLowerCase().replaceAll('_', ' ');
}

/** Whether a record's main value is shown by a code rather than revealed. */
export function hasCode(record: Secret): boolean {
  return record.type === 'TOTP';
}

/** What is copied at a press of one key: the main field, or the first that holds something. */
export function mainField(record: Secret): string | null {
  const { main } = lookOf(record.type);
  return record.concealed.includes(main) ? main : (record.concealed[0] ?? null);
}

/** What a record is called where it is named. One that was changed or damaged behind the server has no name. */
export function title(record: Pick<Secret, 'name' | 'readable'>): string {
  return record.readable ? record.name : 'This record does not open';
}

/** The line below a record's name. */
export function telling(record: Pick<Secret, 'type' | 'fields'>): string {
  const { telling: names } = lookOf(record.type);
  const words = names
    .map((name) => record.fields[name] ?? '')
    .filter(Boolean)
    .map((text) => (/^[a-z]+:\/\//i.test(text) ? host(text) : text));
  if (record.type === 'PAYMENT_CARD' && record.fields['lastDigits']) {
    return [record.fields['brand'], `•••• ${record.fields['lastDigits']}`, record.fields['cardholder']].filter(Boolean).join(' · ');
  }
  return words.slice(0, 2).join(' · ');
}

/** The fields of a form: what follows from others is not asked for. */
export function asked(info: SecretTypeInfo): SecretField[] {
  return info.fields.filter((field) => !field.derived);
}

/** What is short stands beside others in a form: so much of its width. */
const BESIDE: Readonly<Record<string, 'half' | 'third'>> = {
  expiry: 'third', cvv: 'third', pin: 'third',
  issuer: 'half', account: 'half', email: 'half', phone: 'half',
  birthDate: 'half', nationalId: 'half', passport: 'half', drivingLicence: 'half',
};

/** How much of a form's width a field takes. */
export function widthOf(name: string): 'whole' | 'half' | 'third' {
  return BESIDE[name] ?? 'whole';
}

/** A field's name in words; a field of a newer server keeps its own. */
export function labelOf(info: SecretTypeInfo | undefined, name: string): string {
  return info?.fields.find((field) => field.name === name)?.label ?? name;
}
