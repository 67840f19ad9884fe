-- Accounts that change: passwords that end sessions, one-time links, and what a person may know of
-- the organisations that they belong to before they have entered one.

-- A session remembers the epoch that it was begun in. A new password begins another one, in the same
-- transaction: what was signed in with the old password is signed out, whatever becomes of the cache.
ALTER TABLE users ADD COLUMN session_epoch bigint NOT NULL DEFAULT 0;

-- One-time links. Only the digest of a token is kept. An account has one link of a kind: a new one
-- replaces it. A sign-up has no account yet; its link carries what the account will be made of.
CREATE TABLE account_links (
    digest     bytea       PRIMARY KEY CHECK (length(digest) = 32),
    purpose    text        NOT NULL CHECK (purpose IN ('reset', 'email', 'sign-up')),
    user_id    uuid        REFERENCES users (id) ON DELETE CASCADE,
    email      text        CHECK (length(email) BETWEEN 3 AND 254),
    enters     uuid        REFERENCES organization_directory (id) ON DELETE CASCADE,
    name       text        CHECK (length(name) BETWEEN 1 AND 120),
    password_hash text,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    UNIQUE (user_id, purpose),
    CHECK ((purpose = 'sign-up') = (user_id IS NULL)),
    CHECK (purpose = 'reset' OR email IS NOT NULL),
    CHECK (purpose <> 'sign-up'
        OR (enters IS NOT NULL AND name IS NOT NULL AND password_hash IS NOT NULL))
);

-- Somebody who is looked up sees the organisations that they are a confirmed member of, and what
-- those demand of them.
CREATE POLICY own_lookup ON organizations FOR SELECT
    USING (EXISTS (
        SELECT FROM memberships
        WHERE memberships.org_id = organizations.org_id AND memberships.state = 'confirmed'
          AND memberships.user_id = (SELECT vaultterm_lookup_user())
    ));
CREATE POLICY own_lookup ON organization_policies FOR SELECT
    USING (EXISTS (
        SELECT FROM memberships
        WHERE memberships.org_id = organization_policies.org_id AND memberships.state = 'confirmed'
          AND memberships.user_id = (SELECT vaultterm_lookup_user())
    ));

-- Who wants to sign up is no member of anything: the domain of their address is what is looked up.
CREATE FUNCTION vaultterm_lookup_domain() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('vaultterm.lookup_domain', true), '') $$;
CREATE POLICY sign_up ON organization_policies FOR SELECT
    USING ((SELECT vaultterm_lookup_domain()) = ANY (sign_up_domains)
        OR ((SELECT vaultterm_lookup_domain()) = '*' AND cardinality(sign_up_domains) > 0));

GRANT UPDATE (password_hash, session_epoch, email, name) ON users TO vaultterm_app;
GRANT SELECT, INSERT, DELETE ON account_links TO vaultterm_app;
