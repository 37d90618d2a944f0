-- migrate:up
-- A scope is for good what it is for. Its pseudonyms are ids of that agreement, project or site, and
-- those of a site were not kept when it moved: its clinicians went on seeing the former site.
create function connect.keep_scope() returns trigger language plpgsql as $$
begin
  if (new.kind, new.code, new.agreement_id, new.project_id, new.site_id)
    is distinct from (old.kind, old.code, old.agreement_id, old.project_id, old.site_id) then
    raise exception 'scope % cannot become another''s', old.code
      using errcode = 'integrity_constraint_violation', hint = 'End it, and make a scope of its own.';
  end if;
  return new;
end
$$;
comment on function connect.keep_scope is 'Refuse to make a scope another agreement''s, project''s or site''s, or to rename it.';

create trigger keep_scope before update on connect.scope
  for each row execute function connect.keep_scope();

-- migrate:down
