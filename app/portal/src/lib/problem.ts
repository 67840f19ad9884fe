/** What went wrong with a call, in the words of RFC 9457 or, where nothing answered, in ours. */
export interface Problem {
  /** The API's stable code; `network` and `unknown` are ours. */
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** Messages by the name of the field they belong to. */
  readonly fields: Readonly<Record<string, string>>;
  /** Seconds after which trying again makes sense. */
  readonly retryAfterSec: number | null;
  readonly requestId: string | null;
}

/** The longest wait that is taken from an answer. */
const LONGEST_WAIT_SEC = 3600;

const TITLES: Readonly<Record<number, string>> = {
  401: 'You are signed out',
  403: 'Not allowed',
  404: 'Not found',
  429: 'Too many attempts',
  503: 'Temporarily unavailable',
};

/** Nothing answered at all. */
export function networkProblem(): Problem {
  return {
    code: 'network',
    status: 0,
    title: 'The server does not answer',
    detail: 'Check your connection to it. Nothing was lost; try again when it is back.',
    fields: {},
    retryAfterSec: null,
    requestId: null,
  };
}

/** The person was asked for a proof and gave none. */
function unprovenProblem(status: number): Problem {
  return {
    code: 'step-up-required',
    status,
    title: 'Not confirmed',
    detail: 'This action needs a fresh proof that it is you. Nothing was changed.',
    fields: {},
    retryAfterSec: null,
    requestId: null,
  };
}

/** Reads an error answer. Whatever a proxy in between made of it, the result is presentable. */
export function problemFrom(response: Response, body: unknown): Problem {
  const given = isRecord(body) ? body : {};
  const { status } = response;
  if (given['code'] === 'step-up-required') return unprovenProblem(status);
  return {
    code: text(given['code']) ?? (status === 502 || status === 504 ? 'unavailable' : 'unknown'),
    status,
    title: text(given['title']) ?? TITLES[status] ?? 'Something went wrong',
    detail: text(given['detail']) ?? `The server answered with status ${status}.`,
    fields: fieldsOf(given['fields']),
    retryAfterSec: retryAfter(response.headers.get('retry-after')),
    requestId: text(given['requestId']) ?? null,
  };
}

/** Whether the same request may succeed later without any change. */
export function isPassing(problem: Problem): boolean {
  return problem.status === 0 || problem.status === 429 || problem.status >= 500;
}

/** `Retry-After` as seconds: a number, or a date (RFC 9110, 10.2.3). */
export function retryAfter(header: string | null, now = Date.now()): number | null {
  if (header === null || header.trim() === '') return null;
  const seconds = /^\d+$/.test(header.trim())
    ? Number(header)
    : Math.ceil((Date.parse(header) - now) / 1000);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), LONGEST_WAIT_SEC) : null;
}

function fieldsOf(list: unknown): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const entry of Array.isArray(list) ? list : []) {
    if (!isRecord(entry)) continue;
    const name = text(entry['name']);
    const message = text(entry['message']);
    // The first message of a field is the one to correct first.
    if (name && message) fields[name] ??= sentence(message);
  }
  return fields;
}

/** The API says what a field must be; below the field that is a sentence. */
function sentence(message: string): string {
  const said = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(said) ? said : `${said}.`;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
