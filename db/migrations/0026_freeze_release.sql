-- migrate:up
-- What a release froze. No row names a patient, a treatment or any other record: a release stands
-- when they change or go. Who is in one, and why nobody reads it here: docs/decisions/0019.
create table connect.analysis_row (
  release_id bigint not null references connect.data_release deferrable initially deferred,
  ordinal integer not null check (ordinal >= 1),
  subject integer not null check (subject >= 1),
  cohort_code text collate "C",
  drugs text[] not null,
  onco_tree_code text collate "C",
  tissue_code text collate "C",
  matched_genes text[] not null,
  health_region connect.health_region,
  site_code text collate "C",
  sex connect.sex,
  age_band text collate "C",
  payer connect.payer,
  accrual_month date check (extract(day from accrual_month) = 1),
  evaluability connect.evaluability,
  evaluability_reason connect.outcome_reason,
  best_overall_response connect.response,
  best_confirmed_response connect.response,
  objective_response boolean generated always as (best_overall_response in ('CR', 'PR')) stored,
  clinical_benefit_16w connect.benefit,
  progression_free_survival_days integer check (progression_free_survival_days >= 0),
  progression_free_survival_event connect.event,
  overall_survival_days integer check (overall_survival_days >= 0),
  overall_survival_event connect.event,
  duration_of_response_days integer check (duration_of_response_days >= 0),
  duration_of_response_event connect.event,
  rule_set text collate "C",
  progressed boolean not null,
  profiled_at_progression boolean check (progressed or profiled_at_progression is null),
  resistance_mechanisms connect.resistance_mechanism[] not null,
  adverse_events integer not null check (adverse_events >= 0),
  highest_grade integer check (highest_grade between 1 and 5),
  synthetic boolean not null,
  primary key (release_id, ordinal),
  check (highest_grade is null or adverse_events > 0)
);
comment on table connect.analysis_row is
  'One treatment as a release froze it: every aggregate of the release comes from these rows.';
comment on column connect.analysis_row.ordinal is 'from 1, in the order of subject and content';
comment on column connect.analysis_row.subject is
  'the patient within the release: from 1, in the order of what the rows say, so it tells nothing else';
comment on column connect.analysis_row.drugs is '{INN} that were given, sorted; none where not known';
comment on column connect.analysis_row.onco_tree_code is '{OncoTree} of the diagnosis recorded first';
comment on column connect.analysis_row.tissue_code is '{OncoTree} tissue of it';
comment on column connect.analysis_row.matched_genes is '{HGNC} symbols of the matched biomarkers, sorted';
comment on column connect.analysis_row.age_band is '[years] at enrolment, five-year band';
comment on column connect.analysis_row.payer is 'who paid at the start; null: not known';
comment on column connect.analysis_row.accrual_month is 'first day of the month in which treatment started; null: not known';
comment on column connect.analysis_row.evaluability is 'for benefit at week 16; null: not known';
comment on column connect.analysis_row.evaluability_reason is 'why, where rules derived it: what a source wrote freely is never frozen';
comment on column connect.analysis_row.best_overall_response is '{RECIST} not confirmed; null: nothing was assessed';
comment on column connect.analysis_row.best_confirmed_response is '{RECIST} confirmed';
comment on column connect.analysis_row.objective_response is 'the best overall response is CR or PR; null: nothing was assessed';
comment on column connect.analysis_row.progression_free_survival_days is '[days] from treatment start';
comment on column connect.analysis_row.overall_survival_days is '[days] from treatment start, or as the source counts';
comment on column connect.analysis_row.duration_of_response_days is '[days] from first response';
comment on column connect.analysis_row.rule_set is 'the rules that derived the outcome as of the cut-off; null: as the source reported it';
comment on column connect.analysis_row.progressed is 'progression was on record by the cut-off';
comment on column connect.analysis_row.profiled_at_progression is
  'it was profiled for resistance; null: not progressed, or nobody looked whether it was';
comment on column connect.analysis_row.resistance_mechanisms is 'that were found and not refuted, in the order of their type';
comment on column connect.analysis_row.adverse_events is '[events] that began by the cut-off';
comment on column connect.analysis_row.highest_grade is '{CTCAE v5} of them; null: none, or no grade known';
comment on column connect.analysis_row.synthetic is 'true: invented, nobody stands behind it';

create table connect.screening_row (
  release_id bigint not null references connect.data_release deferrable initially deferred,
  subject integer not null check (subject >= 1),
  onco_tree_code text collate "C",
  tissue_code text collate "C",
  health_region connect.health_region,
  site_code text collate "C",
  sex connect.sex,
  age_band text collate "C",
  screening_month date check (extract(day from screening_month) = 1),
  profiled boolean not null,
  discussed boolean not null,
  matched boolean,
  offered boolean not null,
  treated boolean not null,
  evaluable boolean not null check (treated or not evaluable),
  synthetic boolean not null,
  primary key (release_id, subject)
);
comment on table connect.screening_row is
  'One screened patient as a release froze it: how far from referral to an evaluable treatment.';
comment on column connect.screening_row.subject is 'as in the analysis rows of the release';
comment on column connect.screening_row.onco_tree_code is '{OncoTree} of the diagnosis recorded first';
comment on column connect.screening_row.tissue_code is '{OncoTree} tissue of it';
comment on column connect.screening_row.age_band is '[years] at enrolment, five-year band';
comment on column connect.screening_row.screening_month is 'first day of the month of referral; null: not known';
comment on column connect.screening_row.profiled is 'a molecular profile was there by the cut-off';
comment on column connect.screening_row.discussed is 'the molecular tumour board had discussed it by the cut-off';
comment on column connect.screening_row.matched is 'an actionable alteration with an open cohort; null: not known by the cut-off';
comment on column connect.screening_row.offered is 'a treatment was offered by the cut-off, taken or not';
comment on column connect.screening_row.treated is 'an analysis row of the release has this subject';
comment on column connect.screening_row.evaluable is 'one of them is evaluable for benefit at week 16';
comment on column connect.screening_row.synthetic is 'true: invented, nobody stands behind it';

create table connect.release_manifest (
  release_id bigint primary key references connect.data_release,
  manifest jsonb not null check (jsonb_typeof(manifest) = 'object')
);
comment on table connect.release_manifest is 'What a release was made of: it is what data_release.manifest_digest is the digest of.';
comment on column connect.release_manifest.manifest is
  'version, cut-off, rule sets, migration, studies, and of each table the rows and the SHA-256 of their content';

alter table connect.data_release add column rule_sets text[] not null default '{}';
comment on column connect.data_release.rule_sets is 'the rules that derived its outcomes, sorted; none where all were reported';
comment on column connect.data_release.manifest_digest is '{SHA-256} of its manifest, which holds the digests of its rows';

-- The loader freezes, and nobody reads over the API: no role is granted anything.
call connect.protect('connect.analysis_row');
call connect.protect('connect.screening_row');
call connect.protect('connect.release_manifest');
revoke all on connect.analysis_row, connect.screening_row, connect.release_manifest from connect_steward;
revoke update, delete on connect.analysis_row, connect.screening_row, connect.release_manifest from connect_loader;

create function connect.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'what a release froze cannot be changed: % of connect.% refused', lower(tg_op), tg_table_name
    using errcode = 'integrity_constraint_violation', hint = 'Freeze another release.';
end
$$;
comment on function connect.refuse_change is 'Refuse a statement, whoever makes it and whatever it would reach.';

create function connect.refuse_addition() returns trigger language plpgsql as $$
begin
  if exists (select from connect.data_release r where r.id in (select a.release_id from added a)) then
    raise exception 'release is frozen: no row of connect.% can be added', tg_table_name
      using errcode = 'integrity_constraint_violation', hint = 'Freeze another release.';
  end if;
  return null;
end
$$;
comment on function connect.refuse_addition is 'Let rows come before their release, never after.';

create function connect.keep_release() returns trigger language plpgsql as $$
begin
  if to_jsonb(new) - 'published' is distinct from to_jsonb(old) - 'published' or (old.published and not new.published) then
    raise exception 'release % is frozen: it can be published once, and nothing else', old.version
      using errcode = 'integrity_constraint_violation', hint = 'Freeze another release.';
  end if;
  return new;
end
$$;
comment on function connect.keep_release is 'Refuse to change a release, but for publishing it.';

do $$
declare
  relation text;
begin
  foreach relation in array array['analysis_row', 'screening_row'] loop
    execute format('create trigger frozen before update or delete or truncate on connect.%I '
      'for each statement execute function connect.refuse_change()', relation);
    execute format('create trigger complete after insert on connect.%I referencing new table as added '
      'for each statement execute function connect.refuse_addition()', relation);
  end loop;
end
$$;
create trigger frozen before update or delete or truncate on connect.release_manifest
  for each statement execute function connect.refuse_change();
create trigger frozen before delete or truncate on connect.data_release
  for each statement execute function connect.refuse_change();
create trigger kept before update on connect.data_release
  for each row execute function connect.keep_release();

-- migrate:down
