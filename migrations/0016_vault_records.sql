-- What a record of a vault was before, who likes it, and what is left of one that is gone.

-- Earlier versions, sealed under the record's own key as they were: with that key they are gone, too.
CREATE TABLE secret_versions (
    org_id       uuid        NOT NULL,
    secret_id    uuid        NOT NULL,
    version      integer     NOT NULL CHECK (version > 0),
    sealed_meta  bytea       NOT NULL,
    sealed_value bytea       NOT NULL,
    changed      text[]      NOT NULL,
    made_at      timestamptz NOT NULL,
    made_by      uuid        NOT NULL,
    PRIMARY KEY (org_id, secret_id, version),
    FOREIGN KEY (org_id, secret_id) REFERENCES secrets (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, made_by) REFERENCES memberships (org_id, user_id)
);

-- Which secrets somebody keeps at hand.
CREATE TABLE secret_favourites (
    org_id    uuid NOT NULL,
    user_id   uuid NOT NULL,
    secret_id uuid NOT NULL,
    PRIMARY KEY (org_id, user_id, secret_id),
    FOREIGN KEY (org_id, secret_id) REFERENCES secrets (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id)
);
CREATE INDEX secret_favourites_by_secret ON secret_favourites (org_id, secret_id);

-- That a secret was here, for whoever keeps a copy in memory. Kept for a day: a copy that is older than half
-- of one is made again instead.
CREATE TABLE secret_tombstones (
    org_id     uuid        NOT NULL,
    id         uuid        NOT NULL,
    changed_in xid8        NOT NULL DEFAULT pg_current_xact_id(),
    gone_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, org_id) REFERENCES organizations (org_id, id)
);
CREATE INDEX secret_tombstones_by_change ON secret_tombstones (org_id, changed_in);
CREATE INDEX secret_tombstones_by_age ON secret_tombstones (org_id, gone_at);

-- However a secret goes, alone or with its vault. One that goes with its organisation leaves nothing.
CREATE FUNCTION secrets_gone() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN
        INSERT INTO secret_tombstones (org_id, id)
        SELECT org_id, id FROM departed
        WHERE NOT EXISTS (
            SELECT FROM organization_directory AS d
            WHERE d.id = departed.org_id AND d.erasing_since IS NOT NULL)
        ON CONFLICT (org_id, id) DO UPDATE
            SET changed_in = excluded.changed_in, gone_at = excluded.gone_at;
        RETURN NULL;
    END $$;
CREATE TRIGGER secrets_gone
    AFTER DELETE ON secrets
    REFERENCING OLD TABLE AS departed
    FOR EACH STATEMENT EXECUTE FUNCTION secrets_gone();

-- Requests that make something, by the key that the caller gave them: the same again makes nothing.
-- Both the key and the request are here as keyed digests, which tell nothing.
CREATE TABLE idempotency_keys (
    org_id    uuid        NOT NULL,
    user_id   uuid        NOT NULL,
    key       bytea       NOT NULL CHECK (length(key) = 32),
    request   bytea       NOT NULL CHECK (length(request) = 32),
    result_id uuid        NOT NULL,
    -- The answer, where what was made does not tell it; nothing that is sealed.
    answer    jsonb,
    made_at   timestamptz NOT NULL,
    PRIMARY KEY (org_id, user_id, key),
    FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (org_id, made_at);

-- Whose turn a piece of scheduled work is, and until when nobody else begins it.
CREATE TABLE leases (
    name  text        PRIMARY KEY,
    until timestamptz NOT NULL
);

-- The key of fingerprints outlives the master key that it comes from: equal things keep equal ones.
ALTER TABLE kept_keys DROP CONSTRAINT kept_keys_purpose_check,
    ADD CONSTRAINT kept_keys_purpose_check
        CHECK (purpose IN ('audit', 'licence state', 'fingerprints'));

ALTER TABLE secret_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE secret_versions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON secret_versions
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

-- They are deleted with their record, which the database does by itself, and, some at a time, once it is going.
CREATE POLICY going ON secret_versions AS RESTRICTIVE FOR DELETE TO vaultterm_app
    USING (EXISTS (
        SELECT FROM secrets s
        JOIN vaults v ON v.org_id = s.org_id AND v.id = s.vault_id AND v.going_since IS NOT NULL
        WHERE s.org_id = secret_versions.org_id AND s.id = secret_versions.secret_id));

ALTER TABLE secret_favourites ENABLE ROW LEVEL SECURITY;
ALTER TABLE secret_favourites FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON secret_favourites
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

ALTER TABLE secret_tombstones ENABLE ROW LEVEL SECURITY;
ALTER TABLE secret_tombstones FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON secret_tombstones
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON idempotency_keys
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

GRANT SELECT, INSERT, DELETE ON secret_versions TO vaultterm_app;
GRANT SELECT, INSERT, DELETE ON secret_favourites TO vaultterm_app;
GRANT SELECT, INSERT, UPDATE (request, result_id, answer, made_at), DELETE ON idempotency_keys
    TO vaultterm_app;
-- Updated where an id comes again after a restored backup.
GRANT SELECT, INSERT, UPDATE (changed_in, gone_at), DELETE ON secret_tombstones TO vaultterm_app;
GRANT SELECT, INSERT, UPDATE (until) ON leases TO vaultterm_app;
