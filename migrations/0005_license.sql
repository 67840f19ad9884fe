-- This installation as a whole: its own id, what it remembers of its licence, and its own trail.

-- The id tells this database from every other, so that a licence state that was copied from
-- elsewhere is noticed. What is remembered (highest counter, licence, confirmed time, and the code
-- that authenticates them) is the same bytes as the file at LICENSE_STATE_PATH; the licence itself
-- is kept so that it reaches every replica, whether or not they share a disk.
CREATE TABLE installation (
    only_row       boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    instance       uuid        NOT NULL,
    created_at     timestamptz NOT NULL,
    license_state  bytea       CHECK (length(license_state) <= 4096),
    license_file   bytea       CHECK (length(license_file) <= 65536),
    license_digest bytea       CHECK (length(license_digest) = 32),
    -- When a replica last told HEARTBEAT_URL, if there is one, how many seats are used.
    heartbeat_at   timestamptz,
    -- The number of the last entry below.
    last_seq       bigint      NOT NULL DEFAULT 0
);

-- What happened to the installation rather than to one of its tenants: append-only, numbered,
-- authenticated row by row, like the trail of an organisation.
CREATE TABLE platform_events (
    seq       bigint      PRIMARY KEY CHECK (seq > 0),
    at        timestamptz NOT NULL,
    action    text        NOT NULL,
    detail    jsonb       NOT NULL,
    -- How the authenticated bytes of this row are made; see app/src/platform/canonical.rs.
    canonical smallint    NOT NULL,
    key_id    bytea       NOT NULL,
    mac       bytea       NOT NULL CHECK (length(mac) = 32)
);

CREATE TRIGGER platform_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON platform_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- Nothing is added to it in the name of a retired master key.
CREATE TRIGGER authenticated_by_key_in_use
    AFTER INSERT ON platform_events
    REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION authenticated_by_key_in_use();

GRANT SELECT, INSERT, UPDATE (license_state, license_file, license_digest, heartbeat_at, last_seq)
    ON installation TO vaultterm_app;
GRANT SELECT, INSERT ON platform_events TO vaultterm_app;
