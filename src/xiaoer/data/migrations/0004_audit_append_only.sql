-- lock_timeout: 5s
-- The audit trail is appended to and read; the role that serves cannot change or remove an entry.
-- An installation on its own DATABASE_URL may have no such role.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'xiaoer') THEN
        REVOKE UPDATE, DELETE ON audit_entry FROM xiaoer;
    END IF;
END
$$;
