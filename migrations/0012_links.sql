-- Links by mail, and what passwords cost.

-- Somebody who asks to sign up has one link, whoever asked: a new one replaces it.
CREATE UNIQUE INDEX account_links_sign_up ON account_links (email) WHERE purpose = 'sign-up';
CREATE INDEX account_links_expiry ON account_links (expires_at);

-- The highest step of the ladder of costs (app/src/infra/argon.rs) that a server here has taken. An
-- address without an account takes as long as one with, so no server takes a lower one.
ALTER TABLE installation ADD COLUMN password_step smallint NOT NULL DEFAULT 0
    CHECK (password_step >= 0);
GRANT UPDATE (password_step) ON installation TO vaultterm_app;

-- A new link of a kind replaces the one before it.
GRANT UPDATE (digest, email, enters, name, password_hash, created_at, expires_at) ON account_links
    TO vaultterm_app;
