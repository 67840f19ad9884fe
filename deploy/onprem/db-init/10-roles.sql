-- Runs once, when the database is new: the two roles and their database.
--
-- vaultterm_owner owns the schema and migrates it; vaultterm_app serves. Neither is a superuser and
-- neither bypasses row-level security.

\set ON_ERROR_STOP on
-- The passwords stand in these statements: keep them out of the server's log.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';

\set owner_password `cat /run/vaultterm/owner`
\set app_password `cat /run/vaultterm/app`

CREATE ROLE vaultterm_owner LOGIN
    NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT
    PASSWORD :'owner_password';
CREATE ROLE vaultterm_app LOGIN
    NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT
    PASSWORD :'app_password';

CREATE DATABASE vaultterm OWNER vaultterm_owner;
REVOKE ALL ON DATABASE vaultterm FROM PUBLIC;
GRANT CONNECT ON DATABASE vaultterm TO vaultterm_app;

\connect vaultterm
ALTER SCHEMA public OWNER TO vaultterm_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO vaultterm_app;

-- Neither role has any business in the other databases of this server.
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
REVOKE CONNECT ON DATABASE template1 FROM PUBLIC;

\! rm -f /run/vaultterm/superuser /run/vaultterm/owner /run/vaultterm/app
