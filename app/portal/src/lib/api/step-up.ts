/** Names the proof that the server was given for one act. */
export const HEADER = 'VaultTerm-Step-Up';

/** Has the person prove that it is them; says whether they did. */
export type Prover = (stepUpId: string) => Promise<boolean>;
let prover: Prover | null = null;

/** Sets who asks the person. */
export function proveWith(ask: Prover | null): void {
  prover = ask;
}

type Send = (request: Request) => Promise<Response>;

/**
 * Sends a request. Where the server first wants a proof that it is really this person, they are asked,
 * and the same request is sent once more. Whoever calls notices nothing of it.
 */
export async function proven(request: Request, send: Send): Promise<Response> {
  const again = request.clone();
  const answer = await send(request);
  const id = await demanded(answer);
  if (id === null || prover === null || !(await prover(id))) return answer;
  again.headers.set(HEADER, id);
  return send(again);
}

/** The proof that an answer demands, if it demands one. */
async function demanded(answer: Response): Promise<string | null> {
  if (answer.status !== 403) return null;
  try {
    const body = (await answer.clone().json()) as { code?: unknown; stepUp?: { id?: unknown } };
    const id = body.stepUp?.id;
    return body.code === 'step-up-required' && typeof id === 'string' ? id : null;
  } catch {
    return null;
  }
}
