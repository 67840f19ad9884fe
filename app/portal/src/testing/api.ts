import { vi } from 'vitest';

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
