-- Which master key this database was first used with, by its name; never the key itself. A server
-- that holds another one must not serve: nothing would open, and what it stored would be lost to
-- everybody who holds the right key.
CREATE TABLE master_key (
    only_row   boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    key_id     bytea       NOT NULL CHECK (length(key_id) = 8),
    first_seen timestamptz NOT NULL
);

GRANT SELECT, INSERT ON master_key TO vaultterm_app;
