-- migrate:up
create table connect.cohort_contribution (
  id bigint generated always as identity primary key,
  cohort_id bigint not null references connect.cohort,
  trial text collate "C" not null check (trial <> ''),
  patients_treated integer not null check (patients_treated >= 0),
  counted_on date,
  published boolean not null default false,
  literature text[] not null default '{}',
  unique (cohort_id, trial),
  check (not published or cardinality(literature) > 0)
);
comment on table connect.cohort_contribution is
  'How many patients a trial brings to a pooled cohort. Small counts: told to all only where they are published.';
comment on column connect.cohort_contribution.trial is 'short name of the trial, such as DRUP';
comment on column connect.cohort_contribution.patients_treated is '[patients] treated';
comment on column connect.cohort_contribution.counted_on is 'the day that the count is of; null: not known';
comment on column connect.cohort_contribution.published is
  'true: this very number stands in the literature that is named; false: for the data office only';
comment on column connect.cohort_contribution.literature is '{PubMed} ids or DOIs';

call connect.protect_office('connect.cohort_contribution');
grant select on connect.cohort_contribution to
  connect_partner, connect_researcher, connect_authority, connect_clinician;
create policy published on connect.cohort_contribution for select
  to connect_partner, connect_researcher, connect_authority, connect_clinician
  using (published and exists (select from connect.scope));

-- migrate:down
