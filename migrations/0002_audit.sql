-- The audit trail: append-only, numbered within an organisation, authenticated row by row.

CREATE TABLE audit_heads (
    org_id   uuid   PRIMARY KEY,
    last_seq bigint NOT NULL,
    FOREIGN KEY (org_id, org_id) REFERENCES organizations (org_id, id)
);

CREATE TABLE audit_events (
    org_id        uuid        NOT NULL,
    id            uuid        NOT NULL,
    seq           bigint      NOT NULL,
    at            timestamptz NOT NULL,
    actor_id      uuid,
    action        text        NOT NULL,
    resource_type text,
    resource_id   uuid,
    detail        jsonb       NOT NULL,
    -- How they came in, and from where.
    circumstances jsonb       NOT NULL,
    -- How the authenticated bytes of this row are made; see app/src/audit/canonical.rs.
    canonical     smallint    NOT NULL,
    key_id        bytea       NOT NULL,
    mac           bytea       NOT NULL CHECK (length(mac) = 32),
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, seq),
    FOREIGN KEY (org_id, org_id) REFERENCES organizations (org_id, id)
);

CREATE FUNCTION audit_is_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$;

CREATE TRIGGER audit_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

ALTER TABLE audit_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_heads FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_heads
    USING (org_id = vaultterm_org()) WITH CHECK (org_id = vaultterm_org());

ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_events
    USING (org_id = vaultterm_org()) WITH CHECK (org_id = vaultterm_org());

GRANT SELECT, INSERT, UPDATE ON audit_heads TO vaultterm_app;
GRANT SELECT, INSERT ON audit_events TO vaultterm_app;
