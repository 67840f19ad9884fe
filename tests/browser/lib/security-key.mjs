/** A security key in the browser of a page: the browser's own, for tests (WebAuthn, 11). */
export class SecurityKey {
  #cdp;
  #id;

  static async plugInto(page, options = {}) {
    const key = new SecurityKey();
    key.#cdp = await page.context().newCDPSession(page);
    await key.#cdp.send('WebAuthn.enable');
    const added = await key.#cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
        ...options,
      },
    });
    key.#id = added.authenticatorId;
    return key;
  }

  async credentials() {
    const { credentials } = await this.#cdp.send('WebAuthn.getCredentials', { authenticatorId: this.#id });
    return credentials;
  }

  /** Whether somebody stands there and touches it. */
  async touched(enabled) {
    await this.#cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: this.#id, enabled });
  }

  async unplug() {
    await this.#cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: this.#id });
  }
}
