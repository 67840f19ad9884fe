-- Sign-in through an organisation's own identity provider.

-- A data key is for a secret, or for whatever else of a tenant is sealed. It went with its secret by
-- a foreign key; now it goes with its record by a trigger, so that a rotation still finds every
-- data key in one table. The serving role could destroy a data key before, by deleting its secret.
ALTER TABLE data_keys DROP CONSTRAINT data_keys_org_id_id_fkey;
CREATE FUNCTION forget_data_keys() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN
        DELETE FROM data_keys USING departed
        WHERE data_keys.org_id = departed.org_id AND data_keys.id = departed.id;
        RETURN NULL;
    END $$;
CREATE TRIGGER forget_data_keys
    AFTER DELETE ON secrets
    REFERENCING OLD TABLE AS departed
    FOR EACH STATEMENT EXECUTE FUNCTION forget_data_keys();
GRANT DELETE ON data_keys TO vaultterm_app;

-- The provider that an organisation trusts. SAML would be another kind, with columns of its own.
CREATE TABLE sso_connections (
    org_id         uuid        NOT NULL,
    -- Names the data key of the sealed client secret.
    id             uuid        NOT NULL UNIQUE,
    kind           text        NOT NULL CHECK (kind IN ('oidc')),
    issuer         text        NOT NULL CHECK (length(issuer) BETWEEN 1 AND 500),
    client_id      text        NOT NULL CHECK (length(client_id) BETWEEN 1 AND 255),
    -- Null: a client without a secret, which PKCE alone protects.
    sealed_secret  bytea,
    secret_version integer     NOT NULL CHECK (secret_version >= 0),
    -- Nobody becomes an owner by what a provider says.
    default_role   text        NOT NULL CHECK (default_role IN ('member', 'admin')),
    group_claim    text        CHECK (length(group_claim) BETWEEN 1 AND 200),
    enabled        boolean     NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    PRIMARY KEY (org_id),
    FOREIGN KEY (org_id, org_id) REFERENCES organizations (org_id, id)
);
CREATE TRIGGER forget_data_keys
    AFTER DELETE ON sso_connections
    REFERENCING OLD TABLE AS departed
    FOR EACH STATEMENT EXECUTE FUNCTION forget_data_keys();

-- Whose addresses belong to an organisation. One domain has one organisation: otherwise two of them
-- would quarrel over where its people are sent to sign in.
CREATE TABLE sso_domains (
    org_id uuid NOT NULL,
    domain text NOT NULL UNIQUE CHECK (length(domain) BETWEEN 3 AND 253),
    PRIMARY KEY (org_id, domain),
    FOREIGN KEY (org_id) REFERENCES sso_connections (org_id) ON DELETE CASCADE
);

-- What a group of the provider makes of somebody.
CREATE TABLE sso_mappings (
    org_id uuid NOT NULL,
    name   text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
    role   text CHECK (role IN ('member', 'admin')),
    PRIMARY KEY (org_id, name),
    FOREIGN KEY (org_id) REFERENCES sso_connections (org_id) ON DELETE CASCADE
);

-- And the teams that it puts people into. Nobody becomes a team's owner by what a provider says.
CREATE TABLE sso_mapping_teams (
    org_id  uuid NOT NULL,
    name    text NOT NULL,
    team_id uuid NOT NULL,
    role    text NOT NULL CHECK (role IN ('VIEWER', 'EDITOR', 'ADMIN')),
    PRIMARY KEY (org_id, name, team_id),
    FOREIGN KEY (org_id, name) REFERENCES sso_mappings (org_id, name) ON DELETE CASCADE,
    FOREIGN KEY (org_id, team_id) REFERENCES teams (org_id, id) ON DELETE CASCADE
);
CREATE INDEX sso_mapping_teams_by_team ON sso_mapping_teams (org_id, team_id);

-- Who a subject of a provider is here. It stays when the provider is taken away, so that nobody else
-- of the same address becomes that person when it comes back.
CREATE TABLE sso_identities (
    org_id       uuid        NOT NULL,
    issuer       text        NOT NULL,
    subject      text        NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    user_id      uuid        NOT NULL,
    linked_at    timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, issuer, subject),
    -- A second subject with the address of the first is somebody else.
    UNIQUE (org_id, user_id, issuer),
    FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id) ON DELETE CASCADE
);

-- Whoever is removed is nobody's subject any more, whoever removes them: somebody else may have the
-- address by the time that they or another one come.
CREATE FUNCTION forget_subjects() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN
        DELETE FROM sso_identities WHERE org_id = NEW.org_id AND user_id = NEW.user_id;
        RETURN NULL;
    END $$;
CREATE TRIGGER forget_subjects
    AFTER UPDATE OF removed_at ON memberships
    FOR EACH ROW WHEN (NEW.removed_at IS NOT NULL)
    EXECUTE FUNCTION forget_subjects();

ALTER TABLE sso_connections ENABLE ROW LEVEL SECURITY;
ALTER TABLE sso_connections FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sso_connections
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

ALTER TABLE sso_domains ENABLE ROW LEVEL SECURITY;
ALTER TABLE sso_domains FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sso_domains
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));
-- Who wants to sign in is nobody yet: the domain of their address says where they are sent.
CREATE POLICY home_realm ON sso_domains FOR SELECT
    USING (domain = (SELECT vaultterm_lookup_domain()));

ALTER TABLE sso_mappings ENABLE ROW LEVEL SECURITY;
ALTER TABLE sso_mappings FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sso_mappings
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

ALTER TABLE sso_mapping_teams ENABLE ROW LEVEL SECURITY;
ALTER TABLE sso_mapping_teams FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sso_mapping_teams
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

ALTER TABLE sso_identities ENABLE ROW LEVEL SECURITY;
ALTER TABLE sso_identities FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sso_identities
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

-- Whether everybody but owners has to come through the provider; and how many client secrets there were,
-- of whatever provider: each has a number of its own, so that none can be put back for a later one.
ALTER TABLE organization_policies
    ADD COLUMN sso_required boolean NOT NULL DEFAULT false,
    ADD COLUMN sso_secrets integer NOT NULL DEFAULT 0 CHECK (sso_secrets >= 0);

GRANT SELECT, INSERT, DELETE,
    UPDATE (issuer, client_id, sealed_secret, secret_version, default_role, group_claim, enabled,
        updated_at) ON sso_connections TO vaultterm_app;
GRANT SELECT, INSERT, DELETE ON sso_domains, sso_mappings, sso_mapping_teams TO vaultterm_app;
GRANT SELECT, INSERT, UPDATE (last_used_at), DELETE ON sso_identities TO vaultterm_app;
