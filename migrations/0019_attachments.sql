-- Files that are attached to a record. Name and content are sealed under the record's own data key, the
-- content in pieces; with that key, and with the record, they are gone.

CREATE TABLE attachments (
    org_id      uuid        NOT NULL,
    id          uuid        NOT NULL,
    secret_id   uuid        NOT NULL,
    -- Name, kind and size; null while the file is still coming.
    sealed_head bytea,
    chunks      integer     NOT NULL DEFAULT 0 CHECK (chunks >= 0),
    created_at  timestamptz NOT NULL,
    created_by  uuid        NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, secret_id) REFERENCES secrets (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, created_by) REFERENCES memberships (org_id, user_id)
);
CREATE INDEX attachments_by_secret ON attachments (org_id, secret_id, id DESC);
CREATE INDEX attachments_on_their_way ON attachments (org_id, created_at) WHERE sealed_head IS NULL;

CREATE TABLE attachment_chunks (
    org_id        uuid    NOT NULL,
    attachment_id uuid    NOT NULL,
    number        integer NOT NULL CHECK (number >= 0),
    sealed        bytea   NOT NULL CHECK (length(sealed) <= 66000),
    PRIMARY KEY (org_id, attachment_id, number),
    FOREIGN KEY (org_id, attachment_id) REFERENCES attachments (org_id, id) ON DELETE CASCADE
);
-- What is sealed does not get smaller.
ALTER TABLE attachment_chunks ALTER COLUMN sealed SET STORAGE EXTERNAL;

ALTER TABLE attachments ENABLE ROW LEVEL SECURITY;
ALTER TABLE attachments FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON attachments
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

ALTER TABLE attachment_chunks ENABLE ROW LEVEL SECURITY;
ALTER TABLE attachment_chunks FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON attachment_chunks
    USING (org_id = (SELECT vaultterm_org())) WITH CHECK (org_id = (SELECT vaultterm_org()));

GRANT SELECT, INSERT, DELETE, UPDATE (sealed_head, chunks) ON attachments TO vaultterm_app;
GRANT SELECT, INSERT ON attachment_chunks TO vaultterm_app;
