import { expect, it } from 'vitest';
import { sizeOf } from './bytes';

it.each([[0, '0 bytes'], [1, '1 byte'], [1023, '1023 bytes'], [1536, '1.5 KiB'], [10 * 1024 * 1024, '10.0 MiB'], [200 * 1024 * 1024, '200 MiB'], [5e12, '4657 GiB']])(
  'a size of %d is %s', (bytes, words) => expect(sizeOf(bytes)).toBe(words),
);
