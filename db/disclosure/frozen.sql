-- The treatments of a release ($1), as they were frozen.
select linkage, cohort_code, drugs, tissue_code, matched_genes, health_region::text, site_code, sex::text,
  age_band, payer::text, accrual_month, coalesce(objective_response, false) as response,
  clinical_benefit_16w::text as benefit
from connect.analysis_row
where release_id = $1
order by ordinal
