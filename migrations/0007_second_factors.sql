-- Second factors of accounts: authenticator apps and recovery codes. They stand outside of tenants, as
-- accounts do, and are seen by the transaction that names the account.

-- Rotations of the master key and `vault verify` see what is sealed of all accounts: sealed, and
-- nothing else of anybody.
CREATE FUNCTION vaultterm_custody() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(current_setting('vaultterm.custody', true), '') = 'on' $$;

-- How many second factors of each kind are set up: every request asks, and looks at the account
-- anyway. Counted where factors are made and removed, whoever does it.
ALTER TABLE users
    ADD COLUMN totps    integer NOT NULL DEFAULT 0 CHECK (totps >= 0),
    ADD COLUMN passkeys integer NOT NULL DEFAULT 0 CHECK (passkeys >= 0);

-- Authenticator apps (RFC 6238). One that was not confirmed with a code yet counts for nothing.
CREATE TABLE totp_factors (
    user_id      uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id           uuid        NOT NULL,
    name         text        NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    sealed_seed  bytea       NOT NULL,
    created_at   timestamptz NOT NULL,
    confirmed_at timestamptz,
    -- The newest time step that a code was taken for: no code is taken twice, by no replica.
    last_step    bigint,
    last_used_at timestamptz,
    PRIMARY KEY (user_id, id),
    CHECK ((confirmed_at IS NULL) = (last_step IS NULL))
);

-- The data key of each seed, wrapped by the master key; see data_keys.
CREATE TABLE account_keys (
    user_id     uuid  NOT NULL,
    id          uuid  NOT NULL,
    wrapped_key bytea NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, id) REFERENCES totp_factors (user_id, id) ON DELETE CASCADE
) WITH (fillfactor = 50);

-- Codes for the day that everything else is lost. Only a digest is kept; a code that was used is gone.
CREATE TABLE recovery_codes (
    user_id    uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    digest     bytea       NOT NULL CHECK (length(digest) = 32),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, digest)
);

CREATE FUNCTION count_totps() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    DECLARE
        change  integer := 0;
        account uuid;
    BEGIN
        IF TG_OP <> 'INSERT' THEN
            account := OLD.user_id;
            IF OLD.confirmed_at IS NOT NULL THEN change := change - 1; END IF;
        END IF;
        IF TG_OP <> 'DELETE' THEN
            account := NEW.user_id;
            IF NEW.confirmed_at IS NOT NULL THEN change := change + 1; END IF;
        END IF;
        IF change <> 0 THEN
            UPDATE users SET totps = totps + change WHERE id = account;
        END IF;
        RETURN NULL;
    END
    $$;
CREATE TRIGGER totps
    AFTER INSERT OR DELETE OR UPDATE OF confirmed_at ON totp_factors
    FOR EACH ROW EXECUTE FUNCTION count_totps();

CREATE FUNCTION account_rewrapped_by_current_key() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN
        PERFORM share_master_key_states();
        IF EXISTS (
            SELECT FROM arrived
            JOIN departed USING (user_id, id), master_keys
            WHERE arrived.wrapped_key <> departed.wrapped_key
              AND state = 'current' AND key_id <> substring(arrived.wrapped_key FROM 2 FOR 8))
        THEN
            RAISE EXCEPTION 'a data key is wrapped by a master key that is not the current one'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'wrapped_by_current_key';
        END IF;
        RETURN NULL;
    END $$;
CREATE TRIGGER wrapped_by_current_key
    AFTER INSERT ON account_keys
    REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION wrapped_by_current_key();
CREATE TRIGGER rewrapped_by_current_key
    AFTER UPDATE ON account_keys
    REFERENCING NEW TABLE AS arrived OLD TABLE AS departed
    FOR EACH STATEMENT EXECUTE FUNCTION account_rewrapped_by_current_key();

ALTER TABLE totp_factors ENABLE ROW LEVEL SECURITY;
ALTER TABLE totp_factors FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON totp_factors
    USING (user_id = (SELECT vaultterm_lookup_user())) WITH CHECK (user_id = (SELECT vaultterm_lookup_user()));
CREATE POLICY custody ON totp_factors FOR SELECT USING ((SELECT vaultterm_custody()));

ALTER TABLE account_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON account_keys
    USING (user_id = (SELECT vaultterm_lookup_user())) WITH CHECK (user_id = (SELECT vaultterm_lookup_user()));
CREATE POLICY custody ON account_keys FOR SELECT USING ((SELECT vaultterm_custody()));
CREATE POLICY custody_rewraps ON account_keys FOR UPDATE
    USING ((SELECT vaultterm_custody())) WITH CHECK ((SELECT vaultterm_custody()));

ALTER TABLE recovery_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE recovery_codes FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON recovery_codes
    USING (user_id = (SELECT vaultterm_lookup_user())) WITH CHECK (user_id = (SELECT vaultterm_lookup_user()));

GRANT UPDATE (totps, passkeys) ON users TO vaultterm_app;
GRANT SELECT, INSERT, UPDATE (name, confirmed_at, last_step, last_used_at), DELETE
    ON totp_factors TO vaultterm_app;
GRANT SELECT, INSERT, UPDATE (wrapped_key) ON account_keys TO vaultterm_app;
GRANT SELECT, INSERT, DELETE ON recovery_codes TO vaultterm_app;
