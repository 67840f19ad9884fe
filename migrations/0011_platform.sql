-- The platform plane: who operates the installation, and what they may do with an organisation.

-- Whoever operates the installation. They are no users: no membership, no tenant, no row behind
-- row-level security.
CREATE TABLE platform_admins (
    id                uuid        PRIMARY KEY,
    email             text        NOT NULL UNIQUE CHECK (length(email) BETWEEN 3 AND 254),
    name              text        NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    password_hash     text        NOT NULL,
    -- Sessions of an earlier epoch are over.
    session_epoch     bigint      NOT NULL DEFAULT 0,
    created_at        timestamptz NOT NULL,
    last_signed_in_at timestamptz,
    deactivated_at    timestamptz
);

-- One-time links, made on the host, that make a platform admin or give one another password. Only
-- the digest of a token is kept, and a new link replaces the one before.
CREATE TABLE platform_links (
    digest     bytea       PRIMARY KEY CHECK (length(digest) = 32),
    -- Null: whoever opens the link chooses, which is allowed to the first platform admin alone.
    email      text        UNIQUE NULLS NOT DISTINCT CHECK (length(email) BETWEEN 3 AND 254),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE (name, password_hash, session_epoch, last_signed_in_at, deactivated_at)
    ON platform_admins TO vaultterm_app;
GRANT SELECT, INSERT, DELETE ON platform_links TO vaultterm_app;

-- The newest backup that the installer has told of.
ALTER TABLE installation
    ADD COLUMN backup_at    timestamptz,
    ADD COLUMN backup_bytes bigint CHECK (backup_bytes >= 0);
GRANT UPDATE (backup_at, backup_bytes) ON installation TO vaultterm_app;

-- Whom the platform asks to be the first owner is invited by nobody of the organisation.
ALTER TABLE invitations ALTER COLUMN invited_by DROP NOT NULL;

-- What the platform has decided about an organisation. Suspended: nobody gets in, nothing is touched.
-- Waiting to be erased: the same, until the time comes or somebody thinks better of it. Being erased:
-- there is no way back. These columns stand in the directory, outside of tenants, since whoever
-- decides enters none.
ALTER TABLE organization_directory
    ADD COLUMN suspended_at  timestamptz,
    ADD COLUMN erase_at      timestamptz,
    ADD COLUMN erasing_since timestamptz,
    ADD COLUMN open          boolean NOT NULL
        GENERATED ALWAYS AS (suspended_at IS NULL AND erase_at IS NULL) STORED,
    ADD CHECK (erasing_since IS NULL OR erase_at IS NOT NULL);
GRANT UPDATE (suspended_at, erase_at, erasing_since) ON organization_directory TO vaultterm_app;

-- The waiting period is kept by the database, by its own clock: not even a server that is somebody
-- else's by now erases at once.
CREATE FUNCTION organizations_leave_slowly() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NEW.erase_at IS NOT NULL THEN
                RAISE EXCEPTION 'an organisation does not begin with its end';
            END IF;
            RETURN NEW;
        END IF;
        IF OLD.erasing_since IS NOT NULL
            AND (NEW.erasing_since, NEW.erase_at) IS DISTINCT FROM (OLD.erasing_since, OLD.erase_at)
        THEN
            RAISE EXCEPTION 'an organisation that is being erased does not come back';
        END IF;
        IF NEW.erase_at IS DISTINCT FROM OLD.erase_at AND NEW.erase_at < now() + interval '23 hours'
        THEN
            RAISE EXCEPTION 'an organisation waits a day at least before it is erased';
        END IF;
        IF OLD.erasing_since IS NULL AND NEW.erasing_since IS NOT NULL
            AND (OLD.erase_at IS NULL OR OLD.erase_at > now())
        THEN
            RAISE EXCEPTION 'the waiting period of the organisation is not over';
        END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER organizations_leave_slowly
    BEFORE INSERT OR UPDATE OF erase_at, erasing_since ON organization_directory
    FOR EACH ROW EXECUTE FUNCTION organizations_leave_slowly();

-- Whether an organisation may be erased: it is marked, and the platform's own trail, in which nothing
-- is changed, says so.
CREATE FUNCTION may_be_erased(org uuid) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
        SELECT EXISTS (
                SELECT FROM organization_directory WHERE id = org AND erasing_since IS NOT NULL)
            AND EXISTS (
                SELECT FROM platform_events
                WHERE action = 'organization.erasing' AND detail ->> 'organization' = org::text)
    $$;

-- The one exception to an append-only trail: it goes with its organisation, and only with it.
CREATE FUNCTION audit_goes_with_its_organization() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN
        IF EXISTS (
            SELECT FROM (SELECT DISTINCT org_id FROM departed) AS gone
            WHERE NOT may_be_erased(gone.org_id))
        THEN
            RAISE EXCEPTION 'the audit trail is append-only';
        END IF;
        RETURN NULL;
    END $$;
DROP TRIGGER audit_append_only ON audit_events;
CREATE TRIGGER audit_append_only
    BEFORE UPDATE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_goes_with_its_organization
    AFTER DELETE ON audit_events
    REFERENCING OLD TABLE AS departed
    FOR EACH STATEMENT EXECUTE FUNCTION audit_goes_with_its_organization();
DROP TRIGGER audit_append_only ON audit_links;
CREATE TRIGGER audit_append_only
    BEFORE UPDATE OR TRUNCATE ON audit_links
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_goes_with_its_organization
    AFTER DELETE ON audit_links
    REFERENCING OLD TABLE AS departed
    FOR EACH STATEMENT EXECUTE FUNCTION audit_goes_with_its_organization();

-- An account is erased by a transaction that names it. The serving role is not granted DELETE.
CREATE POLICY own_erasure ON users FOR DELETE
    USING (id = (SELECT vaultterm_lookup_user()));

-- Tables that hold rows of organisations, whatever migration made them: those with an org_id, whoever
-- refers to others before those.
CREATE FUNCTION tenant_tables() RETURNS TABLE (name regclass)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH RECURSIVE
            tenant AS (
                SELECT attrelid AS id FROM pg_attribute
                JOIN pg_class ON pg_class.oid = attrelid
                WHERE attname = 'org_id' AND NOT attisdropped
                  AND relkind IN ('r', 'p') AND NOT relispartition
                  AND relnamespace = 'public'::regnamespace),
            refers AS (
                SELECT DISTINCT conrelid AS below, confrelid AS above FROM pg_constraint
                WHERE contype = 'f' AND conrelid <> confrelid
                  AND conrelid IN (SELECT id FROM tenant) AND confrelid IN (SELECT id FROM tenant)),
            steps (id, step) AS (
                SELECT id, 0 FROM tenant
                UNION
                SELECT above, step + 1 FROM steps JOIN refers ON below = id WHERE step < 64)
        SELECT id::regclass FROM steps GROUP BY id ORDER BY max(step), id::regclass::text
    $$;

-- Erases at most so many rows of an organisation, and says of which tables; called again and again
-- until it names the directory, whose row goes last. With the definer's rights, so that the serving
-- role needs none of them: it hands out numbers and no data, and works on nothing but what
-- may_be_erased() says. Accounts that belong nowhere else go, too.
CREATE FUNCTION erase_organization(org uuid, most integer)
    RETURNS TABLE (table_name text, erased bigint)
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        room   bigint := most;
        target regclass;
        done   bigint;
        people uuid[];
    BEGIN
        IF NOT may_be_erased(org) THEN
            RAISE EXCEPTION 'this organisation is not to be erased';
        END IF;
        PERFORM set_config('vaultterm.org_id', org::text, true);
        FOR target IN
            SELECT name FROM tenant_tables()
            WHERE name NOT IN ('memberships'::regclass, 'organizations'::regclass)
        LOOP
            EXECUTE format(
                'DELETE FROM %1$s WHERE ctid = ANY (ARRAY(
                     SELECT ctid FROM %1$s WHERE org_id = $1 LIMIT $2))', target)
                USING org, room;
            GET DIAGNOSTICS done = ROW_COUNT;
            IF done > 0 THEN
                RETURN QUERY SELECT target::text, done;
                room := room - done;
            END IF;
            IF room <= 0 THEN
                PERFORM set_config('vaultterm.org_id', '', true);
                RETURN;
            END IF;
        END LOOP;

        -- People, and its owners with the organisation itself, which keeps one as long as it is there.
        WITH gone AS (
            DELETE FROM memberships WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM memberships WHERE org_id = org AND role <> 'owner' LIMIT room))
            RETURNING user_id)
        SELECT coalesce(array_agg(user_id), '{}') INTO people FROM gone;
        room := room - cardinality(people);
        IF room > 0 THEN
            WITH gone AS (DELETE FROM memberships WHERE org_id = org RETURNING user_id),
                 itself AS (DELETE FROM organizations WHERE org_id = org)
            SELECT people || coalesce(array_agg(user_id), '{}') INTO people FROM gone;
            RETURN QUERY SELECT 'organizations'::text, 1::bigint;
            DELETE FROM organization_directory WHERE id = org;
            RETURN QUERY SELECT 'organization_directory'::text, 1::bigint;
        END IF;
        IF cardinality(people) > 0 THEN
            RETURN QUERY SELECT 'memberships'::text, cardinality(people)::bigint;
            RETURN QUERY SELECT 'users'::text, erase_accounts(people);
        END IF;
        PERFORM set_config('vaultterm.org_id', '', true);
    END $$;

-- Erases those accounts that belong to no organisation, in whatever state, and says how many.
CREATE FUNCTION erase_accounts(people uuid[]) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
    DECLARE
        person uuid;
        erased bigint := 0;
    BEGIN
        FOREACH person IN ARRAY people LOOP
            PERFORM set_config('vaultterm.lookup_user', person::text, true);
            -- Of two organisations that are erased at once the later one to come by sees what the
            -- other has done.
            PERFORM FROM users WHERE id = person FOR UPDATE;
            IF NOT EXISTS (SELECT FROM memberships WHERE user_id = person) THEN
                DELETE FROM users WHERE id = person;
                erased := erased + 1;
            END IF;
        END LOOP;
        PERFORM set_config('vaultterm.lookup_user', '', true);
        RETURN erased;
    END $$;
REVOKE ALL ON FUNCTION erase_organization(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_organization(uuid, integer) TO vaultterm_app;
