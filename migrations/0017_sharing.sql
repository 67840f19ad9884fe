-- Who may see what: people and teams in vaults and in single records, for a time or for good.

-- The roles in their order, so that the database can compare them.
CREATE TYPE vault_role AS ENUM ('VIEWER', 'EDITOR', 'ADMIN', 'OWNER');

-- A role of a person. Without an end it holds until it is taken away; whoever made the vault was
-- given theirs by nobody.
ALTER TABLE vault_roles
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN granted_at timestamptz,
    ADD COLUMN granted_by uuid,
    ADD FOREIGN KEY (org_id, granted_by) REFERENCES memberships (org_id, user_id);
CREATE INDEX vault_roles_by_user ON vault_roles (org_id, user_id);

-- A role of a team: each member has it as far as their own role in the team goes.
CREATE TABLE vault_team_roles (
    org_id     uuid        NOT NULL,
    vault_id   uuid        NOT NULL,
    team_id    uuid        NOT NULL,
    role       text        NOT NULL CHECK (role IN ('VIEWER', 'EDITOR', 'ADMIN', 'OWNER')),
    expires_at timestamptz,
    granted_at timestamptz NOT NULL,
    granted_by uuid        NOT NULL,
    PRIMARY KEY (org_id, vault_id, team_id),
    FOREIGN KEY (org_id, vault_id) REFERENCES vaults (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, team_id) REFERENCES teams (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, granted_by) REFERENCES memberships (org_id, user_id)
);
CREATE INDEX vault_team_roles_by_team ON vault_team_roles (org_id, team_id);

-- The same for one record alone. Nobody manages a record, so there are but two roles.
CREATE TABLE secret_roles (
    org_id     uuid        NOT NULL,
    secret_id  uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    role       text        NOT NULL CHECK (role IN ('VIEWER', 'EDITOR')),
    expires_at timestamptz,
    granted_at timestamptz NOT NULL,
    granted_by uuid        NOT NULL,
    PRIMARY KEY (org_id, secret_id, user_id),
    FOREIGN KEY (org_id, secret_id) REFERENCES secrets (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id),
    FOREIGN KEY (org_id, granted_by) REFERENCES memberships (org_id, user_id)
);
CREATE INDEX secret_roles_by_user ON secret_roles (org_id, user_id);

CREATE TABLE secret_team_roles (
    org_id     uuid        NOT NULL,
    secret_id  uuid        NOT NULL,
    team_id    uuid        NOT NULL,
    role       text        NOT NULL CHECK (role IN ('VIEWER', 'EDITOR')),
    expires_at timestamptz,
    granted_at timestamptz NOT NULL,
    granted_by uuid        NOT NULL,
    PRIMARY KEY (org_id, secret_id, team_id),
    FOREIGN KEY (org_id, secret_id) REFERENCES secrets (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, team_id) REFERENCES teams (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, granted_by) REFERENCES memberships (org_id, user_id)
);
CREATE INDEX secret_team_roles_by_team ON secret_team_roles (org_id, team_id);

-- Every way into a vault, and into a single record: a row for each person and way. What somebody may do
-- is the highest role among those that have not ended; nothing else is asked. With the rights of whoever asks.
-- There is no way into a vault that is going, nor to what is left in it. Each table is named once:
-- every request asks this, and a plan costs by the tables in it before it has read a row.
CREATE VIEW vault_grants WITH (security_invoker = true) AS
    SELECT g.*
    FROM (
        SELECT org_id, vault_id, user_id, NULL::uuid AS team_id, role::vault_role AS role, expires_at
        FROM vault_roles
        UNION ALL
        SELECT t.org_id, t.vault_id, m.user_id, t.team_id,
               least(t.role::vault_role, m.role::vault_role), t.expires_at
        FROM vault_team_roles t
        JOIN team_members m ON m.org_id = t.org_id AND m.team_id = t.team_id) g
    WHERE NOT EXISTS (
        SELECT FROM vaults v
        WHERE v.org_id = g.org_id AND v.id = g.vault_id AND v.going_since IS NOT NULL);

CREATE VIEW secret_grants WITH (security_invoker = true) AS
    SELECT g.*, s.vault_id
    FROM (
        SELECT org_id, secret_id, user_id, NULL::uuid AS team_id, role::vault_role AS role, expires_at
        FROM secret_roles
        UNION ALL
        SELECT t.org_id, t.secret_id, m.user_id, t.team_id,
               least(t.role::vault_role, m.role::vault_role), t.expires_at
        FROM secret_team_roles t
        JOIN team_members m ON m.org_id = t.org_id AND m.team_id = t.team_id) g
    JOIN secrets s ON s.org_id = g.org_id AND s.id = g.secret_id
    WHERE NOT EXISTS (
        SELECT FROM vaults v
        WHERE v.org_id = s.org_id AND v.id = s.vault_id AND v.going_since IS NOT NULL);

-- A vault keeps a person who owns it, is a member, and is so for good; whoever asks. Teams and
-- owners for a time do not count: they change and end elsewhere. Whoever leaves the organisation goes
-- all the same: an owner of the organisation takes such a vault on. The lock makes those who would
-- each be the last but one take turns.
CREATE FUNCTION keep_a_vault_owner() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        IF OLD.role <> 'OWNER' OR OLD.expires_at IS NOT NULL THEN
            RETURN NULL;
        END IF;
        IF TG_OP = 'UPDATE' AND NEW.role = 'OWNER' AND NEW.expires_at IS NULL THEN
            RETURN NULL;
        END IF;
        IF NOT EXISTS (
            SELECT FROM memberships
            WHERE org_id = OLD.org_id AND user_id = OLD.user_id AND state = 'confirmed')
        THEN
            RETURN NULL;
        END IF;
        PERFORM FROM vaults WHERE org_id = OLD.org_id AND id = OLD.vault_id FOR NO KEY UPDATE;
        IF FOUND AND NOT may_be_erased(OLD.org_id) AND NOT EXISTS (
            SELECT FROM vault_roles r
            JOIN memberships m ON m.org_id = r.org_id AND m.user_id = r.user_id
            WHERE r.org_id = OLD.org_id AND r.vault_id = OLD.vault_id AND r.role = 'OWNER'
              AND r.expires_at IS NULL AND m.state = 'confirmed')
        THEN
            RAISE EXCEPTION 'a vault keeps an owner'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'last_vault_owner';
        END IF;
        RETURN NULL;
    END
    $$;

CREATE TRIGGER last_vault_owner
    AFTER DELETE OR UPDATE OF role, expires_at ON vault_roles
    FOR EACH ROW EXECUTE FUNCTION keep_a_vault_owner();

-- Whoever is removed, or leaves, has no way in any more, and lets nobody in, whoever writes it. Somebody deactivated
-- keeps theirs for the day they are let in again.
CREATE FUNCTION access_ends() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        DELETE FROM vault_roles WHERE org_id = NEW.org_id AND user_id = NEW.user_id;
        DELETE FROM secret_roles WHERE org_id = NEW.org_id AND user_id = NEW.user_id;
        DELETE FROM secret_links WHERE org_id = NEW.org_id AND created_by = NEW.user_id;
        RETURN NULL;
    END
    $$;

CREATE TRIGGER access_ends
    AFTER UPDATE OF removed_at ON memberships
    FOR EACH ROW WHEN (NEW.removed_at IS NOT NULL)
    EXECUTE FUNCTION access_ends();

-- Whoever manages another vault has not decided what a record brings along when it is moved there.
CREATE FUNCTION grants_stay_behind() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        DELETE FROM secret_roles WHERE org_id = OLD.org_id AND secret_id = OLD.id;
        DELETE FROM secret_team_roles WHERE org_id = OLD.org_id AND secret_id = OLD.id;
        DELETE FROM secret_links WHERE org_id = OLD.org_id AND secret_id = OLD.id;
        RETURN NULL;
    END
    $$;

CREATE TRIGGER grants_stay_behind
    AFTER UPDATE OF vault_id ON secrets
    FOR EACH ROW WHEN (NEW.vault_id <> OLD.vault_id)
    EXECUTE FUNCTION grants_stay_behind();

-- Links with which outsiders see a few fields of a record, so many times, until an instant. What they show
-- was sealed when they were made, under a key that follows from the token: only its digest is kept,
-- so whoever has this table opens none of it, and neither does the server.
CREATE TABLE secret_links (
    org_id          uuid        NOT NULL,
    id              uuid        NOT NULL,
    secret_id       uuid        NOT NULL,
    digest          bytea       NOT NULL UNIQUE CHECK (length(digest) = 32),
    fields          text[]      NOT NULL CHECK (cardinality(fields) BETWEEN 1 AND 50),
    sealed_value    bytea,
    passphrase_hash text,
    uses            integer     NOT NULL CHECK (uses BETWEEN 1 AND 100),
    remaining       integer     NOT NULL CHECK (remaining BETWEEN 0 AND uses),
    created_at      timestamptz NOT NULL,
    created_by      uuid        NOT NULL,
    expires_at      timestamptz NOT NULL,
    opened_at       timestamptz,
    PRIMARY KEY (org_id, id),
    -- What was shown for the last time is gone.
    CHECK ((remaining = 0) = (sealed_value IS NULL)),
    CHECK (expires_at <= created_at + interval '31 days'),
    FOREIGN KEY (org_id, secret_id) REFERENCES secrets (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, created_by) REFERENCES memberships (org_id, user_id)
);
CREATE INDEX secret_links_by_secret ON secret_links (org_id, secret_id, id DESC);
CREATE INDEX secret_links_by_end ON secret_links (org_id, expires_at);

-- Whoever opens a link is nobody: the digest of its token is what is looked up.
CREATE FUNCTION vaultterm_lookup_link() RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        SELECT CASE
            WHEN current_setting('vaultterm.lookup_link', true) ~ '^[0-9a-f]{64}$'
            THEN decode(current_setting('vaultterm.lookup_link', true), 'hex')
        END
    $$;

ALTER TABLE secret_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE secret_links FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON secret_links
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));
CREATE POLICY own_lookup ON secret_links FOR SELECT
    USING (digest = (SELECT vaultterm_lookup_link()));
GRANT SELECT, INSERT, DELETE, UPDATE (remaining, sealed_value, opened_at) ON secret_links
    TO vaultterm_app;

ALTER TABLE vault_team_roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault_team_roles FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON vault_team_roles
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

ALTER TABLE secret_roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE secret_roles FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON secret_roles
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

ALTER TABLE secret_team_roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE secret_team_roles FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON secret_team_roles
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

GRANT SELECT, INSERT, DELETE, UPDATE (role, expires_at, granted_at, granted_by)
    ON vault_team_roles, secret_roles, secret_team_roles TO vaultterm_app;
GRANT SELECT ON vault_grants, secret_grants TO vaultterm_app;
