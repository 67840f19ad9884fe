-- Tenancy: organisations, people, who belongs where, and the wall between tenants.

-- A setting of this transaction, or null. Anything that is not a UUID in lower case means "none": a
-- malformed setting yields no rows and no error that could tell something. A transaction-local setting
-- reverts to the empty string, not to null, on a reused connection. Each statement asks for each table
-- that it names, so the shape is judged by what costs least: four hyphens where they belong, and nothing
-- else that is no digit. A pattern that says all of it costs twice as much, for the machine that follows
-- it is made anew each time.
CREATE FUNCTION vaultterm_setting(name text) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        SELECT CASE
            WHEN current_setting(name, true) LIKE '________-____-____-____-____________'
                AND current_setting(name, true) COLLATE "C" !~ '[^0-9a-f-]|-.*-.*-.*-.*-'
            THEN current_setting(name, true)::uuid
        END
    $$;

-- The tenant of this transaction.
CREATE FUNCTION vaultterm_org() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT vaultterm_setting('vaultterm.org_id') $$;

-- Before a tenant is known, one person may be looked up: by id (a session) or by address (a
-- sign-in). Set by the lookup transaction only.
CREATE FUNCTION vaultterm_lookup_user() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT vaultterm_setting('vaultterm.lookup_user') $$;

CREATE FUNCTION vaultterm_lookup_email() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('vaultterm.lookup_email', true), '') $$;

-- A tenant's own record: here the organisation is its own tenant.
CREATE TABLE organizations (
    org_id     uuid        NOT NULL,
    id         uuid        NOT NULL,
    name       text        NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id),
    CHECK (org_id = id)
);

-- A person may belong to several organisations, so an account stands outside of them. It is
-- visible to the organisations that it belongs to, and to the lookup of exactly this account.
CREATE TABLE users (
    id            uuid        PRIMARY KEY,
    email         text        NOT NULL UNIQUE CHECK (length(email) BETWEEN 3 AND 254),
    name          text        NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    password_hash text        NOT NULL,
    created_at    timestamptz NOT NULL
);

CREATE TABLE memberships (
    org_id     uuid        NOT NULL,
    user_id    uuid        NOT NULL REFERENCES users (id),
    role       text        NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    state      text        NOT NULL CHECK (state IN ('invited', 'accepted', 'confirmed', 'revoked')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, user_id),
    FOREIGN KEY (org_id, org_id) REFERENCES organizations (org_id, id)
);
CREATE INDEX memberships_by_user ON memberships (user_id);

-- What the platform may know of its tenants without entering one: that they exist, and how many
-- seats they take. A seat is a confirmed member.
CREATE TABLE organization_directory (
    id         uuid        PRIMARY KEY,
    name       text        NOT NULL,
    created_at timestamptz NOT NULL,
    seats      integer     NOT NULL DEFAULT 0 CHECK (seats >= 0)
);

-- Counted where members are made, whoever makes them: the sum is one look at the directory, and
-- nobody has to enter every tenant for it.
CREATE FUNCTION count_seats() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    DECLARE
        change integer := 0;
        org    uuid;
    BEGIN
        IF TG_OP <> 'INSERT' THEN
            org := OLD.org_id;
            IF OLD.state = 'confirmed' THEN change := change - 1; END IF;
        END IF;
        IF TG_OP <> 'DELETE' THEN
            org := NEW.org_id;
            IF NEW.state = 'confirmed' THEN change := change + 1; END IF;
        END IF;
        IF change <> 0 THEN
            UPDATE organization_directory SET seats = seats + change WHERE id = org;
        END IF;
        RETURN NULL;
    END
    $$;

CREATE TRIGGER seats
    AFTER INSERT OR DELETE OR UPDATE OF state ON memberships
    FOR EACH ROW EXECUTE FUNCTION count_seats();

-- What an organisation demands of its people. One without a row demands what the defaults say.
CREATE TABLE organization_policies (
    org_id                    uuid    PRIMARY KEY,
    require_second_factor     boolean NOT NULL DEFAULT false,
    second_factor_grace_days  integer NOT NULL DEFAULT 7
        CHECK (second_factor_grace_days BETWEEN 0 AND 365),
    second_factor_required_at timestamptz,
    -- Null: what the operator set for the whole installation.
    session_idle_min          integer CHECK (session_idle_min BETWEEN 1 AND 43200),
    session_absolute_hours    integer CHECK (session_absolute_hours BETWEEN 1 AND 720),
    -- Who may sign up without an invitation: addresses of these domains.
    sign_up_domains           text[]  NOT NULL DEFAULT '{}'
        CHECK (cardinality(sign_up_domains) <= 50),
    -- Whether whoever accepts an invitation is a member at once, or waits to be confirmed.
    auto_confirm              boolean NOT NULL DEFAULT true,
    FOREIGN KEY (org_id, org_id) REFERENCES organizations (org_id, id)
);

-- One-time links that make the first organisation. Only the digest of a token is kept.
CREATE TABLE setup_tokens (
    digest     bytea       PRIMARY KEY CHECK (length(digest) = 32),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);

ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE organizations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON organizations
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE memberships FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON memberships
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));
CREATE POLICY own_lookup ON memberships FOR SELECT
    USING (user_id = (SELECT vaultterm_lookup_user()));

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
-- Not EXISTS, of which the planner makes a list of all members wherever it takes the organisation for a
-- small one: a page that names one person then costs three times as much among five thousand.
CREATE POLICY colleague ON users FOR SELECT
    USING ((
        SELECT true FROM memberships
        WHERE memberships.user_id = users.id AND memberships.org_id = (SELECT vaultterm_org())
    ));
CREATE POLICY own_lookup ON users FOR SELECT
    USING (id = (SELECT vaultterm_lookup_user()) OR email = (SELECT vaultterm_lookup_email()));
CREATE POLICY own_change ON users FOR UPDATE
    USING (id = (SELECT vaultterm_lookup_user())) WITH CHECK (id = (SELECT vaultterm_lookup_user()));
CREATE POLICY own_creation ON users FOR INSERT
    WITH CHECK (id = (SELECT vaultterm_lookup_user()));

ALTER TABLE organization_policies ENABLE ROW LEVEL SECURITY;
ALTER TABLE organization_policies FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON organization_policies
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

GRANT USAGE ON SCHEMA public TO vaultterm_app;
GRANT SELECT, INSERT ON organizations, organization_directory TO vaultterm_app;
GRANT UPDATE (seats) ON organization_directory TO vaultterm_app;
GRANT SELECT, INSERT, UPDATE ON organization_policies TO vaultterm_app;
GRANT SELECT, INSERT ON memberships TO vaultterm_app;
GRANT SELECT, INSERT, UPDATE (password_hash) ON users TO vaultterm_app;
GRANT SELECT, INSERT, UPDATE (used_at), DELETE ON setup_tokens TO vaultterm_app;

-- The serving role reports at which migration the database stands.
GRANT SELECT ON schema_migrations TO vaultterm_app;
