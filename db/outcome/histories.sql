-- The histories of the treatments of one study ($1), or of some of them ($2), for the rules, as rules
-- 12.1 to 12.4 have it. Where a source says which reader is accepted, what was accepted is one
-- reader's; else each independent reader is one. A route that is not recorded follows from the drugs.
select t.id as treatment_id, t.patient_id, t.end_day, t.end_reason::text, t.next_therapy_day,
  t.death_day, t.last_known_alive_day, p.vital_status::text, s.data_cut_off,
  i.started_on,
  s.data_cut_off - i.started_on as cut_off_day,
  coalesce(t.route::text, given.route, planned.route) as route,
  (
    select coalesce(jsonb_agg(jsonb_build_array(
        a.id, a.day, a.criteria, a.evaluator, a.response, a.normalised_response, a.new_lesion,
        case when a.accepted then null else a.evaluator_id end)
      order by a.id), '[]')
    from connect.response_assessment a
    where a.treatment_id = t.id and (a.accepted or not exists (
      select from connect.response_assessment b
      where b.treatment_id = a.treatment_id and b.criteria = a.criteria
        and coalesce(b.evaluator, 'INVESTIGATOR') = coalesce(a.evaluator, 'INVESTIGATOR')
        and b.accepted))
  ) as assessments
from connect.treatment t
join connect.patient p on p.id = t.patient_id
join connect.study s on s.id = p.study_id
left join connect.treatment_identity i on i.treatment_id = t.id
left join connect.outcome o on o.treatment_id = t.id
left join lateral (
  select case when bool_or(d.route = 'ORAL') then 'ORAL'
    when bool_and(d.route is not distinct from 'INTRAVENOUS') then 'INTRAVENOUS' end as route
  from connect.treatment_drug g join connect.drug d on d.id = g.drug_id
  where g.treatment_id = t.id
) given on true
left join lateral (
  select case when bool_or(d.route = 'ORAL') then 'ORAL'
    when bool_and(d.route is not distinct from 'INTRAVENOUS') then 'INTRAVENOUS' end as route
  from connect.cohort_drug c join connect.drug d on d.id = c.drug_id
  where c.cohort_id = t.cohort_id
    and not exists (select from connect.treatment_drug g where g.treatment_id = t.id)
) planned on true
where p.study_id = $1 and ($2::bigint[] is null or t.id = any ($2))
  and (o.source is null or o.source = 'DERIVED')
order by t.id
