import { describe, expect, it } from 'vitest';
import { inTime, overall } from './form';
import { isPassing, networkProblem, problemFrom, retryAfter } from './problem';

const answer = (status: number, headers: Record<string, string> = {}) =>
  new Response(null, { status, headers });

describe('an error answer', () => {
  it('is read as RFC 9457 has it', () => {
    const problem = problemFrom(answer(422), {
      type: 'urn:vaultterm:problem:invalid',
      title: 'Some fields are not right',
      status: 422,
      detail: 'Correct them.',
      code: 'invalid',
      requestId: 'r1',
      fields: [
        { name: 'name', message: 'must not be empty' },
        { name: 'name', message: 'second' },
        { name: 'email', message: 'Is taken!' },
      ],
    });
    expect(problem).toMatchObject({ code: 'invalid', status: 422, requestId: 'r1' });
    expect(problem.fields).toEqual({ name: 'Must not be empty.', email: 'Is taken!' });
  });

  it.each([
    ['nothing', null],
    ['a page of a proxy', '<html>Bad gateway</html>'],
    ['a list', []],
    ['wrong types', { title: 1, detail: {}, code: null, fields: 'x', requestId: 7 }],
    ['fields without sense', { fields: [null, 1, { name: 2 }, { message: 'x' }] }],
  ])('is presentable when the body is %s', (_, body) => {
    const problem = problemFrom(answer(502), body);
    expect(problem.code).toBe('unavailable');
    expect(problem.title).not.toBe('');
    expect(problem.detail).not.toBe('');
    expect(problem.fields).toEqual({});
    expect(problem.requestId).toBeNull();
  });

  it('says after what time to try again', () => {
    const problem = problemFrom(answer(429, { 'retry-after': '42' }), { code: 'rate-limited' });
    expect(problem.retryAfterSec).toBe(42);
    expect(isPassing(problem)).toBe(true);
  });

  it('passes by itself, or does not', () => {
    expect(isPassing(networkProblem())).toBe(true);
    expect(isPassing(problemFrom(answer(503), null))).toBe(true);
    expect(isPassing(problemFrom(answer(404), null))).toBe(false);
    expect(isPassing(problemFrom(answer(422), null))).toBe(false);
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');

  it.each([
    ['7', 7],
    [' 7 ', 7],
    ['0', 0],
    ['Mon, 23 Nov 2026 12:00:30 GMT', 30],
    ['Mon, 23 Nov 2026 11:00:00 GMT', 0],
    ['99999999', 3600],
    ['soon', null],
    ['', null],
    [null, null],
  ])('%s is %s seconds', (header, seconds) => {
    expect(retryAfter(header, now)).toBe(seconds);
  });
});

describe('above a form', () => {
  const problem = problemFrom(answer(422), { fields: [{ name: 'name', message: 'no' }] });

  it('stands only what no field says', () => {
    expect(overall(null, ['name'])).toBeNull();
    expect(overall(problem, ['name'])).toBeNull();
    expect(overall(problem, ['email'])).toBe(problem);
    expect(overall(networkProblem(), ['name'])).not.toBeNull();
  });

  it('stands a wait in words', () => {
    expect(inTime(1)).toBe('in 1 second');
    expect(inTime(40)).toBe('in 40 seconds');
    expect(inTime(200)).toBe('in 4 minutes');
  });
});
