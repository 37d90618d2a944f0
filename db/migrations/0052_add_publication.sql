-- migrate:up
-- What was published of a release: cells decided once, jointly with every publication before it, and
-- looked up ever after. How, and what for: docs/disclosure.md. Lines come before their publication,
-- which comes last and closes them.
create table connect.publication (
  release_id bigint primary key references connect.data_release,
  published_at timestamptz not null default clock_timestamp(),
  lattice jsonb not null check (jsonb_typeof(lattice) = 'array'),
  parameters jsonb not null check (jsonb_typeof(parameters) = 'object'),
  algorithm text collate "C" not null check (algorithm <> ''),
  digest text collate "C" not null check (digest ~ '^[0-9a-f]{64}$'),
  signature text collate "C" not null check (signature <> ''),
  key_id text collate "C" not null check (key_id <> '')
);
comment on table connect.publication is 'The aggregates of a release that everyone may have, decided once.';
comment on column connect.publication.lattice is 'the groupings in the order in which they were decided';
comment on column connect.publication.parameters is 'of the rules, such as how few patients are too few';
comment on column connect.publication.algorithm is 'the rules that decided, with their version';
comment on column connect.publication.digest is '{SHA-256} of what was published, as docs/disclosure.md says';
comment on column connect.publication.signature is '{Ed25519} of the digest, base64url';
comment on column connect.publication.key_id is '{RFC 7638} thumbprint of the public key that verifies it';

create table connect.published_grouping (
  release_id bigint not null references connect.publication deferrable initially deferred,
  name text collate "C" not null,
  dimensions text[] not null,
  primary key (release_id, name),
  check (name = array_to_string(dimensions, ','))
);
comment on table connect.published_grouping is 'What a publication is grouped by: each combination of dimensions that can be asked for.';
comment on column connect.published_grouping.name is 'its dimensions with commas between; empty: the total';
comment on column connect.published_grouping.dimensions is 'in the order of their type';

create table connect.published_cell (
  release_id bigint not null,
  grouping_name text collate "C" not null,
  place integer not null check (place >= 1),
  dimension_values text[] not null,
  patients integer check (patients >= 1),
  evaluable_lower integer check (evaluable_lower >= 0),
  evaluable_upper integer check (evaluable_upper <= patients),
  response_lower integer check (response_lower >= 0),
  response_upper integer check (response_upper <= patients),
  benefit_lower integer check (benefit_lower >= 0),
  benefit_upper integer check (benefit_upper <= patients),
  primary key (release_id, grouping_name, place),
  unique (release_id, grouping_name, dimension_values),
  foreign key (release_id, grouping_name) references connect.published_grouping,
  check (patients is not null or num_nonnulls(evaluable_lower, response_lower, benefit_lower) = 0),
  check ((evaluable_lower is null) = (evaluable_upper is null) and evaluable_lower <= evaluable_upper),
  check ((response_lower is null) = (response_upper is null) and response_lower <= response_upper),
  check ((benefit_lower is null) = (benefit_upper is null) and benefit_lower <= benefit_upper)
);
comment on table connect.published_cell is
  'One group of treatments and how many of them did well. Null: withheld, whether small, empty or otherwise.';
comment on column connect.published_cell.place is 'from 1, the order in which the cells of a grouping are told';
comment on column connect.published_cell.dimension_values is 'in the order of the dimensions of the grouping';
comment on column connect.published_cell.patients is '[treatments] in the group';
comment on column connect.published_cell.evaluable_lower is '[treatments] evaluable for benefit at week 16, at least';
comment on column connect.published_cell.evaluable_upper is 'and at most';
comment on column connect.published_cell.response_lower is '[treatments] with objective response, at least';
comment on column connect.published_cell.response_upper is 'and at most';
comment on column connect.published_cell.benefit_lower is '[treatments] with clinical benefit at week 16, at least';
comment on column connect.published_cell.benefit_upper is 'and at most';

create table connect.published_stage (
  release_id bigint not null references connect.publication deferrable initially deferred,
  cohort_code text collate "C" not null,
  stage connect.cohort_stage not null,
  primary key (release_id, cohort_code)
);
comment on table connect.published_stage is 'The stage of the cohorts whose size lets it be told, as of a release.';

create table connect.publication_report (
  release_id bigint not null references connect.publication deferrable initially deferred,
  grouping_name text collate "C" not null,
  place integer not null check (place >= 1),
  measure text collate "C" not null check (measure in ('PATIENTS', 'EVALUABLE', 'RESPONSE', 'BENEFIT')),
  verdict text collate "C" not null check (verdict in (
    'EXACT', 'BAND', 'SMALL', 'NEAR', 'HOSPITAL', 'DROPPED', 'AUDIT', 'UNDECIDED')),
  primary key (release_id, grouping_name, place, measure),
  foreign key (release_id, grouping_name, place) references connect.published_cell
);
comment on table connect.publication_report is
  'Why each measure of a cell was published or withheld: for the data office, since it tells what a release must not.';
comment on column connect.publication_report.verdict is
  'EXACT, BAND: published; SMALL: too few patients; NEAR: too like another published set; HOSPITAL: too few without one hospital; DROPPED: by the key; AUDIT: somebody would be certain; UNDECIDED: not within the limits';

-- Published lines are everybody's once the release is; the report is the data office's.
do $$
declare
  relation text;
begin
  foreach relation in array array[
    'publication', 'published_grouping', 'published_cell', 'published_stage', 'publication_report'
  ] loop
    execute format('call connect.protect(%L)', 'connect.' || relation);
    execute format('revoke update, delete on connect.%I from connect_loader', relation);
  end loop;
  foreach relation in array array['publication', 'published_grouping', 'published_cell', 'published_stage'] loop
    execute format('grant select on connect.%I to connect_partner, connect_researcher, connect_authority, '
      'connect_clinician', relation);
    execute format('create policy published on connect.%I for select to connect_partner, connect_researcher, '
      'connect_authority, connect_clinician, connect_steward using (release_id in '
      '(select r.id from connect.data_release r where r.published))', relation);
  end loop;
end
$$;
create policy office on connect.publication_report for select to connect_steward
  using (exists (select from connect.opening));

create function connect.refuse_late_line() returns trigger language plpgsql as $$
begin
  if exists (select from connect.publication p where p.release_id in (select a.release_id from added a)) then
    raise exception 'release is published: no row of connect.% can be added', tg_table_name
      using errcode = 'integrity_constraint_violation', hint = 'Publish another release.';
  end if;
  return null;
end
$$;
comment on function connect.refuse_late_line is 'Let lines come before their publication, never after.';

do $$
declare
  relation text;
begin
  foreach relation in array array[
    'published_grouping', 'published_cell', 'published_stage', 'publication_report'
  ] loop
    execute format('create trigger complete after insert on connect.%I referencing new table as added '
      'for each statement execute function connect.refuse_late_line()', relation);
  end loop;
  foreach relation in array array[
    'publication', 'published_grouping', 'published_cell', 'published_stage', 'publication_report'
  ] loop
    execute format('create trigger published before update or delete or truncate on connect.%I '
      'for each statement execute function connect.refuse_change()', relation);
  end loop;
end
$$;

-- migrate:down
