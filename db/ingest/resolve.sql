-- Which of the incoming records are known already, under which ids; new ones get theirs here.
update incoming_patient i set id = y.patient_id
from connect.patient_identity y
where y.study_id = (select study_id from incoming_import) and y.source_key = i.source_key;

update incoming_patient
set id = nextval(pg_get_serial_sequence('connect.patient', 'id')), fresh = true
where id is null;

update incoming_patient i set treatment_id = y.treatment_id
from connect.treatment_identity y
where i.treated and y.patient_id = i.id and y.source_key = '1';

update incoming_patient
set treatment_id = nextval(pg_get_serial_sequence('connect.treatment', 'id')),
  treatment_fresh = true
where treated and treatment_id is null;

update incoming_sample s set patient_id = i.id
from incoming_patient i
where i.source_key = s.patient;

update incoming_sample s set id = y.specimen_id
from connect.specimen_identity y
where y.study_id = (select study_id from incoming_import) and y.source_key = s.source_key;

update incoming_sample
set id = nextval(pg_get_serial_sequence('connect.specimen', 'id')), fresh = true
where id is null;

-- A gene is found by its approved symbol, then by a former one; else it is kept as recorded.
insert into incoming_gene (symbol)
select symbol from incoming_biomarker union select symbol from incoming_assessed
union select partner from incoming_biomarker where partner is not null
union select symbol from incoming_panel_gene;

insert into connect.gene (symbol)
select i.symbol from incoming_gene i
where not exists (select from connect.gene g where g.symbol = i.symbol)
  and not exists (select from connect.gene_former_symbol f where f.former_symbol = i.symbol)
order by i.symbol
on conflict do nothing;

update incoming_gene i set gene_id = coalesce(
  (select g.id from connect.gene g where g.symbol = i.symbol and g.hgnc_id is not null),
  (select f.gene_id from connect.gene_former_symbol f where f.former_symbol = i.symbol),
  (select g.id from connect.gene g where g.symbol = i.symbol));

-- Every gene of a sample's panels was tested there, whatever it is called by now.
insert into incoming_assessed (sample, symbol)
select p.sample, g.symbol from incoming_panel p join incoming_panel_gene g using (panel)
on conflict do nothing;

analyze incoming_patient, incoming_sample, incoming_biomarker, incoming_assessed, incoming_gene;
