import { afterEach, beforeEach, vi } from 'vitest';

/** An error answer as the API gives it. */
export function problemAnswer(status: number, code: string, headers: Record<string, string> = {}): () => Response {
  const body = { type: `urn:vaultterm:problem:${code}`, title: code, status, detail: code, code, requestId: 'r' };
  return () =>
    new Response(JSON.stringify(body), {
      status,
      headers: { 'content-type': 'application/problem+json', ...headers },
    });
}

/** Answers calls by their path; a call that nobody expects fails the test. */
export function stubApi(answers: Record<string, unknown>): void {
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname } = new URL(request.url);
    if (!(pathname in answers)) throw new Error(`unexpected call of ${pathname}`);
    const answer = answers[pathname];
    if (typeof answer === 'function') return (answer as () => Response)();
    return new Response(JSON.stringify(answer), { headers: { 'content-type': 'application/json' } });
  });
}

/** What a test has the server say: at once, or when it lets it go. */
type Answer = () => Response | Promise<Response>;

/** An answer with a body. */
export const says = (body: unknown) => (): Response => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });

/**
 * Answers the calls of each test of a file in turn, with what the test gives; one more than it gave fails
 * it. What was asked is kept: addresses, and the bodies of what was sent.
 */
export function inTurn(): { give: (...answers: Answer[]) => void; asked: URL[]; sent: unknown[] } {
  const [given, asked, sent]: [Answer[], URL[], unknown[]] = [[], [], []];
  beforeEach(() => {
    for (const kept of [given, asked, sent]) kept.length = 0;
    vi.stubGlobal('fetch', async (request: Request) => {
      asked.push(new URL(request.url));
      if (request.method === 'POST') sent.push(await request.json());
      const next = given.shift();
      if (!next) throw new Error(`unexpected call of ${request.url}`);
      return next();
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
  return { give: (...answers) => void given.push(...answers), asked, sent };
}
