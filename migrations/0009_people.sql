-- People come, change and go: states of a membership, who may not be the last to leave, invitations.

-- Somebody who was removed keeps the row that the trail and what they made refer to, and nothing
-- else of it: not the way back that somebody deactivated has. What they were to join on the day that
-- they are confirmed waits with an applicant.
ALTER TABLE memberships
    ADD COLUMN removed_at timestamptz CHECK (removed_at IS NULL OR state = 'revoked'),
    ADD COLUMN teams_to_join uuid[] NOT NULL DEFAULT '{}'
        CHECK (cardinality(teams_to_join) <= 50
            AND (state IN ('invited', 'accepted') OR teams_to_join = '{}'));

-- The last owner stays one, whoever asks. The lock makes those who would each be the last but one take
-- turns; the look after it sees what the one before has done.
CREATE FUNCTION keep_an_owner() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        IF OLD.role <> 'owner' OR OLD.state <> 'confirmed' THEN
            RETURN NULL;
        END IF;
        IF TG_OP = 'UPDATE' AND NEW.role = 'owner' AND NEW.state = 'confirmed' THEN
            RETURN NULL;
        END IF;
        PERFORM FROM organizations WHERE org_id = OLD.org_id FOR NO KEY UPDATE;
        IF FOUND AND NOT EXISTS (
            SELECT FROM memberships
            WHERE org_id = OLD.org_id AND role = 'owner' AND state = 'confirmed'
        ) THEN
            RAISE EXCEPTION 'an organisation keeps an owner'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'last_owner';
        END IF;
        RETURN NULL;
    END
    $$;

CREATE TRIGGER last_owner
    AFTER DELETE OR UPDATE OF role, state ON memberships
    FOR EACH ROW EXECUTE FUNCTION keep_an_owner();

-- An invitation goes to an address, not to an account: whether there is one is nobody's business
-- until its owner has said yes. It is gone once it was accepted or withdrawn. Only the digest of its
-- token is kept.
CREATE TABLE invitations (
    org_id     uuid        NOT NULL,
    id         uuid        NOT NULL,
    email      text        NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
    role       text        NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    team_ids   uuid[]      NOT NULL DEFAULT '{}' CHECK (cardinality(team_ids) <= 50),
    invited_by uuid        NOT NULL,
    digest     bytea       NOT NULL UNIQUE CHECK (length(digest) = 32),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, email),
    FOREIGN KEY (org_id, org_id) REFERENCES organizations (org_id, id),
    FOREIGN KEY (org_id, invited_by) REFERENCES memberships (org_id, user_id)
);

-- Whoever brings a token is no member of anything: its digest is what is looked up.
CREATE FUNCTION vaultterm_lookup_invitation() RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        SELECT CASE
            WHEN current_setting('vaultterm.lookup_invitation', true) ~ '^[0-9a-f]{64}$'
            THEN decode(current_setting('vaultterm.lookup_invitation', true), 'hex')
        END
    $$;

ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON invitations
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));
CREATE POLICY own_lookup ON invitations FOR SELECT
    USING (digest = (SELECT vaultterm_lookup_invitation()));

GRANT SELECT, INSERT, UPDATE (digest, expires_at), DELETE ON invitations TO vaultterm_app;
GRANT UPDATE (role, state, created_at, removed_at, teams_to_join) ON memberships TO vaultterm_app;
GRANT UPDATE (name) ON organizations, organization_directory TO vaultterm_app;
