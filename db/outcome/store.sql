-- The outcomes that the rules derived, as JSON ($1), into connect.outcome; what is reported stays.
insert into connect.outcome as o (
  treatment_id, patient_id, source,
  best_overall_response, best_overall_response_reason, best_confirmed_response,
  best_confirmed_response_reason, best_immune_response, best_immune_response_reason,
  best_confirmed_immune_response, best_confirmed_immune_response_reason, clinical_benefit_16w,
  clinical_benefit_16w_reason, evaluability, evaluability_reason, progression_free_survival_days,
  progression_free_survival_event, progression_free_survival_reason, overall_survival_days,
  overall_survival_event, overall_survival_reason, duration_of_response_days,
  duration_of_response_event, duration_of_response_reason, criteria, evaluator, data_cut_off,
  rule_set)
select
  treatment_id, patient_id, 'DERIVED',
  best_overall_response, best_overall_response_reason, best_confirmed_response,
  best_confirmed_response_reason, best_immune_response, best_immune_response_reason,
  best_confirmed_immune_response, best_confirmed_immune_response_reason, clinical_benefit_16w,
  clinical_benefit_16w_reason, evaluability, evaluability_reason, progression_free_survival_days,
  progression_free_survival_event, progression_free_survival_reason, overall_survival_days,
  overall_survival_event, overall_survival_reason, duration_of_response_days,
  duration_of_response_event, duration_of_response_reason, criteria, evaluator, data_cut_off,
  rule_set
from jsonb_populate_recordset(null::connect.outcome, $1::text::jsonb)
on conflict (treatment_id) do update
set (
  best_overall_response, best_overall_response_reason, best_confirmed_response,
  best_confirmed_response_reason, best_immune_response, best_immune_response_reason,
  best_confirmed_immune_response, best_confirmed_immune_response_reason, clinical_benefit_16w,
  clinical_benefit_16w_reason, evaluability, evaluability_reason, progression_free_survival_days,
  progression_free_survival_event, progression_free_survival_reason, overall_survival_days,
  overall_survival_event, overall_survival_reason, duration_of_response_days,
  duration_of_response_event, duration_of_response_reason, criteria, evaluator, data_cut_off,
  rule_set)
  = row(
  excluded.best_overall_response, excluded.best_overall_response_reason,
  excluded.best_confirmed_response, excluded.best_confirmed_response_reason,
  excluded.best_immune_response, excluded.best_immune_response_reason,
  excluded.best_confirmed_immune_response, excluded.best_confirmed_immune_response_reason,
  excluded.clinical_benefit_16w, excluded.clinical_benefit_16w_reason, excluded.evaluability,
  excluded.evaluability_reason, excluded.progression_free_survival_days,
  excluded.progression_free_survival_event, excluded.progression_free_survival_reason,
  excluded.overall_survival_days, excluded.overall_survival_event,
  excluded.overall_survival_reason, excluded.duration_of_response_days,
  excluded.duration_of_response_event, excluded.duration_of_response_reason, excluded.criteria,
  excluded.evaluator, excluded.data_cut_off, excluded.rule_set)
where o.source = 'DERIVED'
  and to_jsonb(o) - array['key', 'import_batch_id']
    is distinct from to_jsonb(excluded) - array['key', 'import_batch_id']
returning xmax = 0 as fresh
