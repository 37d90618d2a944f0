-- The rows of a release ($1) as of its cut-off ($2), with the outcomes that were derived as of it
-- ($3, JSON, as connect.outcome has them) and what links a treatment to other releases ($4 treatments,
-- $5 their linkages; none where there is no key). A day of a treatment counts from its start; what has no
-- date counts as of told_until.
with person as (
  select h.patient_id, h.told_until, p.sex, p.age_band, p.health_region, l.code as site_code,
    d.onco_tree_code, o.tissue_code, p.synthetic
  from pg_temp.release_patient h
  join connect.patient p on p.id = h.patient_id
  left join connect.patient_identity i on i.patient_id = p.id
  left join connect.site l on l.id = i.site_id
  left join lateral (
    select c.onco_tree_code from connect.diagnosis c
    where c.patient_id = p.id and c.onco_tree_code is not null
    order by c.id limit 1
  ) d on true
  left join connect.onco_tree o on o.code = d.onco_tree_code
),
outcome as (
  select o.* from connect.outcome o join person n using (patient_id) where o.source = 'REPORTED'
  union all
  select * from jsonb_populate_recordset(null::connect.outcome, $3::text::jsonb)
),
treated as (
  select
    t.patient_id, i.started_on + greatest(
      o.progression_free_survival_days, o.overall_survival_days) as told_to,
    k.code as cohort_code,
    array(
      select d.inn from connect.treatment_drug g join connect.drug d on d.id = g.drug_id
      where g.treatment_id = t.id order by d.inn
    ) as drugs,
    n.onco_tree_code, n.tissue_code,
    array(
      select distinct g.symbol from connect.treatment_biomarker m
      join connect.biomarker b on b.id = m.biomarker_id
      join connect.gene g on g.id = b.gene_id
      where m.treatment_id = t.id order by g.symbol
    ) as matched_genes,
    n.health_region, n.site_code, n.sex, n.age_band,
    (
      select f.payer from connect.treatment_funding f
      where f.treatment_id = t.id and f.from_day = 0
    ) as payer,
    date_trunc('month', i.started_on)::date as accrual_month,
    case when o.rule_set is null then t.evaluability else o.evaluability end as evaluability,
    o.evaluability_reason, o.best_overall_response, o.best_confirmed_response,
    o.clinical_benefit_16w, o.progression_free_survival_days, o.progression_free_survival_event,
    o.overall_survival_days, o.overall_survival_event, o.duration_of_response_days,
    o.duration_of_response_event, o.rule_set,
    p.progressed, case when p.progressed then r.profiled end as profiled_at_progression,
    case when p.progressed then r.mechanisms else '{}' end as resistance_mechanisms,
    a.events as adverse_events, a.grade as highest_grade, n.synthetic, y.linkage
  from connect.treatment t
  join person n using (patient_id)
  left join unnest($4::bigint[], $5::text[]) as y (treatment_id, linkage) on y.treatment_id = t.id
  left join connect.treatment_identity i on i.treatment_id = t.id
  left join connect.cohort k on k.id = t.cohort_id
  left join outcome o on o.treatment_id = t.id
  cross join lateral (
    select min(s.day) as day, count(*) > 0 as seen from connect.response_assessment s
    where s.treatment_id = t.id and s.normalised_response = 'PD'
      and coalesce(i.started_on + s.day, n.told_until) <= $2
  ) s
  cross join lateral (
    select t.end_reason is not distinct from 'PROGRESSION'
      and coalesce(i.started_on + t.end_day, n.told_until) <= $2 as ended
  ) e
  cross join lateral (
    select s.seen or e.ended or o.best_overall_response is not distinct from 'PD' as progressed,
      i.started_on + coalesce(s.day, case when e.ended then t.end_day end) as progressed_on
  ) p
  cross join lateral (
    select
      bool_or(f.mechanism <> 'NOT_PROFILED' and v.told) as profiled,
      coalesce(array_agg(distinct f.mechanism order by f.mechanism) filter (
        where v.told and f.status <> 'REFUTED'
          and f.mechanism not in ('UNKNOWN_PROFILED', 'NOT_PROFILED')), '{}') as mechanisms
    from connect.resistance_finding f
    cross join lateral (
      select coalesce(p.progressed_on + f.day_after_progression, p.progressed_on, n.told_until)
        <= $2 as told
    ) v
    where f.treatment_id = t.id
  ) r
  cross join lateral (
    select count(*)::integer as events, max(v.grade) as grade from connect.adverse_event v
    where v.treatment_id = t.id and coalesce(i.started_on + v.start_day, n.told_until) <= $2
  ) a
  where coalesce(i.started_on, n.told_until) <= $2
),
screened as (
  select
    s.patient_id, n.onco_tree_code, n.tissue_code, n.health_region, n.site_code, n.sex, n.age_band,
    date_trunc('month', i.referred_on)::date as screening_month,
    s.profiled_day is not null
      and coalesce(i.referred_on + s.profiled_day, n.told_until) <= $2 as profiled,
    s.discussed_day is not null
      and coalesce(i.referred_on + s.discussed_day, n.told_until) <= $2 as discussed,
    case
      when coalesce(i.referred_on + greatest(s.profiled_day, s.discussed_day), n.told_until) <= $2
      then s.matched
    end as matched,
    exists (
      select from connect.offer f where f.screening_id = s.id
        and coalesce(i.referred_on + f.offered_day, n.told_until) <= $2
    ) as offered,
    t.treated, t.evaluable, n.synthetic
  from connect.screening s
  join person n using (patient_id)
  left join connect.screening_identity i on i.screening_id = s.id
  cross join lateral (
    select count(*) > 0 as treated,
      coalesce(bool_or(t.evaluability = 'EVALUABLE'), false) as evaluable
    from treated t where t.patient_id = s.patient_id
  ) t
  where coalesce(i.referred_on, n.told_until) <= $2
),
-- Patients are numbered in the order of what their rows say: the number tells nothing that the rows
-- do not, and the same data make the same rows. Who is alike in everything comes in the order of the
-- linkages.
treatment_line as (
  select t.*, (to_jsonb(t) - array['patient_id', 'told_to', 'linkage'])::text collate "C" as line
  from treated t
),
screening_line as (
  select s.*, (to_jsonb(s) - 'patient_id')::text collate "C" as line, null::text as linkage
  from screened s
),
subject as (
  select l.patient_id,
    row_number() over (
      order by string_agg(l.line, e'\n' order by l.line),
        string_agg(l.linkage collate "C", ' ' order by l.line, l.linkage collate "C")
    )::integer as subject
  from (
    select patient_id, line, linkage from treatment_line
    union all
    select patient_id, line, linkage from screening_line
  ) l
  group by l.patient_id
),
frozen_treatment as (
  insert into connect.analysis_row (
    release_id, ordinal, subject, cohort_code, drugs, onco_tree_code, tissue_code, matched_genes,
    health_region, site_code, sex, age_band, payer, accrual_month, evaluability,
    evaluability_reason, best_overall_response, best_confirmed_response, clinical_benefit_16w,
    progression_free_survival_days, progression_free_survival_event, overall_survival_days,
    overall_survival_event, duration_of_response_days, duration_of_response_event, rule_set,
    progressed, profiled_at_progression, resistance_mechanisms, adverse_events, highest_grade,
    synthetic, linkage)
  select
    $1, row_number() over (order by j.subject, t.line, t.linkage collate "C"), j.subject, cohort_code, drugs,
    onco_tree_code, tissue_code, matched_genes, health_region, site_code, sex, age_band, payer,
    accrual_month, evaluability, evaluability_reason, best_overall_response,
    best_confirmed_response, clinical_benefit_16w, progression_free_survival_days,
    progression_free_survival_event, overall_survival_days, overall_survival_event,
    duration_of_response_days, duration_of_response_event, rule_set, progressed,
    profiled_at_progression, resistance_mechanisms, adverse_events, highest_grade, synthetic, linkage
  from treatment_line t join subject j using (patient_id)
),
frozen_screening as (
  insert into connect.screening_row (
    release_id, subject, onco_tree_code, tissue_code, health_region, site_code, sex, age_band,
    screening_month, profiled, discussed, matched, offered, treated, evaluable, synthetic)
  select
    $1, j.subject, onco_tree_code, tissue_code, health_region, site_code, sex, age_band,
    screening_month, profiled, discussed, matched, offered, treated, evaluable, synthetic
  from screening_line s join subject j using (patient_id)
)
select
  (select count(*) from subject) as patients,
  (
    select coalesce(array_agg(distinct t.rule_set order by t.rule_set), '{}') from treated t
    where t.rule_set is not null
  ) as rule_sets,
  (
    select count(*) from treated t where t.rule_set is null and t.told_to > $2
  ) as reported_beyond_cut_off,
  (
    select coalesce(jsonb_agg(jsonb_build_object(
      'code', s.code, 'synthetic', s.synthetic, 'data_cut_off', s.data_cut_off
    ) order by s.code), '[]')
    from connect.study s
    where s.id in (
      select p.study_id from connect.patient p join subject j on j.patient_id = p.id)
  ) as studies
