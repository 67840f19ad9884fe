-- Which master keys this database knows, by their names; never a key itself. A server that holds
-- another one must not serve: nothing would open, and what it stored would be lost to everybody
-- who holds the right key.
CREATE TABLE master_keys (
    key_id     bytea       PRIMARY KEY CHECK (length(key_id) = 8),
    -- current: wraps new data keys. outgoing: still opens what it has wrapped, while a rotation is
    -- under way. retired: nothing in this database needs it, and nothing may come to need it.
    state      text        NOT NULL CHECK (state IN ('current', 'outgoing', 'retired')),
    first_seen timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX master_keys_one_current ON master_keys (state) WHERE state = 'current';
CREATE UNIQUE INDEX master_keys_one_outgoing ON master_keys (state) WHERE state = 'outgoing';

-- A key goes from current to outgoing to retired, and nowhere else.
CREATE FUNCTION master_keys_go_forward() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN
        IF (OLD.state, NEW.state) NOT IN (('current', 'outgoing'), ('outgoing', 'retired'))
            OR NEW.key_id <> OLD.key_id
        THEN
            RAISE EXCEPTION 'a master key goes from current to outgoing to retired';
        END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER master_keys_forward
    BEFORE UPDATE ON master_keys
    FOR EACH ROW EXECUTE FUNCTION master_keys_go_forward();

-- What an earlier master key authenticated must stay verifiable: its keys for that, sealed under
-- the master key in use.
CREATE TABLE kept_keys (
    key_id  bytea NOT NULL REFERENCES master_keys (key_id),
    purpose text  NOT NULL CHECK (purpose IN ('audit', 'licence state')),
    sealed  bytea NOT NULL,
    PRIMARY KEY (key_id, purpose)
);

-- Which keys each running server holds, so that a rotation does not begin before all of them can
-- open what it wraps.
CREATE TABLE master_key_holders (
    instance uuid        PRIMARY KEY,
    held     bytea[]     NOT NULL,
    writing  bytea       NOT NULL,
    seen_at  timestamptz NOT NULL
);

-- A rotation takes this lock for itself while it changes the states of keys; whoever stores
-- something that depends on a key shares it until the end of the transaction. So no transaction
-- that began under the old states ends under the new ones.
CREATE FUNCTION share_master_key_states() RETURNS void
    LANGUAGE sql
    AS $$ SELECT pg_advisory_xact_lock_shared(24299538949167443) $$;

-- A data key is stored wrapped by the current master key only.
CREATE FUNCTION wrapped_by_current_key() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN
        PERFORM share_master_key_states();
        IF EXISTS (
            SELECT FROM arrived, master_keys
            WHERE state = 'current' AND key_id <> substring(wrapped_key FROM 2 FOR 8))
        THEN
            RAISE EXCEPTION 'a data key is wrapped by a master key that is not the current one'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'wrapped_by_current_key';
        END IF;
        RETURN NULL;
    END $$;
CREATE FUNCTION rewrapped_by_current_key() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN
        PERFORM share_master_key_states();
        IF EXISTS (
            SELECT FROM arrived
            JOIN departed USING (org_id, id), master_keys
            WHERE arrived.wrapped_key <> departed.wrapped_key
              AND state = 'current' AND key_id <> substring(arrived.wrapped_key FROM 2 FOR 8))
        THEN
            RAISE EXCEPTION 'a data key is wrapped by a master key that is not the current one'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'wrapped_by_current_key';
        END IF;
        RETURN NULL;
    END $$;
CREATE TRIGGER wrapped_by_current_key
    AFTER INSERT ON data_keys
    REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION wrapped_by_current_key();
CREATE TRIGGER rewrapped_by_current_key
    AFTER UPDATE ON data_keys
    REFERENCING NEW TABLE AS arrived OLD TABLE AS departed
    FOR EACH STATEMENT EXECUTE FUNCTION rewrapped_by_current_key();

-- Nothing is added to a trail in the name of a retired key.
CREATE FUNCTION authenticated_by_key_in_use() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN
        PERFORM share_master_key_states();
        IF EXISTS (SELECT FROM arrived JOIN master_keys USING (key_id) WHERE state = 'retired')
        THEN
            RAISE EXCEPTION 'an audit entry is authenticated by a retired master key'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'authenticated_by_key_in_use';
        END IF;
        RETURN NULL;
    END $$;
CREATE TRIGGER authenticated_by_key_in_use
    AFTER INSERT ON audit_events
    REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION authenticated_by_key_in_use();
CREATE TRIGGER authenticated_by_key_in_use
    AFTER INSERT ON audit_links
    REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION authenticated_by_key_in_use();

GRANT SELECT, INSERT, UPDATE (state, changed_at) ON master_keys TO vaultterm_app;
GRANT SELECT, INSERT, UPDATE (sealed) ON kept_keys TO vaultterm_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON master_key_holders TO vaultterm_app;
