-- Vaults and what is in them. Everything that can be decrypted is sealed by the app; the database
-- sees ciphertext, sizes, types and times.

CREATE TABLE vaults (
    org_id      uuid        NOT NULL,
    id          uuid        NOT NULL,
    name        text        NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    description text        NOT NULL CHECK (length(description) <= 1000),
    -- Rises with every change, so that nobody overwrites what they have not seen.
    version     integer     NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    -- Since when it is deleted. What was in it goes some records at a time, and the vault last: for everybody
    -- it is gone already. One that is made for records that are deleted by themselves is going from the beginning.
    going_since timestamptz,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, org_id) REFERENCES organizations (org_id, id)
);
CREATE INDEX vaults_going ON vaults (org_id, id) WHERE going_since IS NOT NULL;

CREATE TABLE vault_roles (
    org_id   uuid NOT NULL,
    vault_id uuid NOT NULL,
    user_id  uuid NOT NULL,
    role     text NOT NULL CHECK (role IN ('VIEWER', 'EDITOR', 'ADMIN', 'OWNER')),
    PRIMARY KEY (org_id, vault_id, user_id),
    FOREIGN KEY (org_id, vault_id) REFERENCES vaults (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id)
);

CREATE TABLE secrets (
    org_id       uuid        NOT NULL,
    id           uuid        NOT NULL,
    vault_id     uuid        NOT NULL,
    type         text        NOT NULL CHECK (type IN (
        'PASSWORD', 'API_KEY', 'SSH_KEY', 'ENV_VAR', 'SECURE_NOTE', 'TOTP', 'PAYMENT_CARD',
        'IDENTITY', 'PASSKEY')),
    version      integer     NOT NULL CHECK (version > 0),
    -- What lists show: name, open fields, tags, and what is demanded of whoever wants more. Then what
    -- is shown one field at a time.
    sealed_meta  bytea       NOT NULL,
    sealed_value bytea       NOT NULL,
    -- The names of the fields in which this version differs from the one before.
    changed      text[]      NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    updated_by   uuid        NOT NULL,
    -- In the trash since, and by whom.
    trashed_at   timestamptz,
    trashed_by   uuid,
    -- The transaction that touched it last: whoever keeps a copy in memory asks for what is newer.
    changed_in   xid8        NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (org_id, id),
    CHECK ((trashed_at IS NULL) = (trashed_by IS NULL)),
    FOREIGN KEY (org_id, vault_id) REFERENCES vaults (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, updated_by) REFERENCES memberships (org_id, user_id),
    FOREIGN KEY (org_id, trashed_by) REFERENCES memberships (org_id, user_id)
);
CREATE INDEX secrets_by_vault ON secrets (org_id, vault_id, id DESC) WHERE trashed_at IS NULL;
CREATE INDEX secrets_in_trash ON secrets (org_id, trashed_at) WHERE trashed_at IS NOT NULL;
CREATE INDEX secrets_by_change ON secrets (org_id, changed_in, id);

-- No statement can forget it.
CREATE FUNCTION secret_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN
        NEW.changed_in := pg_current_xact_id();
        RETURN NEW;
    END $$;
CREATE TRIGGER secret_changed
    BEFORE UPDATE ON secrets
    FOR EACH ROW EXECUTE FUNCTION secret_changed();

-- Each record's own data key, wrapped by the master key. A table of its own: whoever replaces the
-- master key writes narrow rows and touches nothing else of a record, and what has lost its row here
-- is destroyed for good. Half of each page is left free, so that a key that is wrapped anew stays on
-- its page and no index changes.
CREATE TABLE data_keys (
    org_id      uuid  NOT NULL,
    id          uuid  NOT NULL,
    wrapped_key bytea NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, id) REFERENCES secrets (org_id, id) ON DELETE CASCADE
) WITH (fillfactor = 50);

ALTER TABLE vaults ENABLE ROW LEVEL SECURITY;
ALTER TABLE vaults FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON vaults
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

ALTER TABLE vault_roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault_roles FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON vault_roles
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE secrets FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON secrets
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

ALTER TABLE data_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE data_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON data_keys
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

GRANT SELECT, INSERT, UPDATE (wrapped_key) ON data_keys TO vaultterm_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON vaults, vault_roles, secrets TO vaultterm_app;
