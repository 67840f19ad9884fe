-- Passkeys and security keys (WebAuthn). They stand outside of tenants, as accounts do, and are seen by
-- the transaction that names the account.

CREATE TABLE passkeys (
    user_id       uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id            uuid        NOT NULL,
    -- What the authenticator calls it. One account has it, and no other.
    credential_id bytea       NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 1 AND 1023),
    -- The public key and what was said of the authenticator, as webauthn-rs keeps it.
    credential    jsonb       NOT NULL,
    -- How often the authenticator says that it was used; 0 where it does not count.
    counter       bigint      NOT NULL CHECK (counter >= 0),
    backed_up     boolean     NOT NULL,
    name          text        NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz,
    -- When its counter went back: there are two of it. It proves nothing any more, and counts still, so
    -- that a thief does not do away with the second factor.
    suspended_at  timestamptz,
    PRIMARY KEY (user_id, id)
);

CREATE FUNCTION count_passkeys() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN
        IF TG_OP = 'INSERT' THEN
            UPDATE users SET passkeys = passkeys + 1 WHERE id = NEW.user_id;
        ELSE
            UPDATE users SET passkeys = passkeys - 1 WHERE id = OLD.user_id;
        END IF;
        RETURN NULL;
    END $$;
CREATE TRIGGER passkeys
    AFTER INSERT OR DELETE ON passkeys
    FOR EACH ROW EXECUTE FUNCTION count_passkeys();

ALTER TABLE passkeys ENABLE ROW LEVEL SECURITY;
ALTER TABLE passkeys FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON passkeys
    USING (user_id = (SELECT vaultterm_lookup_user())) WITH CHECK (user_id = (SELECT vaultterm_lookup_user()));

GRANT SELECT, INSERT, DELETE,
    UPDATE (name, credential, counter, backed_up, last_used_at, suspended_at)
    ON passkeys TO vaultterm_app;
