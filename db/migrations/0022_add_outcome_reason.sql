-- migrate:up
-- What the rule set of docs/outcomes.md needs to know, and what it answers beside the values.
create type connect.route as enum ('ORAL', 'INTRAVENOUS', 'OTHER');
create type connect.immune_response as enum ('ICR', 'IPR', 'ISD', 'IUPD', 'ICPD', 'NE');
create type connect.outcome_reason as enum (
  'RESPONSE', 'CONFIRMED', 'RESPONSE_NOT_CONFIRMED', 'STABLE', 'STABLE_TOO_SHORT', 'PROGRESSION',
  'UNCONFIRMED_PROGRESSION', 'ONLY_NOT_EVALUABLE', 'NO_ASSESSMENT', 'NO_RESPONSE', 'DISEASE_CONTROL',
  'LATER_DISEASE_CONTROL', 'DEATH', 'BEFORE_WINDOW_END', 'NEXT_THERAPY', 'WINDOW_MISSED',
  'LESS_THAN_ONE_CYCLE', 'DIED_IN_FIRST_CYCLE', 'EXPOSURE_UNKNOWN', 'ONE_CYCLE',
  'PROGRESSION_IN_FIRST_CYCLE', 'MISSED_VISITS', 'NO_ADEQUATE_ASSESSMENT', 'LAST_ADEQUATE_ASSESSMENT',
  'VITAL_STATUS_UNKNOWN', 'DEATH_DAY_UNKNOWN', 'LAST_CONTACT_UNKNOWN', 'ALIVE');

alter table connect.drug add column route connect.route;
comment on column connect.drug.route is 'how it is usually given: ORAL, INTRAVENOUS, OTHER; null: not known';

alter table connect.study add column data_cut_off date;
comment on column connect.study.data_cut_off is 'last day that the study''s data tell of; null: not known';

alter table connect.treatment
  add column route connect.route,
  add column death_day integer check (death_day >= 0),
  add column last_known_alive_day integer check (last_known_alive_day >= 0),
  add column next_therapy_day integer check (next_therapy_day >= 0),
  add column evaluability_rule_set text check (evaluability_rule_set <> ''),
  add check (evaluability_rule_set is null or evaluability is not null);
comment on column connect.treatment.route is 'how the regimen was given, as recorded: ORAL where any drug of it is; null: see the drugs';
comment on column connect.treatment.death_day is '[days] after treatment start; null: alive, or not known';
comment on column connect.treatment.last_known_alive_day is '[days] after treatment start; null: not known';
comment on column connect.treatment.next_therapy_day is '[days] after treatment start, of the next anticancer therapy; null: none, or not known';
comment on column connect.treatment.evaluability_rule_set is 'version of the rules that derived evaluability; null: as recorded';
grant select (route, death_day, last_known_alive_day, next_therapy_day, evaluability_rule_set)
  on connect.treatment to connect_partner, connect_researcher, connect_clinician;

comment on column connect.response_assessment.response is
  'as recorded: {RECIST}, {iRECIST} iCR, iPR, iSD, iUPD, iCPD, or what the source says';
comment on column connect.response_assessment.normalised_response is
  '{RECIST} CR, PR, SD, PD, NE; iCPD is PD; null where the recorded one does not map, as iUPD';

alter table connect.outcome
  add column best_overall_response_reason connect.outcome_reason,
  add column best_confirmed_response_reason connect.outcome_reason,
  add column best_immune_response connect.immune_response,
  add column best_immune_response_reason connect.outcome_reason,
  add column best_confirmed_immune_response connect.immune_response,
  add column best_confirmed_immune_response_reason connect.outcome_reason,
  add column clinical_benefit_16w_reason connect.outcome_reason,
  add column evaluability connect.evaluability,
  add column evaluability_reason connect.outcome_reason,
  add column progression_free_survival_reason connect.outcome_reason,
  add column overall_survival_reason connect.outcome_reason,
  add column duration_of_response_reason connect.outcome_reason,
  add column criteria connect.criteria,
  add column evaluator connect.evaluator,
  add column data_cut_off date,
  add check (source = 'DERIVED' or num_nonnulls(
    best_overall_response_reason, best_confirmed_response_reason, best_immune_response_reason,
    best_confirmed_immune_response_reason, clinical_benefit_16w_reason, evaluability_reason,
    progression_free_survival_reason, overall_survival_reason, duration_of_response_reason,
    evaluability, data_cut_off) = 0),
  add check ((criteria is null) = (evaluator is null));
comment on column connect.outcome.best_overall_response_reason is 'why; reasons are derived ones'' and stand in docs/outcomes.md';
comment on column connect.outcome.best_confirmed_response is '{RECIST} confirmed 28 days later or more';
comment on column connect.outcome.best_confirmed_response_reason is 'why';
comment on column connect.outcome.best_immune_response is '{iRECIST} not confirmed; null: not assessed by it';
comment on column connect.outcome.best_immune_response_reason is 'why';
comment on column connect.outcome.best_confirmed_immune_response is '{iRECIST} confirmed 28 days later or more; null: not assessed by it';
comment on column connect.outcome.best_confirmed_immune_response_reason is 'why';
comment on column connect.outcome.clinical_benefit_16w_reason is 'why';
comment on column connect.outcome.evaluability is 'for benefit at week 16: EVALUABLE exactly where benefit is YES or NO';
comment on column connect.outcome.evaluability_reason is 'why';
comment on column connect.outcome.progression_free_survival_reason is 'why an event, censored or unknown';
comment on column connect.outcome.overall_survival_reason is 'why an event, censored or unknown';
comment on column connect.outcome.duration_of_response_reason is 'why an event, censored or unknown, or why there is none';
comment on column connect.outcome.criteria is 'the criteria that ruled; null: nothing was assessed, or reported without';
comment on column connect.outcome.evaluator is 'the evaluator who ruled; an unknown one counts as INVESTIGATOR';
comment on column connect.outcome.data_cut_off is 'of the study when the outcome was derived; null: not known';
grant select (
  best_overall_response_reason, best_confirmed_response_reason, best_immune_response,
  best_immune_response_reason, best_confirmed_immune_response, best_confirmed_immune_response_reason,
  clinical_benefit_16w_reason, evaluability, evaluability_reason, progression_free_survival_reason,
  overall_survival_reason, duration_of_response_reason, criteria, evaluator, data_cut_off)
  on connect.outcome to connect_partner, connect_researcher, connect_clinician;

create table connect.outcome_assessment (
  treatment_id bigint not null references connect.outcome on delete cascade,
  response_assessment_id bigint not null references connect.response_assessment on delete cascade,
  patient_id bigint not null references connect.patient,
  primary key (treatment_id, response_assessment_id)
);
comment on table connect.outcome_assessment is 'The assessments that a derived outcome rests on.';
create index on connect.outcome_assessment (response_assessment_id);
create index on connect.outcome_assessment (patient_id);

call connect.protect_record('connect.outcome_assessment',
  'exists (select from connect.treatment t where t.id = outcome_assessment.treatment_id)');

-- migrate:down
