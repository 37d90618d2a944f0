-- What the rivals read: the tables with the ids that the API gives. Each view runs with the rights
-- of who asks, so that the same policies and grants decide. Comments are PostGraphile's smart tags.

drop schema if exists rival cascade;
create schema rival;
create type rival.time_to_event as (days integer, event connect.event);

create function rival.rank(key uuid) returns bigint language sql stable parallel safe
return uuid_hash_extended(key, hashtextextended(current_setting('app.scope', true), 0));
create function rival.hash(key uuid) returns text language sql stable parallel safe
return left(encode(sha256(convert_to(current_setting('app.scope', true), 'UTF8') || uuid_send(key)), 'hex'), 12);

create view rival.patient with (security_invoker) as
select p.id as ref, y.public_id, p.sex, p.age_band, p.health_region
from connect.patient p join connect.pseudonym y on y.patient_id = p.id;
comment on view rival.patient is E'@primaryKey ref\n@unique public_id';

create view rival.diagnosis with (security_invoker) as
select d.id as ref, d.patient_id, rival.rank(d.key) as hash, d.tumour_type, d.onco_tree_code, d.icd10
from connect.diagnosis d;
comment on view rival.diagnosis is
  E'@primaryKey ref\n@foreignKey (patient_id) references patient (ref)|@foreignFieldName diagnoses';

create view rival.specimen with (security_invoker) as
select s.id as ref, s.patient_id, y.public_id || '.' || rival.hash(s.key) as public_id, rival.rank(s.key) as hash,
  s.kind, s.timepoint, s.day, s.ordinal
from connect.specimen s join connect.pseudonym y on y.patient_id = s.patient_id;
comment on view rival.specimen is
  E'@primaryKey ref\n@foreignKey (patient_id) references patient (ref)|@foreignFieldName specimens';

create view rival.gene with (security_invoker) as
select g.id as ref, g.symbol, g.hgnc_id from connect.gene g;
comment on view rival.gene is E'@primaryKey ref';

create view rival.biomarker with (security_invoker) as
select b.id as ref, b.patient_id, b.gene_id, rival.rank(b.key) as hash, b.kind as type, b.label, b.hgvsp, b.hgvsc,
  b.vaf, b.depth, b.copy_number_type, b.signature_kind, b.value, b.unit, b.call
from connect.biomarker b;
comment on view rival.biomarker is
  E'@interface mode:single type:type\n@type SMALL_VARIANT name:SmallVariant attributes:hgvsp,hgvsc,vaf,depth\n@type COPY_NUMBER name:CopyNumber attributes:copy_number_type\n@type FUSION name:Fusion\n@type SPLICE_VARIANT name:SpliceVariant\n@type SIGNATURE name:Signature attributes:signature_kind>kind,value,unit,call\n@type PROTEIN_EXPRESSION name:ProteinExpression\n@primaryKey ref\n@foreignKey (patient_id) references patient (ref)|@foreignFieldName biomarkers\n@foreignKey (gene_id) references gene (ref)|@fieldName gene';

create view rival.cohort with (security_invoker) as
select c.id as ref, c.code, c.tumour_type, s.stage
from connect.cohort c left join connect.stage_of_cohort s on s.cohort_id = c.id;
comment on view rival.cohort is E'@primaryKey ref';

create view rival.cohort_drug with (security_invoker) as
select c.cohort_id, c.drug_id, d.inn, d.atc
from connect.cohort_drug c join connect.drug d on d.id = c.drug_id;
comment on view rival.cohort_drug is
  E'@primaryKey cohort_id,drug_id\n@foreignKey (cohort_id) references cohort (ref)|@foreignFieldName drugs';

create view rival.treatment with (security_invoker) as
select t.id as ref, t.patient_id, t.cohort_id, rival.rank(t.key) as hash, t.line
from connect.treatment t;
comment on view rival.treatment is
  E'@primaryKey ref\n@foreignKey (patient_id) references patient (ref)|@foreignFieldName treatments\n@foreignKey (cohort_id) references cohort (ref)|@fieldName cohort';

create view rival.response with (security_invoker) as
select a.id as ref, a.treatment_id, rival.rank(a.key) as hash, a.day, a.week, a.criteria, a.evaluator,
  a.response, a.normalised_response, a.change_from_baseline
from connect.response_assessment a;
comment on view rival.response is
  E'@primaryKey ref\n@foreignKey (treatment_id) references treatment (ref)|@foreignFieldName responses';

create view rival.outcome with (security_invoker) as
select o.treatment_id, o.best_overall_response, o.clinical_benefit_16w,
  case when o.progression_free_survival_event is not null
    then row (o.progression_free_survival_days, o.progression_free_survival_event)::rival.time_to_event
    end as progression_free_survival,
  case when o.overall_survival_event is not null
    then row (o.overall_survival_days, o.overall_survival_event)::rival.time_to_event
    end as overall_survival
from connect.outcome o;
comment on view rival.outcome is
  E'@primaryKey treatment_id\n@foreignKey (treatment_id) references treatment (ref)|@foreignSingleFieldName outcome';

create view rival.resistance_finding with (security_invoker) as
select f.id as ref, f.treatment_id, rival.rank(f.key) as hash, f.day_after_progression, f.kind, f.mechanism, f.status
from connect.resistance_finding f;
comment on view rival.resistance_finding is
  E'@primaryKey ref\n@foreignKey (treatment_id) references treatment (ref)|@foreignFieldName resistanceFindings';

create view rival.finding_biomarker with (security_invoker) as
select f.finding_id, f.biomarker_id, b.kind, b.label, rival.rank(b.key) as hash
from connect.finding_biomarker f join connect.biomarker b on b.id = f.biomarker_id;
comment on view rival.finding_biomarker is
  E'@primaryKey finding_id,biomarker_id\n@foreignKey (finding_id) references resistance_finding (ref)|@foreignFieldName biomarkers';

create view rival.evidence with (security_invoker) as
select e.id as ref, e.finding_id, e.biomarker_id, rival.rank(e.key) as hash, e.vaf_before, e.vaf_after, e.tested_in_both
from connect.paired_evidence e;
comment on view rival.evidence is
  E'@primaryKey ref\n@foreignKey (finding_id) references resistance_finding (ref)|@foreignFieldName evidence\n@foreignKey (biomarker_id) references biomarker (ref)|@fieldName biomarker';

grant usage on schema rival to connect_researcher;
grant usage on type rival.time_to_event to connect_researcher;
grant execute on function rival.hash, rival.rank to connect_researcher;
grant select on all tables in schema rival to connect_researcher;
