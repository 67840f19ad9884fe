import { describe, expect, it } from 'vitest';
import { explain } from './passkey';

describe('a passkey that was not shown', () => {
  it('is no fault when the person turned away', () => {
    expect(explain(new DOMException('', 'NotAllowedError'))).toBeNull();
    expect(explain(new DOMException('', 'AbortError'))).toBeNull();
    expect(explain({ name: 'WebAuthnError', cause: { name: 'NotAllowedError' } })).toBeNull();
  });

  it('is explained otherwise', () => {
    expect(explain(new DOMException('', 'InvalidStateError'))?.title).toMatch(/known already/);
    expect(explain(new DOMException('', 'SecurityError'))?.title).toMatch(/this address/);
    expect(explain(null)?.title).toMatch(/could not be used/);
  });
});
