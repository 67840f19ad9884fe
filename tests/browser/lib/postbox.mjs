import { createServer } from 'node:net';

/** A server that takes mail (RFC 5321) and keeps it for whoever waits. */
export class Postbox {
  #letters = [];
  #server;

  static async open(port) {
    const box = new Postbox();
    box.#server = createServer((socket) => box.#serve(socket));
    await new Promise((resolve, reject) => {
      box.#server.once('error', reject);
      box.#server.listen(Number(port), '127.0.0.1', resolve);
    });
    return box;
  }

  /** The link in the next letter to an address. */
  async linkFor(address) {
    const until = Date.now() + 20_000;
    while (Date.now() < until) {
      const at = this.#letters.findIndex(({ to, link }) => to === address && link);
      if (at >= 0) return this.#letters.splice(at, 1)[0].link;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`no letter with a link came for ${address}`);
  }

  /** How many letters lie there for an address. */
  count(address) {
    return this.#letters.filter(({ to }) => to === address).length;
  }

  close() {
    this.#server.close();
    this.#server.unref();
  }

  #serve(socket) {
    let rest = '';
    let to = '';
    let data = null;
    const say = (line) => socket.write(`${line}\r\n`);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString('utf8')).split('\r\n');
      rest = lines.pop();
      for (const line of lines) {
        if (data !== null) {
          if (line !== '.') data.push(line);
          else {
            this.#keep(to, data);
            data = null;
            say('250 kept');
          }
        } else if (/^EHLO/i.test(line)) say('250 postbox');
        else if (/^RCPT/i.test(line)) {
          to = /<(.*)>/.exec(line)[1];
          say('250 so be it');
        } else if (/^DATA/i.test(line)) {
          data = [];
          say('354 go on');
        } else if (/^QUIT/i.test(line)) {
          say('221 bye');
          socket.end();
        } else say('250 so be it');
      }
    });
    say('220 postbox');
  }

  #keep(to, lines) {
    const break_ = lines.indexOf('');
    const quoted = lines.slice(0, break_).some((line) => /^content-transfer-encoding: *quoted-printable/i.test(line));
    let text = lines.slice(break_ + 1).join('\n');
    if (quoted) text = text.replace(/=\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    this.#letters.push({ to, text, link: /https?:\/\/\S+/.exec(text)?.[0] });
  }
}
