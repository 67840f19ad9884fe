-- Vaults and what is in them. Everything that can be decrypted is sealed by the app; the database
-- sees ciphertext, sizes, types and times.

CREATE TABLE vaults (
    org_id      uuid        NOT NULL,
    id          uuid        NOT NULL,
    name        text        NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    description text        NOT NULL CHECK (length(description) <= 1000),
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, org_id) REFERENCES organizations (org_id, id)
);

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
    org_id      uuid        NOT NULL,
    id          uuid        NOT NULL,
    vault_id    uuid        NOT NULL,
    type        text        NOT NULL CHECK (type IN ('PASSWORD')),
    version     integer     NOT NULL CHECK (version > 0),
    -- Name, username and address; then what a reveal shows.
    sealed_meta  bytea      NOT NULL,
    sealed_value bytea      NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    updated_by  uuid        NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, vault_id) REFERENCES vaults (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, updated_by) REFERENCES memberships (org_id, user_id)
);
CREATE INDEX secrets_by_vault ON secrets (org_id, vault_id, id DESC);

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
