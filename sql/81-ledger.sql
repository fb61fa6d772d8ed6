-- Owns the ledger's two public verbs; 30 to 34 do the work.

create function levelb.seal()
  returns levelb.ledger_report
  language plpgsql volatile security definer parallel unsafe
  set search_path = pg_catalog, pg_temp
as $seal$
declare
  v_report levelb.ledger_report;
begin
  perform levelb._begin_write();
  perform levelb._enter(array['approver', 'operator', 'auditor']);
  perform levelb._seal(wait => true);
  -- The head agreed with the newest entry, or _seal would have raised; nothing else was looked at.
  select true, h.size, (select count(*) from only levelb._unsealed), h.root, null, null into v_report
    from only levelb._head h;
  return v_report;
end
$seal$;
comment on function levelb.seal() is '@raises LB102 LB103 LB104 LB105 LB201 LB202 LB309

Give every committed leaf its entry in the ledger.

Numbers the leaves that are not in the tree yet, in the order they were written, and returns the new size and root.
Waits for another sealer as long as the policy''s lock timeout says. What it seals is final: the transaction should end
at once, and a session that idles in it for five seconds is ended. Before it appends it makes sure that the head agrees
with the newest entry; levelb.verify_ledger() checks everything.';

create function levelb.verify_ledger()
  returns levelb.ledger_report
  language plpgsql stable security definer parallel unsafe
  set search_path = pg_catalog, pg_temp
as $verify_ledger$
begin
  perform levelb._may_look(array['approver', 'operator', 'auditor']);
  return levelb._verify_ledger();
end
$verify_ledger$;
comment on function levelb.verify_ledger() is '@raises LB201 LB202

Check every entry, hash, root and row of the ledger.

Hashes the text of every leaf again and computes the root after every entry; the entries must be numbered from 1 without
gaps, the head must agree with the last, the queue must hold exactly the leaves without entry. Every row of the
append-only tables must have one leaf and be what it says, compared by meaning. Returns the first entry that does not
agree and what is wrong with it; a row or leaf that has no entry yet is reported with first_bad null.
It reads one snapshot, locks nothing and runs on a replica. It cannot find a history that was rewritten to its end:
compare the root with a checkpoint kept outside.';
