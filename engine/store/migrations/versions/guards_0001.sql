-- Row-level security, the audit chain, and the few questions that are asked before a council is known.

DO $$
DECLARE name text;
BEGIN
  FOR name IN
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE a.attname = 'council_id' AND NOT a.attisdropped AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_council ON %I USING (council_id = (SELECT current_council()))', name);
  END LOOP;
END $$;

-- Asked across councils, each by one narrow function that runs as the owner; the owner sees these tables for it.
CREATE POLICY owner_reads ON timer FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_reads ON incident FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_reads ON notice FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_reads ON account FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_reads ON audit_event FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_reads ON case_record FOR SELECT TO CURRENT_USER USING (true);

-- Cases with a timer due at `moment`, longest overdue first: which case, of which council.
CREATE FUNCTION due_cases(moment timestamptz, most int, within smallint DEFAULT NULL)
RETURNS TABLE (council text, case_id int, due timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT c.code, d.case_id, d.due
    FROM (SELECT t.council_id, t.case_id, min(t.due) AS due
            FROM (SELECT * FROM timer
                   WHERE coalesce(held_until, timer.due) <= moment AND (within IS NULL OR timer.council_id = within)
                   ORDER BY coalesce(held_until, timer.due) LIMIT most * 4) t
           GROUP BY t.council_id, t.case_id ORDER BY min(t.due) LIMIT most) d
    JOIN council c ON c.id = d.council_id
   ORDER BY d.due
$$;

-- Incidents of cases whose next try has come.
CREATE FUNCTION due_incidents(moment timestamptz, most int) RETURNS TABLE (council text, incident_id int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT c.code, i.id FROM incident i JOIN council c ON c.id = i.council_id
   WHERE i.kind = 'case' AND i.resolved_at IS NULL AND i.retry_at <= moment ORDER BY i.retry_at LIMIT most
$$;

-- Notices that wait to be sent, or whose sender died while sending.
CREATE FUNCTION due_notices(moment timestamptz, most int) RETURNS TABLE (council text, notice_id int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT c.code, n.id FROM notice n JOIN council c ON c.id = n.council_id
   WHERE n.state IN ('pending', 'sending') AND n.next_attempt <= moment ORDER BY n.next_attempt LIMIT most
$$;

-- Whose account a sign-in is about: by name, or by the identity provider's issuer and subject. No secret leaves.
CREATE FUNCTION account_signing_in(name text, issuer text DEFAULT NULL, subject text DEFAULT NULL)
RETURNS TABLE (account_id int, council text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT a.id, c.code FROM account a JOIN council c ON c.id = a.council_id
   WHERE CASE WHEN account_signing_in.issuer IS NULL THEN lower(a.name) = lower(account_signing_in.name)
              ELSE a.issuer = account_signing_in.issuer AND a.subject = account_signing_in.subject END
$$;

-- The audit chain. The hash covers the event and, through its digest, the details; so details may be redacted by
-- retention (their digest then stands in `detail`) and the chain stays provable.
CREATE FUNCTION audit_hash(chain int, seq int, at timestamptz, account_id int, task_id int, council_id smallint,
                           action text, detail_digest bytea, before bytea)
RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT sha256(convert_to(jsonb_build_array(chain, seq, extract(epoch FROM at), account_id, task_id, council_id, action,
    encode(detail_digest, 'hex'), encode(before, 'hex'))::text, 'UTF8'))
$$;

-- The digest of an event's details: a redacted event keeps only that, behind a zero byte.
CREATE FUNCTION audit_digest(detail bytea) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN detail IS NULL THEN NULL
              WHEN length(detail) = 33 AND get_byte(detail, 0) = 0 THEN substring(detail FROM 2)
              ELSE sha256(detail) END
$$;

CREATE FUNCTION audit_event_before_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last record;
BEGIN
  IF new.chain < 0 THEN -- a case's chain is guarded by its row lock, a council's by this one
    PERFORM pg_advisory_xact_lock(7270012, new.chain);
  END IF;
  SELECT a.seq, a.hash INTO last FROM audit_event a WHERE a.chain = new.chain ORDER BY a.seq DESC LIMIT 1;
  new.seq := coalesce(last.seq, 0) + 1;
  new.hash := audit_hash(new.chain, new.seq, new.at, new.account_id, new.task_id, new.council_id, new.action,
                         audit_digest(new.detail), last.hash);
  RETURN new;
END $$;
CREATE TRIGGER audit_event_chained BEFORE INSERT ON audit_event
  FOR EACH ROW EXECUTE FUNCTION audit_event_before_insert();

CREATE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- the one lawful change: retention replaces the details by their digest
  IF tg_op = 'UPDATE' AND current_setting('homeward.redacting', true) = 'on'
     AND new.detail = '\x00'::bytea || audit_digest(old.detail)
     AND (new.chain, new.seq, new.at, new.council_id, new.action, new.hash)
       = (old.chain, old.seq, old.at, old.council_id, old.action, old.hash)
     AND new.account_id IS NOT DISTINCT FROM old.account_id AND new.task_id IS NOT DISTINCT FROM old.task_id THEN
    RETURN new;
  END IF;
  RAISE EXCEPTION 'audit_event is append-only (%)', tg_op USING errcode = '42501';
END $$;
CREATE TRIGGER audit_event_kept BEFORE UPDATE OR DELETE ON audit_event
  FOR EACH ROW EXECUTE FUNCTION audit_event_refuse();
CREATE TRIGGER audit_event_whole BEFORE TRUNCATE ON audit_event
  FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse();

-- Every event whose chain does not hold, over all councils. A chain that lost its end shows against case_record.acts.
CREATE FUNCTION audit_broken(most int DEFAULT 100) RETURNS TABLE (council text, chain int, seq int, fault text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH linked AS (
    SELECT a.*, lag(a.hash) OVER w AS before, lag(a.seq) OVER w AS seq_before
      FROM audit_event a WINDOW w AS (PARTITION BY a.chain ORDER BY a.seq)
  ), broken AS (
    SELECT council_id, chain, seq,
           CASE WHEN seq <> coalesce(seq_before, 0) + 1 THEN 'an event before it is missing'
                ELSE 'the event or the one before it was changed' END AS fault
      FROM linked
     WHERE seq <> coalesce(seq_before, 0) + 1
        OR hash <> audit_hash(chain, seq, at, account_id, task_id, council_id, action, audit_digest(detail), before)
    UNION ALL
    SELECT r.council_id, r.id, r.acts, 'the case has done ' || r.acts || ' acts and the chain holds ' || coalesce(l.seq, 0)
      FROM case_record r
      LEFT JOIN (SELECT chain, max(seq) AS seq FROM linked GROUP BY chain) l ON l.chain = r.id
     WHERE r.acts <> coalesce(l.seq, 0)
  )
  SELECT c.code, b.chain, b.seq, b.fault FROM broken b JOIN council c ON c.id = b.council_id
   ORDER BY b.chain, b.seq LIMIT most
$$;

-- The end of every chain: kept elsewhere, it shows a database that was put back in time.
CREATE FUNCTION audit_heads() RETURNS TABLE (chain int, seq int, hash bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT DISTINCT ON (a.chain) a.chain, a.seq, a.hash FROM audit_event a ORDER BY a.chain, a.seq DESC
$$;

-- Whether an event is still what it was: for comparing with an earlier list of heads.
CREATE FUNCTION audit_hash_at(chain int, seq int) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT a.hash FROM audit_event a WHERE a.chain = audit_hash_at.chain AND a.seq = audit_hash_at.seq
$$;
