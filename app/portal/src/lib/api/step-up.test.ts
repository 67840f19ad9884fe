import { afterEach, describe, expect, it, vi } from 'vitest';
import { HEADER, proven, proveWith } from './step-up';

const demand = (id: unknown = 's1') =>
  new Response(JSON.stringify({ code: 'step-up-required', stepUp: { id } }), { status: 403 });
const request = () => new Request('https://v.example/api/v1/tokens', { method: 'POST', body: '{"name":"ci"}' });
afterEach(() => proveWith(null));

describe('an action that wants a proof', () => {
  it('is repeated as it was, with the proof', async () => {
    const prover = vi.fn(() => Promise.resolve(true));
    proveWith(prover);
    const bodies: string[] = [];
    const send = vi.fn(async (sent: Request) => {
      bodies.push(await sent.text());
      return sent.headers.get(HEADER) === 's1' ? new Response('{}') : demand();
    });
    expect((await proven(request(), send)).status).toBe(200);
    expect(prover).toHaveBeenCalledExactlyOnceWith('s1');
    expect(bodies).toEqual(['{"name":"ci"}', '{"name":"ci"}']);
  });

  it('stays refused when the person turns away', async () => {
    proveWith(() => Promise.resolve(false));
    const send = vi.fn(() => Promise.resolve(demand()));
    expect((await proven(request(), send)).status).toBe(403);
    expect(send).toHaveBeenCalledOnce();
  });

  it('is not repeated for ever', async () => {
    proveWith(() => Promise.resolve(true));
    const send = vi.fn(() => Promise.resolve(demand()));
    expect((await proven(request(), send)).status).toBe(403);
    expect(send).toHaveBeenCalledTimes(2);
  });

  it.each([
    ['another refusal', () => new Response('{"code":"forbidden"}', { status: 403 })],
    ['no JSON', () => new Response('<html>', { status: 403 })],
    ['a demand without a name', () => demand(7)],
    ['success', () => new Response('{}')],
  ])('is something else than %s', async (_, answer) => {
    const prover = vi.fn(() => Promise.resolve(true));
    proveWith(prover);
    await proven(request(), () => Promise.resolve(answer()));
    expect(prover).not.toHaveBeenCalled();
  });

  it('leaves the refusal to be read', async () => {
    const answer = await proven(request(), () => Promise.resolve(demand()));
    expect(await answer.json()).toMatchObject({ code: 'step-up-required' });
  });
});
