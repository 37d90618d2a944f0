-- The values that dimensions have, whoever has them: of vocabularies, and of the release's ($1) own
-- screened patients, of whom one in six is treated.
select 'COHORT' as dimension, k.code as value from connect.cohort k
union
select 'DRUG', d.inn from connect.cohort_drug c join connect.drug d on d.id = c.drug_id
union
select 'TUMOUR_TYPE', o.tissue_code from connect.onco_tree o where o.tissue_code is not null
union
select 'REGION', unnest(enum_range(null::connect.health_region))::text
union
select 'SEX', unnest(enum_range(null::connect.sex))::text
union
select 'PAYER', unnest(enum_range(null::connect.payer))::text
union
select 'AGE_BAND', s.age_band from connect.screening_row s where s.release_id = $1 and s.age_band is not null
union
select 'ACCRUAL_MONTH', m::date::text
from (select min(accrual_month) as first, max(accrual_month) as last from connect.analysis_row
  where release_id = $1) r, generate_series(r.first, r.last, interval '1 month') m
