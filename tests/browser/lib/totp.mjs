import { createHmac } from 'node:crypto';

const STEP = 30;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** An authenticator app (RFC 6238): never the same code twice, as the server takes none twice. */
export class Authenticator {
  #key;
  #last = 0;

  constructor(secret) {
    let bits = '';
    for (const letter of secret.replace(/\s/g, '').toUpperCase()) {
      bits += ALPHABET.indexOf(letter).toString(2).padStart(5, '0');
    }
    this.#key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  }

  /** The next code that the server has not seen. It takes that of the next step early, and no later one. */
  async code() {
    const now = () => Math.floor(Date.now() / 1000 / STEP);
    this.#last = Math.max(now(), this.#last + 1);
    while (this.#last > now() + 1) await new Promise((resolve) => setTimeout(resolve, 200));
    return this.#at(this.#last);
  }

  /** The code that was given last, which works no more. */
  spent() {
    return this.#at(this.#last);
  }

  #at(step) {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const mac = createHmac('sha1', this.#key).update(counter).digest();
    const at = mac[mac.length - 1] & 15;
    return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
  }
}
