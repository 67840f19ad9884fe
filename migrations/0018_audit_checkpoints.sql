-- Checkpoints of the audit trail: signed statements of how far a trail went and what its hash was, for
-- somebody who keeps them elsewhere; and the one way in which entries leave a trail.

-- The key that signs them: one for the installation, made once. The private half is sealed under the
-- master key in use; a rotation seals it anew in the step that changes the key in use.
CREATE TABLE signing_keys (
    public  bytea       PRIMARY KEY CHECK (length(public) = 32),
    sealed  bytea       NOT NULL,
    made_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX signing_keys_only_one ON signing_keys ((true));
GRANT SELECT, INSERT, UPDATE (sealed) ON signing_keys TO vaultterm_app;

CREATE TABLE audit_checkpoints (
    org_id    uuid        NOT NULL,
    id        uuid        NOT NULL,
    number    bigint      NOT NULL CHECK (number > 0),
    first_seq bigint      NOT NULL CHECK (first_seq > 0),
    last_seq  bigint      NOT NULL,
    -- The statement, to the byte; see app/src/audit/checkpoint/statement.rs.
    body      text        NOT NULL,
    signature bytea       NOT NULL CHECK (length(signature) = 64),
    made_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, number),
    UNIQUE (org_id, last_seq),
    CHECK (last_seq >= first_seq),
    FOREIGN KEY (org_id, org_id) REFERENCES organizations (org_id, id)
);
CREATE TRIGGER audit_append_only
    BEFORE UPDATE OR TRUNCATE ON audit_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_goes_with_its_organization
    AFTER DELETE ON audit_checkpoints
    REFERENCING OLD TABLE AS departed
    FOR EACH STATEMENT EXECUTE FUNCTION audit_goes_with_its_organization();

ALTER TABLE audit_checkpoints ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_checkpoints FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_checkpoints
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));
-- When it was made is for the database to say.
GRANT SELECT, INSERT (org_id, id, number, first_seq, last_seq, body, signature)
    ON audit_checkpoints TO vaultterm_app;

-- Entries leave a trail with their organisation, or because a plan does not keep them any longer.
CREATE OR REPLACE FUNCTION audit_goes_with_its_organization() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN
        IF EXISTS (
            SELECT FROM (SELECT DISTINCT org_id FROM departed) AS gone
            WHERE NOT may_be_erased(gone.org_id)
              AND gone.org_id::text <> coalesce(current_setting('vaultterm.pruning', true), ''))
        THEN
            RAISE EXCEPTION 'the audit trail is append-only';
        END IF;
        RETURN NULL;
    END $$;

-- Removes the oldest entries of the tenant of this transaction, up to one at which a checkpoint ends,
-- so that what is left follows a statement that was signed. With the definer's rights, since the
-- serving role may delete nothing; it hands out a number and no data. However a server is deceived,
-- nothing younger than the shortest time that any plan keeps leaves the trail, by the database's own
-- clock, nor anything that no checkpoint covers.
CREATE FUNCTION prune_audit(through bigint) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        org    uuid := vaultterm_org();
        pruned uuid[];
    BEGIN
        IF NOT EXISTS (
            SELECT FROM audit_checkpoints
            WHERE org_id = org AND last_seq = through AND made_at < now() - interval '7 days')
        THEN
            RAISE EXCEPTION 'no checkpoint of long ago ends there';
        END IF;
        IF EXISTS (
            SELECT FROM audit_links l JOIN audit_events e ON e.org_id = l.org_id AND e.id = l.event_id
            WHERE l.org_id = org AND l.seq <= through AND e.at >= now() - interval '7 days')
        THEN
            RAISE EXCEPTION 'entries are kept for seven days at least';
        END IF;
        PERFORM set_config('vaultterm.pruning', org::text, true);
        WITH gone AS (
            DELETE FROM audit_links WHERE org_id = org AND seq <= through RETURNING event_id)
        SELECT coalesce(array_agg(event_id), '{}') INTO pruned FROM gone;
        DELETE FROM audit_events WHERE org_id = org AND id = ANY (pruned);
        PERFORM set_config('vaultterm.pruning', '', true);
        RETURN cardinality(pruned);
    END $$;
REVOKE ALL ON FUNCTION prune_audit(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prune_audit(bigint) TO vaultterm_app;
