-- migrate:up
-- A stage tells of outcomes: stopped after 8 means that none of 8 had benefit. So it has two states,
-- as it is and as it was published, and each viewer sees one: the data office, and a company of the
-- cohorts of its agreement, as it is; all others what was published last, of cohorts that are large.
-- See docs/decisions/0038.
create table connect.stage_of_cohort (
  cohort_id bigint not null references connect.cohort,
  released boolean not null,
  stage connect.cohort_stage not null,
  primary key (cohort_id, released)
);
comment on table connect.stage_of_cohort is 'How far a cohort has come, as it is and as it was published last. Kept by triggers.';
comment on column connect.stage_of_cohort.released is 'true: as of the release published last; no row where it was withheld';

call connect.protect('connect.stage_of_cohort');
grant select on connect.stage_of_cohort to
  connect_partner, connect_researcher, connect_authority, connect_clinician;
create policy office on connect.stage_of_cohort for select to connect_steward
  using (not released and exists (select from connect.opening));
create policy agreed on connect.stage_of_cohort for select to connect_partner
  using (exists (select from connect.opening) and released = (cohort_id not in (
    select d.cohort_id from connect.cohort_drug d join connect.agreement_drug a using (drug_id))));
create policy published on connect.stage_of_cohort for select
  to connect_researcher, connect_authority, connect_clinician
  using (released and exists (select from connect.opening));

-- The column itself is the loader's and the data office's.
revoke select on connect.cohort from connect_partner, connect_researcher, connect_authority, connect_clinician;
grant select (id, code, tumour_type, onco_tree_code, opened_on, synthetic) on connect.cohort
  to connect_partner, connect_researcher, connect_authority, connect_clinician;

create function connect.keep_stage() returns trigger language plpgsql as $$
begin
  insert into connect.stage_of_cohort (cohort_id, released, stage) values (new.id, false, new.stage)
  on conflict (cohort_id, released) do update set stage = excluded.stage;
  return null;
end
$$;
comment on function connect.keep_stage is 'Keep the stage of a cohort as it is.';
create trigger kept_stage after insert or update of stage on connect.cohort
  for each row execute function connect.keep_stage();

create function connect.release_stage() returns trigger language plpgsql as $$
begin
  if exists (select from connect.publication p where p.release_id = new.id) then
    delete from connect.stage_of_cohort where released;
    insert into connect.stage_of_cohort (cohort_id, released, stage)
    select c.id, true, s.stage
    from connect.published_stage s join connect.cohort c on c.code = s.cohort_code
    where s.release_id = new.id;
  end if;
  return null;
end
$$;
comment on function connect.release_stage is 'Tell the stages of the release that is published now, and no other.';
create trigger released_stage after update of published on connect.data_release
  for each row when (new.published and not old.published) execute function connect.release_stage();

-- Those that are there already.
set local role connect_loader;
insert into connect.stage_of_cohort (cohort_id, released, stage)
select c.id, false, c.stage from connect.cohort c;
reset role;

-- migrate:down
