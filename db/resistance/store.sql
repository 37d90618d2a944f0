-- From what is proposed to the tables: what follows no longer goes, what differs changes, what is
-- new is added. Nothing that a source or a person wrote is touched: rule_set is null there, or it
-- is curated. Keys follow from those of what a row is about: what is proposed again is named again.
create temporary table proposal_standing on commit drop as
select f.id, f.treatment_id, f.source_key
from connect.resistance_finding f
where f.patient_id in (select patient_id from proposed_patient) and f.rule_set is not null
  and not f.curated;

create temporary table proposal_gone on commit drop as
select s.id from proposal_standing s
where not exists (select from proposed_finding n
  where (n.treatment_id, n.source_key) = (s.treatment_id, s.source_key));
delete from connect.finding_biomarker b using proposal_gone g where b.finding_id = g.id;
delete from connect.paired_evidence e using proposal_gone g where e.finding_id = g.id;
delete from connect.resistance_finding f using proposal_gone g where f.id = g.id;

insert into connect.resistance_finding as f
  (key, patient_id, treatment_id, drug_id, kind, mechanism, status, day_after_progression,
    literature, source_key, rule_set, basis)
select md5(concat(t.key, n.source_key))::uuid, t.patient_id, t.id, d.id, n.kind::connect.resistance_kind,
  n.mechanism::connect.resistance_mechanism, n.status::connect.resistance_status,
  n.day_after_progression, n.literature, n.source_key, n.rule_set, n.basis::connect.finding_basis
from proposed_finding n
join connect.treatment t on t.id = n.treatment_id
left join connect.drug d on d.inn = n.drug
order by t.id, n.source_key
on conflict (treatment_id, source_key) do update
set (drug_id, kind, mechanism, status, day_after_progression, literature, rule_set, basis)
  = row(excluded.drug_id, excluded.kind, excluded.mechanism, excluded.status,
    excluded.day_after_progression, excluded.literature, excluded.rule_set, excluded.basis)
where f.rule_set is not null and not f.curated
  and (f.drug_id, f.kind, f.mechanism, f.status, f.day_after_progression, f.literature,
    f.rule_set, f.basis)
  is distinct from (excluded.drug_id, excluded.kind, excluded.mechanism, excluded.status,
    excluded.day_after_progression, excluded.literature, excluded.rule_set, excluded.basis);

create temporary table proposal_evidence on commit drop as
select f.id as finding_id, f.key as finding_key, f.patient_id, e.*
from proposed_evidence e
join connect.resistance_finding f
  on (f.treatment_id, f.source_key) = (e.treatment_id, e.source_key)
where f.rule_set is not null and not f.curated;

delete from connect.finding_biomarker b using proposal_standing s
where b.finding_id = s.id and not exists (select from proposal_evidence e
  where (e.finding_id, e.biomarker_id) = (b.finding_id, b.biomarker_id) and e.change is not null);
insert into connect.finding_biomarker as b (finding_id, biomarker_id, patient_id, change)
select finding_id, biomarker_id, patient_id, change::connect.biomarker_change
from proposal_evidence where change is not null
on conflict (finding_id, biomarker_id) do update set change = excluded.change
where b.change <> excluded.change;

delete from connect.paired_evidence p using proposal_standing s
where p.finding_id = s.id and not exists (select from proposal_evidence e
  where (e.finding_id, e.biomarker_id, e.baseline_specimen_id, e.comparator_specimen_id)
  = (p.finding_id, p.biomarker_id, p.baseline_specimen_id, p.comparator_specimen_id));
insert into connect.paired_evidence as p
  (key, patient_id, finding_id, biomarker_id, baseline_specimen_id, comparator_specimen_id,
    vaf_before, vaf_after, tested_in_both, change)
select md5(concat(e.finding_key, b.key, x.key, y.key))::uuid, e.patient_id, e.finding_id,
  e.biomarker_id, e.baseline_specimen_id, e.comparator_specimen_id, e.vaf_before, e.vaf_after,
  e.tested_in_both, e.change::connect.biomarker_change
from proposal_evidence e
join connect.biomarker b on b.id = e.biomarker_id
join connect.specimen x on x.id = e.baseline_specimen_id
join connect.specimen y on y.id = e.comparator_specimen_id
order by e.finding_id, e.biomarker_id
on conflict (finding_id, biomarker_id, baseline_specimen_id, comparator_specimen_id) do update
set (vaf_before, vaf_after, tested_in_both, change)
  = row(excluded.vaf_before, excluded.vaf_after, excluded.tested_in_both, excluded.change)
where (p.vaf_before, p.vaf_after, p.tested_in_both, p.change)
  is distinct from (excluded.vaf_before, excluded.vaf_after, excluded.tested_in_both,
    excluded.change);

delete from connect.concordance c
where c.patient_id in (select patient_id from proposed_patient)
  and not exists (select from proposed_concordance n
    where (n.tissue_specimen_id, n.plasma_specimen_id)
    = (c.tissue_specimen_id, c.plasma_specimen_id));
insert into connect.concordance as c
  (key, patient_id, tissue_specimen_id, plasma_specimen_id, days_apart, genes_assessed_in_both,
    altered_in_both, altered_in_tissue_only, altered_in_plasma_only, rule_set)
select md5(concat(x.key, s.key))::uuid, s.patient_id, n.tissue_specimen_id, n.plasma_specimen_id, n.days_apart,
  n.genes_assessed_in_both, n.altered_in_both, n.altered_in_tissue_only, n.altered_in_plasma_only,
  n.rule_set
from proposed_concordance n
join connect.specimen s on s.id = n.plasma_specimen_id
join connect.specimen x on x.id = n.tissue_specimen_id
order by s.id
on conflict (plasma_specimen_id, tissue_specimen_id) do update
set (days_apart, genes_assessed_in_both, altered_in_both, altered_in_tissue_only,
    altered_in_plasma_only, rule_set)
  = row(excluded.days_apart, excluded.genes_assessed_in_both, excluded.altered_in_both,
    excluded.altered_in_tissue_only, excluded.altered_in_plasma_only, excluded.rule_set)
where (c.days_apart, c.genes_assessed_in_both, c.altered_in_both, c.altered_in_tissue_only,
    c.altered_in_plasma_only, c.rule_set)
  is distinct from (excluded.days_apart, excluded.genes_assessed_in_both,
    excluded.altered_in_both, excluded.altered_in_tissue_only, excluded.altered_in_plasma_only,
    excluded.rule_set);

drop table proposed_patient, proposed_finding, proposed_evidence, proposed_concordance,
  proposal_standing, proposal_gone, proposal_evidence;
