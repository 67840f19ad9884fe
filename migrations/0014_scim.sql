-- What a directory says of people and groups (SCIM 2.0). It is the organisation's own view of a person:
-- the account, which may belong elsewhere too, is not what is stored here.

CREATE TABLE scim_users (
    org_id      uuid        NOT NULL,
    user_id     uuid        NOT NULL,
    user_name   text        NOT NULL CHECK (length(user_name) BETWEEN 1 AND 254),
    external_id text        CHECK (length(external_id) BETWEEN 1 AND 1000),
    attributes  jsonb       NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    PRIMARY KEY (org_id, user_id),
    FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX scim_users_by_name ON scim_users (org_id, lower(user_name));
CREATE INDEX scim_users_by_external_id ON scim_users (org_id, external_id);

CREATE TABLE scim_groups (
    org_id      uuid NOT NULL,
    team_id     uuid NOT NULL,
    external_id text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 1000),
    PRIMARY KEY (org_id, team_id),
    FOREIGN KEY (org_id, team_id) REFERENCES teams (org_id, id) ON DELETE CASCADE
);

-- Whoever is removed is nobody to the directory either, whoever removes them.
CREATE FUNCTION directory_forgets() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        DELETE FROM scim_users WHERE org_id = OLD.org_id AND user_id = OLD.user_id;
        RETURN NULL;
    END
    $$;

CREATE TRIGGER directory_forgets
    AFTER UPDATE OF removed_at ON memberships
    FOR EACH ROW WHEN (NEW.removed_at IS NOT NULL)
    EXECUTE FUNCTION directory_forgets();

ALTER TABLE scim_users ENABLE ROW LEVEL SECURITY;
ALTER TABLE scim_users FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON scim_users
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

ALTER TABLE scim_groups ENABLE ROW LEVEL SECURITY;
ALTER TABLE scim_groups FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON scim_groups
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

GRANT SELECT, INSERT, DELETE ON scim_users, scim_groups TO vaultterm_app;
GRANT UPDATE (user_name, external_id, attributes, updated_at) ON scim_users TO vaultterm_app;
GRANT UPDATE (external_id) ON scim_groups TO vaultterm_app;
