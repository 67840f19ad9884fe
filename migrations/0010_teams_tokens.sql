-- Teams, tokens for the API, and a canary in each organisation.

-- A team groups members of one organisation.
CREATE TABLE teams (
    org_id      uuid        NOT NULL,
    id          uuid        NOT NULL,
    name        text        NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    description text        NOT NULL CHECK (length(description) <= 1000),
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, org_id) REFERENCES organizations (org_id, id)
);
CREATE UNIQUE INDEX teams_by_name ON teams (org_id, lower(name));

-- Who is in a team has to be in the organisation: the second reference says so, and it takes people
-- out of every team in the statement that takes them out of the organisation.
CREATE TABLE team_members (
    org_id     uuid        NOT NULL,
    team_id    uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    role       text        NOT NULL CHECK (role IN ('VIEWER', 'EDITOR', 'ADMIN', 'OWNER')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, team_id, user_id),
    FOREIGN KEY (org_id, team_id) REFERENCES teams (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id) ON DELETE CASCADE
);
CREATE INDEX team_members_by_user ON team_members (org_id, user_id);

-- A token acts for the member who made it. Only its digest is kept.
CREATE TABLE api_tokens (
    org_id       uuid        NOT NULL,
    id           uuid        NOT NULL,
    user_id      uuid        NOT NULL,
    name         text        NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    digest       bytea       NOT NULL UNIQUE CHECK (length(digest) = 32),
    scopes       text[]      NOT NULL CHECK (cardinality(scopes) BETWEEN 1 AND 32),
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    last_used_at timestamptz,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id) ON DELETE CASCADE
);
CREATE INDEX api_tokens_by_user ON api_tokens (org_id, user_id);

-- Whoever stops being a confirmed member loses every token in the same statement, whoever writes it,
-- and whoever is removed leaves every team. Somebody deactivated counts in no team and is back in
-- them when they are back, but no token is.
CREATE FUNCTION membership_ends() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        DELETE FROM api_tokens WHERE org_id = OLD.org_id AND user_id = OLD.user_id;
        IF to_jsonb(NEW) ->> 'removed_at' IS NOT NULL THEN
            DELETE FROM team_members WHERE org_id = OLD.org_id AND user_id = OLD.user_id;
        END IF;
        RETURN NULL;
    END
    $$;

CREATE TRIGGER membership_ends
    AFTER UPDATE ON memberships
    FOR EACH ROW WHEN (NEW.state <> 'confirmed')
    EXECUTE FUNCTION membership_ends();

-- Before a tenant is known, one token may be looked up, by the digest of what was shown.
CREATE FUNCTION vaultterm_lookup_token() RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        SELECT CASE
            WHEN current_setting('vaultterm.lookup_token', true) ~ '^[0-9a-f]{64}$'
            THEN decode(current_setting('vaultterm.lookup_token', true), 'hex')
        END
    $$;

-- One row that every organisation has, with nothing in it. Whoever sees another one's has found a
-- hole in the wall.
CREATE TABLE canaries (
    org_id uuid PRIMARY KEY,
    FOREIGN KEY (org_id, org_id) REFERENCES organizations (org_id, id)
);

CREATE FUNCTION hatch_canary() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        INSERT INTO canaries (org_id) VALUES (NEW.org_id);
        RETURN NULL;
    END
    $$;

CREATE TRIGGER hatch_canary
    AFTER INSERT ON organizations
    FOR EACH ROW EXECUTE FUNCTION hatch_canary();

ALTER TABLE teams ENABLE ROW LEVEL SECURITY;
ALTER TABLE teams FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON teams
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

ALTER TABLE team_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE team_members FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON team_members
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

ALTER TABLE api_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON api_tokens
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));
CREATE POLICY own_lookup ON api_tokens FOR SELECT
    USING (digest = (SELECT vaultterm_lookup_token()));
-- Of what is looked up, the time of its last use may be noted.
CREATE POLICY own_use ON api_tokens FOR UPDATE
    USING (digest = (SELECT vaultterm_lookup_token())) WITH CHECK (digest = (SELECT vaultterm_lookup_token()));

ALTER TABLE canaries ENABLE ROW LEVEL SECURITY;
ALTER TABLE canaries FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON canaries
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

GRANT SELECT, INSERT, DELETE ON teams, team_members, api_tokens TO vaultterm_app;
GRANT UPDATE (name, description, updated_at) ON teams TO vaultterm_app;
GRANT UPDATE (role) ON team_members TO vaultterm_app;
GRANT UPDATE (last_used_at) ON api_tokens TO vaultterm_app;
GRANT SELECT, INSERT ON canaries TO vaultterm_app;

-- Organisations that are there already get theirs, each inside its own wall.
DO $$
    DECLARE
        org  uuid;
        made integer := 0;
    BEGIN
        FOR org IN SELECT id FROM organization_directory LOOP
            PERFORM set_config('vaultterm.org_id', org::text, true);
            INSERT INTO canaries (org_id) VALUES (org);
            made := made + 1;
        END LOOP;
        PERFORM set_config('vaultterm.org_id', '', true);
        IF made <> (SELECT count(*) FROM organization_directory) THEN
            RAISE EXCEPTION 'not every organisation has its canary';
        END IF;
    END
    $$;
