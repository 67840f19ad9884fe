import { describe, expect, it } from 'vitest';
import { deviceOf, suggestedName } from './device';

const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

describe('a device', () => {
  it.each([
    [CHROME, 'Chrome on Linux'],
    [`${CHROME.replace('X11; Linux x86_64', 'Windows NT 10.0; Win64')} Edg/142.0`, 'Edge on Windows'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604', 'Safari on iPhone'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Mac'],
    ['curl/8.5.0', 'curl/8.5.0'],
    ['', 'Unknown device'],
    [null, 'Unknown device'],
  ])('%s is %s', (agent, name) => expect(deviceOf(agent)).toBe(name));

  it('gives a passkey its name', () => expect(suggestedName(CHROME)).toBe('Linux'));
});
