-- $1: the study. Patients of whom something may follow, or did; nothing needs to be read of others.
-- name: patient
select p.id from connect.patient p
where p.study_id = $1
  and (exists (select from connect.treatment t where t.patient_id = p.id)
    or exists (select from connect.specimen s where s.patient_id = p.id and s.kind = 'CTDNA')
    or exists (select from connect.concordance c where c.patient_id = p.id))
order by p.id;

-- $1: patients. A treatment, what is known of its course, and whether anybody else judged it.
-- name: treatment
with ruling as (
  select treatment_id, min(day) filter (where normalised_response = 'PD') as progression_day,
    bool_or(normalised_response in ('CR', 'PR')) as responded,
    bool_or(normalised_response = 'SD') as stable,
    bool_or(normalised_response = 'PD') as progressed
  from (
    select a.*, rank() over (partition by a.treatment_id
      order by a.evaluator is distinct from 'INVESTIGATOR', a.criteria) as place
    from connect.response_assessment a
    where a.patient_id = any($1)
  ) each
  where place = 1
  group by treatment_id
)
select t.id, t.patient_id, i.started_on,
  count(*) over (partition by t.patient_id) as treatments,
  lead(i.started_on) over (partition by t.patient_id order by i.started_on, t.id) as next_started_on,
  array(select d.inn from connect.treatment_drug x join connect.drug d on d.id = x.drug_id
    where x.treatment_id = t.id order by d.inn) as drugs,
  array(select g.symbol from connect.treatment_drug x
    join connect.drug_target y on y.drug_id = x.drug_id
    join connect.gene g on g.id = y.gene_id where x.treatment_id = t.id
    union
    select g.symbol from connect.treatment_biomarker x
    join connect.biomarker b on b.id = x.biomarker_id
    join connect.gene g on g.id = b.gene_id where x.treatment_id = t.id) as drivers,
  coalesce(r.progression_day, case when t.end_reason = 'PROGRESSION' then t.end_day end)
    as progression_day,
  coalesce(r.progressed, false) or t.end_reason is not distinct from 'PROGRESSION'
    or o.best_overall_response is not distinct from 'PD' as progressed,
  coalesce(o.best_overall_response::text, case when r.responded then 'PR' when r.stable then 'SD'
    when r.progressed then 'PD' end) as best_response,
  o.clinical_benefit_16w::text as clinical_benefit_16w,
  exists (select from connect.resistance_finding f where f.treatment_id = t.id
    and (f.rule_set is null or f.curated)) as judged
from connect.treatment t
left join connect.treatment_identity i on i.treatment_id = t.id
left join connect.outcome o on o.treatment_id = t.id
left join ruling r on r.treatment_id = t.id
where t.patient_id = any($1)
order by t.id;

-- $1: patients. Tissue and plasma with a profile that gave a result.
-- name: specimen
select s.id, s.patient_id, s.kind = 'CTDNA' as plasma, s.day, s.ordinal, i.collected_on,
  (select max(m.ctdna_fraction_percent) from connect.molecular_profile m
    where m.specimen_id = s.id and m.qc_status is distinct from 'FAILED') as ctdna_fraction
from connect.specimen s
left join connect.specimen_identity i on i.specimen_id = s.id
where s.patient_id = any($1) and s.kind not in ('NORMAL_BLOOD', 'OTHER')
  and exists (select from connect.molecular_profile m join connect.gene_assessed a
    on a.profile_id = m.id where m.specimen_id = s.id
    and (m.qc_status is null or m.qc_status = 'PASSED')
    and not exists (select from connect.biomarker b
      where b.profile_id = m.id and b.kind = 'PROTEIN_EXPRESSION'))
order by s.id;

-- $1: specimens. The genes that a profile with a result assessed.
-- name: assessed
select m.specimen_id, array_agg(distinct g.symbol::text) as genes
from connect.molecular_profile m
join connect.gene_assessed a on a.profile_id = m.id
join connect.gene g on g.id = a.gene_id
where m.specimen_id = any($1) and (m.qc_status is null or m.qc_status = 'PASSED')
  and not exists (select from connect.biomarker b
    where b.profile_id = m.id and b.kind = 'PROTEIN_EXPRESSION')
group by m.specimen_id;

-- $1: specimens. Alterations of genes; signatures and expression are of the whole tumour.
-- name: call
select b.id, b.specimen_id, b.kind::text, g.symbol::text as gene, o.symbol::text as partner,
  b.origin is not distinct from 'GERMLINE' as germline, b.hgvsp, b.vaf, b.depth,
  b.copy_number_type::text,
  case b.kind
    when 'SMALL_VARIANT' then coalesce(b.hgvsp, b.hgvsc, b.chromosome || ':' || b.position
      || b.reference_allele || '>' || b.alternate_allele, b.label)
    when 'COPY_NUMBER' then
      case when b.copy_number_type in ('AMPLIFICATION', 'GAIN') then 'more' else 'fewer' end
    when 'FUSION' then coalesce(o.symbol, '')
    else b.label
  end as alteration
from connect.biomarker b
join connect.gene g on g.id = b.gene_id
left join connect.gene o on o.id = b.partner_gene_id
left join connect.molecular_profile m on m.id = b.profile_id
where b.specimen_id = any($1)
  and b.kind in ('SMALL_VARIANT', 'COPY_NUMBER', 'FUSION', 'SPLICE_VARIANT')
  and (m.qc_status is null or m.qc_status = 'PASSED')
order by b.id;
