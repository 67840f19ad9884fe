-- What every request asks first: what are these accounts, and where do they belong? One statement and
-- no transaction around it, however many ask at once.
--
-- With the rights of whoever calls it: for each account in turn the setting names it, and the
-- policies show what a lookup of this account shows. At the end the setting has its earlier value
-- back, also in a transaction that goes on, and a failure takes it back by itself: nothing that was
-- opened stays open. An account without a confirmed membership has no row.
CREATE FUNCTION vaultterm_standings(accounts uuid[])
    RETURNS TABLE (
        account uuid, name text, email text, session_epoch bigint, totps integer, passkeys integer,
        org_id uuid, organization text, open boolean, role text, created_at timestamptz,
        require_second_factor boolean, second_factor_required_at timestamptz,
        second_factor_grace_days integer, session_idle_min integer, session_absolute_hours integer,
        sso_required boolean)
    LANGUAGE plpgsql VOLATILE SECURITY INVOKER
    AS $$
    #variable_conflict use_column
    DECLARE
        one    uuid;
        before text := coalesce(current_setting('vaultterm.lookup_user', true), '');
    BEGIN
        FOREACH one IN ARRAY accounts LOOP
            PERFORM set_config('vaultterm.lookup_user', one::text, true);
            RETURN QUERY
                SELECT u.id, u.name, u.email, u.session_epoch, u.totps, u.passkeys,
                       m.org_id, o.name, d.open, m.role, m.created_at,
                       p.require_second_factor, p.second_factor_required_at,
                       p.second_factor_grace_days, p.session_idle_min, p.session_absolute_hours,
                       p.sso_required
                FROM memberships m
                JOIN users u ON u.id = m.user_id
                JOIN organizations o ON o.org_id = m.org_id
                JOIN organization_directory d ON d.id = m.org_id
                LEFT JOIN organization_policies p ON p.org_id = m.org_id
                WHERE m.user_id = one AND m.state = 'confirmed'
                ORDER BY m.created_at, m.org_id;
        END LOOP;
        PERFORM set_config('vaultterm.lookup_user', before, true);
    END $$;
