-- migrate:up
create type connect.sector as enum ('HOSPITAL', 'INDUSTRY', 'AUTHORITY', 'RESEARCH', 'CHARITY');
create type connect.role as enum ('PARTNER', 'RESEARCHER', 'AUTHORITY', 'CLINICIAN', 'STEWARD');
create type connect.scope_kind as enum ('AGREEMENT', 'PROJECT', 'SITE', 'CONSORTIUM');
create type connect.purpose as enum ('RESEARCH', 'COMMERCIAL', 'STATISTICS', 'CARE', 'ADMINISTRATION');
create type connect.data_domain as enum ('MOLECULAR', 'RESISTANCE');
create type connect.cohort_stage as enum
  ('STAGE_1', 'STAGE_2', 'EXPANSION', 'STOPPED_STAGE_1', 'STOPPED_STAGE_2', 'COMPLETED');
create type connect.agreement_model as enum ('DRUG_SUPPLY', 'SHARED_COST', 'OUTCOME_BASED');

create table connect.partner (
  id bigint generated always as identity primary key,
  code text collate "C" not null unique check (code ~ '^[A-Z0-9-]+$'),
  organisation_number text collate "C" not null unique check (organisation_number ~ '^[0-9]{9}$'),
  name text not null,
  sector connect.sector not null
);
comment on table connect.partner is 'An organisation of the consortium: hospital, company, agency, university, charity.';
comment on column connect.partner.organisation_number is '{Brønnøysund} nine digits';

create table connect.site (
  id bigint generated always as identity primary key,
  code text collate "C" not null unique check (code ~ '^[A-Z0-9-]+$'),
  name text not null,
  health_region connect.health_region not null,
  partner_id bigint references connect.partner
);
comment on table connect.site is 'A hospital that includes patients.';
create index on connect.site (partner_id);

create table connect.study (
  id bigint generated always as identity primary key,
  code text collate "C" not null unique check (code ~ '^[A-Za-z0-9_.-]{1,40}$'),
  title text,
  synthetic boolean not null default false
);
comment on table connect.study is 'Where records come from: a trial, or a data set that was imported.';
comment on column connect.study.synthetic is 'true: invented, no patient stands behind any record';

create table connect.cohort (
  id bigint generated always as identity primary key,
  code text collate "C" not null unique check (code ~ '^[A-Za-z0-9_.-]{1,60}$'),
  tumour_type text not null,
  onco_tree_code text collate "C" references connect.onco_tree,
  stage connect.cohort_stage not null,
  opened_on date,
  synthetic boolean not null default false
);
comment on table connect.cohort is 'One tumour type, one molecular marker, one drug or combination, watched by a two-stage design.';
comment on column connect.cohort.onco_tree_code is '{OncoTree}';
create index on connect.cohort (onco_tree_code);

create table connect.cohort_drug (
  cohort_id bigint not null references connect.cohort,
  drug_id bigint not null references connect.drug,
  primary key (cohort_id, drug_id)
);
comment on table connect.cohort_drug is 'The drugs of a cohort''s regimen.';
create index on connect.cohort_drug (drug_id);

create table connect.biomarker_definition (
  id bigint generated always as identity primary key,
  cohort_id bigint not null references connect.cohort,
  version integer not null check (version >= 1),
  text text not null,
  effective_from date not null,
  unique (cohort_id, version),
  unique (cohort_id, effective_from)
);
comment on table connect.biomarker_definition is 'What a patient''s tumour must carry to enter the cohort; narrowed with time, so versioned.';

create table connect.cohort_design (
  cohort_id bigint primary key references connect.cohort,
  n1 integer not null check (n1 > 0),
  r1 integer not null check (r1 between 0 and n1),
  n integer not null check (n >= n1),
  r integer not null check (r between r1 and n),
  p0 double precision not null check (p0 > 0 and p0 < p1),
  p1 double precision not null check (p1 < 1)
);
comment on table connect.cohort_design is 'Simon''s two-stage design of a cohort.';
comment on column connect.cohort_design.n1 is '[patients] in stage 1';
comment on column connect.cohort_design.r1 is '[patients] with benefit that stage 1 must exceed less one: at least r1 + 1 of n1';
comment on column connect.cohort_design.n is '[patients] in both stages';
comment on column connect.cohort_design.r is '[patients] with benefit that both stages must exceed: at least r + 1 of n';
comment on column connect.cohort_design.p0 is '[0-1] rate of benefit that is not worth pursuing';
comment on column connect.cohort_design.p1 is '[0-1] rate of benefit that is';

create table connect.agreement (
  id bigint generated always as identity primary key,
  code text collate "C" not null unique check (code ~ '^[A-Z0-9-]+$'),
  partner_id bigint not null references connect.partner,
  model connect.agreement_model not null,
  patients_agreed integer check (patients_agreed > 0),
  weeks_company_pays integer check (weeks_company_pays >= 0)
);
comment on table connect.agreement is 'What a company and the consortium agreed on for one or more drugs.';
comment on column connect.agreement.weeks_company_pays is '[weeks] that the company supplies the drug';
create index on connect.agreement (partner_id);

create table connect.agreement_drug (
  agreement_id bigint not null references connect.agreement,
  drug_id bigint not null references connect.drug,
  primary key (agreement_id, drug_id)
);
comment on table connect.agreement_drug is 'The drugs whose cohorts an agreement opens.';
create index on connect.agreement_drug (drug_id);

create table connect.project (
  id bigint generated always as identity primary key,
  code text collate "C" not null unique check (code ~ '^[A-Z0-9-]+$'),
  title text not null,
  partner_id bigint not null references connect.partner,
  all_cohorts boolean not null default false,
  all_tumour_types boolean not null default false
);
comment on table connect.project is 'An approved research project of a public institution.';
comment on column connect.project.all_cohorts is 'true: patients of any cohort or none; false: of the listed ones';
comment on column connect.project.all_tumour_types is 'true: any diagnosis; false: the listed ones';
create index on connect.project (partner_id);

create table connect.project_cohort (
  project_id bigint not null references connect.project,
  cohort_id bigint not null references connect.cohort,
  primary key (project_id, cohort_id)
);
comment on table connect.project_cohort is 'The cohorts a project was approved for.';
create index on connect.project_cohort (cohort_id);

create table connect.project_tumour_type (
  project_id bigint not null references connect.project,
  onco_tree_code text collate "C" not null references connect.onco_tree,
  primary key (project_id, onco_tree_code)
);
comment on table connect.project_tumour_type is 'The tumour types a project was approved for; a tissue code stands for all of its types.';
create index on connect.project_tumour_type (onco_tree_code);

create table connect.scope (
  id bigint generated always as identity primary key,
  kind connect.scope_kind not null,
  code text collate "C" not null unique check (code ~ '^[A-Z0-9-]+$'),
  agreement_id bigint unique references connect.agreement,
  project_id bigint unique references connect.project,
  site_id bigint unique references connect.site,
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to > valid_from),
  embargo_until timestamptz,
  purposes connect.purpose[] not null check (cardinality(purposes) > 0),
  data_domains connect.data_domain[] not null default array['MOLECULAR', 'RESISTANCE']::connect.data_domain[],
  check ((kind = 'AGREEMENT') = (agreement_id is not null)),
  check ((kind = 'PROJECT') = (project_id is not null)),
  check ((kind = 'SITE') = (site_id is not null))
);
comment on table connect.scope is
  'What one request sees through: an agreement, a project, a site or the consortium. Ids are pseudonyms of a scope.';
comment on column connect.scope.embargo_until is 'no record leaves before';
comment on column connect.scope.data_domains is 'the kinds of record that an agreement or a project includes beside the clinical ones';

create table connect.membership (
  id bigint generated always as identity primary key,
  role connect.role not null,
  issuer text collate "C" not null,
  organisation_number text collate "C" not null references connect.partner (organisation_number),
  subject text collate "C" not null,
  scope_id bigint not null references connect.scope,
  valid_from timestamptz not null default now(),
  revoked_at timestamptz,
  unique (issuer, organisation_number, subject, scope_id)
);
comment on table connect.membership is
  'Who acts in which role and scope. A token says only who; this table says as what.';
create index on connect.membership (scope_id);
create index on connect.membership (organisation_number);

call connect.protect_reference('connect.gene');
call connect.protect_reference('connect.gene_former_symbol');
call connect.protect_reference('connect.onco_tree');
call connect.protect_reference('connect.drug');
call connect.protect_reference('connect.drug_target');
call connect.protect_reference('connect.partner');
call connect.protect_reference('connect.site');
call connect.protect_reference('connect.study');
call connect.protect_reference('connect.cohort');
call connect.protect_reference('connect.cohort_drug');
call connect.protect_reference('connect.biomarker_definition');
call connect.protect_reference('connect.cohort_design');
call connect.protect_office('connect.agreement');
call connect.protect_office('connect.agreement_drug');
call connect.protect_office('connect.project');
call connect.protect_office('connect.project_cohort');
call connect.protect_office('connect.project_tumour_type');
call connect.protect('connect.scope');
call connect.protect('connect.membership');

grant select on connect.agreement, connect.agreement_drug to connect_partner;
create policy own on connect.agreement for select to connect_partner
  using (id = (select s.agreement_id from connect.scope s));
create policy own on connect.agreement_drug for select to connect_partner
  using (agreement_id = (select s.agreement_id from connect.scope s));
grant select on connect.project, connect.project_cohort, connect.project_tumour_type to connect_researcher;
create policy own on connect.project for select to connect_researcher
  using (id = (select s.project_id from connect.scope s));
create policy own on connect.project_cohort for select to connect_researcher
  using (project_id = (select s.project_id from connect.scope s));
create policy own on connect.project_tumour_type for select to connect_researcher
  using (project_id = (select s.project_id from connect.scope s));

-- A viewer is who the settings say, in the role of the login, with a membership that is valid now.
-- A scope is the one that the settings name, of the kind that the role may hold, valid now. There is
-- at most one. Everything else depends on it, so without settings nothing is visible.
do $$
declare
  kind text;
  holds text;
begin
  for kind, holds in values
    ('partner', 'AGREEMENT'), ('researcher', 'PROJECT'), ('clinician', 'SITE'),
    ('steward', 'CONSORTIUM'), ('authority', 'CONSORTIUM')
  loop
    execute format('grant select on connect.scope, connect.membership to %I', 'connect_' || kind);
    execute format($policy$
      create policy own_%1$s on connect.membership for select to connect_%1$s using (
        role = %2$L
        and issuer = (select current_setting('app.issuer', true))
        and organisation_number = (select current_setting('app.organisation', true))
        and subject = (select current_setting('app.subject', true))
        and valid_from <= now() and (revoked_at is null or revoked_at > now()))
    $policy$, kind, upper(kind));
    execute format($policy$
      create policy own_%1$s on connect.scope for select to connect_%1$s using (
        code = (select current_setting('app.scope', true))
        and kind = %2$L
        and valid_from <= now() and (valid_to is null or valid_to > now())
        and id in (select m.scope_id from connect.membership m))
    $policy$, kind, holds);
  end loop;
end
$$;

-- The identity login finds out in which roles and scopes a caller may act, and nothing else.
grant select on connect.membership to connect_identity;
grant select on connect.scope to connect_identity;
grant select on connect.partner to connect_identity;
create policy own_identity on connect.membership for select to connect_identity using (
  issuer = (select current_setting('app.issuer', true))
  and organisation_number = (select current_setting('app.organisation', true))
  and subject = (select current_setting('app.subject', true))
  and valid_from <= now() and (revoked_at is null or revoked_at > now()));
create policy own_identity on connect.scope for select to connect_identity using (
  valid_from <= now() and (valid_to is null or valid_to > now())
  and id in (select m.scope_id from connect.membership m));
create policy own_identity on connect.partner for select to connect_identity using (
  organisation_number = (select current_setting('app.organisation', true)));

-- migrate:down
