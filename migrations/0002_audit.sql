-- The audit trail: append-only, authenticated row by row from the moment it is written, and chained
-- within an organisation a moment later.

CREATE TABLE audit_events (
    org_id        uuid        NOT NULL,
    id            uuid        NOT NULL,
    at            timestamptz NOT NULL,
    actor_id      uuid,
    action        text        NOT NULL,
    resource_type text,
    resource_id   uuid,
    detail        jsonb       NOT NULL,
    -- What the resource was called then, sealed; see app/src/keys/audit.rs.
    name          bytea,
    -- success, denied or failed. Nothing in this table is checked by the database: each row is authenticated
    -- as a whole, and a check is read anew for each statement, which took a fifth of what an entry costs.
    result        text        NOT NULL,
    reason        text,
    -- How they came in, and from where.
    circumstances jsonb       NOT NULL,
    -- Which server wrote it, and how many microseconds after its start: the order of what one server
    -- wrote does not depend on a clock that can be set.
    server        uuid        NOT NULL,
    monotonic     bigint      NOT NULL,
    -- How the authenticated bytes of this row are made; see app/src/audit/canonical.rs.
    canonical     smallint    NOT NULL,
    key_id        bytea       NOT NULL,
    mac           bytea       NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, org_id) REFERENCES organizations (org_id, id)
);
CREATE INDEX audit_events_by_actor ON audit_events (org_id, actor_id, id);
CREATE INDEX audit_events_by_resource ON audit_events (org_id, resource_id, id);

-- Entries that wait for their place in the chain. Whoever writes an entry waits for nobody: numbers
-- are given afterwards, by one at a time.
CREATE TABLE audit_pending (
    org_id   uuid NOT NULL,
    event_id uuid NOT NULL,
    PRIMARY KEY (org_id, event_id)
);

-- The chain: which entry has which number. The hash covers the entry, its number and the hash before
-- it, so that whoever has no key can follow the chain, too; the code authenticates the hash.
CREATE TABLE audit_links (
    org_id   uuid   NOT NULL,
    seq      bigint NOT NULL CHECK (seq > 0),
    event_id uuid   NOT NULL,
    hash     bytea  NOT NULL CHECK (length(hash) = 32),
    key_id   bytea  NOT NULL,
    mac      bytea  NOT NULL CHECK (length(mac) = 32),
    PRIMARY KEY (org_id, seq),
    UNIQUE (org_id, event_id),
    FOREIGN KEY (org_id, event_id) REFERENCES audit_events (org_id, id)
);

-- Where the chain ends.
CREATE TABLE audit_heads (
    org_id   uuid   PRIMARY KEY,
    last_seq bigint NOT NULL,
    FOREIGN KEY (org_id, org_id) REFERENCES organizations (org_id, id)
);

CREATE FUNCTION audit_is_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$;

CREATE TRIGGER audit_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_links
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

ALTER TABLE audit_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_heads FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_heads
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_events
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

ALTER TABLE audit_pending ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_pending FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_pending
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

ALTER TABLE audit_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_links FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_links
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

GRANT SELECT, INSERT, UPDATE (last_seq) ON audit_heads TO vaultterm_app;
GRANT SELECT, INSERT ON audit_events, audit_links TO vaultterm_app;
GRANT SELECT, INSERT, DELETE ON audit_pending TO vaultterm_app;
