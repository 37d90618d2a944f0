-- migrate:up
-- Most rows of a load are assessed genes, and every reference of theirs is looked up row by row.
-- One for the profile and its patient does for two, and keeps them from contradicting each other.
alter table connect.molecular_profile add unique (patient_id, id);
drop index connect.molecular_profile_patient_id_id_idx;
alter table connect.gene_assessed
  drop constraint gene_assessed_profile_id_fkey,
  drop constraint gene_assessed_patient_id_fkey,
  add foreign key (patient_id, profile_id) references connect.molecular_profile (patient_id, id);

-- migrate:down
