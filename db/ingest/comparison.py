"""What only the database can tell of an import: renamed and unknown codes, and what is missing."""

from __future__ import annotations

import asyncpg

from db.ingest.report import Finding, ImportRefused, Unmapped

_SHOWN = 10

_MOVED = """
select s.source_key, s.patient, y.source_key as before
from incoming_sample s
join connect.specimen_identity i on i.specimen_id = s.id
join connect.patient_identity y on y.patient_id = i.patient_id
where i.patient_id <> s.patient_id
order by s.source_key limit 1"""

_FORMER = """
select string_agg(i.symbol || ' → ' || g.symbol, ', ' order by i.symbol)
from incoming_gene i join connect.gene g on g.id = i.gene_id
where g.symbol <> i.symbol"""

_UNMAPPED = """
select 'HGNC' as system, i.symbol as code, greatest(
    (select count(*) from incoming_biomarker b where i.symbol in (b.symbol, b.partner)),
    (select count(*) from incoming_assessed a where a.symbol = i.symbol))::integer as count
from incoming_gene i join connect.gene g on g.id = i.gene_id
where g.hgnc_id is null
union all
select 'OncoTree', coalesce(s.tumour_code, s.tumour_type), count(*)::integer
from incoming_sample s
where s.tumour_key is not null
  and not exists (select from connect.onco_tree o where o.code = s.tumour_code)
group by 2
union all
select 'INN', a.agent, count(*)::integer
from incoming_prior_agent a
where not exists (select from connect.drug d where d.inn = lower(a.agent))
group by 2
order by 1, 2"""

_COHORT = """
select c.code, c.synthetic, d.inn, not exists (
    select from connect.cohort_drug r where (r.cohort_id, r.drug_id) = (c.id, d.id)) as other_drug
from incoming_import m
join connect.cohort c on c.id = m.cohort_id
left join connect.drug d on d.id = m.drug_id"""

# Records of earlier imports of the same format into the same study that this one does not have.
_ABSENT = """
with earlier as (
  select b.id from connect.import_batch b
  where b.study_id = (select study_id from incoming_import) and b.format = $1
), lost as (
  select 'PATIENT' as entity, y.source_key as name
  from connect.patient p join connect.patient_identity y on y.patient_id = p.id
  where p.import_batch_id in (select id from earlier)
    and not exists (select from incoming_patient i where i.id = p.id)
  union all
  select 'SPECIMEN', y.source_key
  from connect.specimen s join connect.specimen_identity y on y.specimen_id = s.id
  where s.import_batch_id in (select id from earlier)
    and not exists (select from incoming_sample i where i.id = s.id)
  union all
  select 'DIAGNOSIS', y.source_key || ' ' || d.source_key
  from connect.diagnosis d join connect.patient_identity y on y.patient_id = d.patient_id
  where d.import_batch_id in (select id from earlier)
    and not exists (select from incoming_sample i
      where i.patient_id = d.patient_id and i.tumour_key = d.source_key)
  union all
  select 'TREATMENT', y.source_key
  from connect.treatment t join connect.patient_identity y on y.patient_id = t.patient_id
  where t.import_batch_id in (select id from earlier)
    and not exists (select from incoming_patient i where i.treatment_id = t.id)
  union all
  select 'PRIOR_TREATMENT', y.source_key || ' ' || t.regimen
  from connect.prior_treatment t join connect.patient_identity y on y.patient_id = t.patient_id
  where t.import_batch_id in (select id from earlier) and exists (select from incoming_prior)
    and not exists (select from incoming_prior i
      where i.patient = y.source_key and i.source_key = t.source_key)
  union all
  select 'BIOMARKER', y.source_key || ' ' || b.label
  from connect.biomarker b join connect.specimen_identity y on y.specimen_id = b.specimen_id
  where b.import_batch_id in (select id from earlier)
    and not exists (select from incoming_biomarker i
      where i.sample = y.source_key and i.source_key = b.source_key)
)
select entity, count(*) as count, (array_agg(name order by name collate "C"))[:$2::integer] as names
from lost group by entity order by entity"""


async def refuse_moved(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Refuse a study in which a sample went from one patient to another since the last import."""
    moved = await connection.fetchrow(_MOVED)
    if moved is not None:
        raise ImportRefused(
            f"sample {moved['source_key']} is patient {moved['patient']}'s here, and was patient "
            f"{moved['before']}'s in an earlier import",
            "correct the sample file, or give the sample a new id",
        )


async def unmapped(connection: asyncpg.Connection[asyncpg.Record]) -> list[Unmapped]:
    """List the codes that the vocabularies do not have."""
    rows = await connection.fetch(_UNMAPPED)
    return [Unmapped(row["system"], row["code"], row["count"]) for row in rows]


async def findings(
    connection: asyncpg.Connection[asyncpg.Record], import_format: str
) -> list[Finding]:
    """Tell what is odd about cohort and drug, which genes are renamed, what is absent now."""
    found: list[Finding] = []
    for row in await connection.fetch(_COHORT):
        if row["synthetic"]:
            remedy = "a synthetic cohort gets real patients: name a real one"
            found.append(Finding("--cohort", None, None, "COHORT_SYNTHETIC", row["code"], remedy))
        if row["inn"] is not None and row["other_drug"]:
            value = f"{row['inn']} in {row['code']}"
            remedy = "the drug is not in the cohort's regimen: stored as given, check both"
            found.append(Finding("--drug", None, None, "DRUG_NOT_IN_COHORT", value, remedy))
    former = await connection.fetchval(_FORMER)
    if former is not None:
        remedy = "former symbols, stored under the approved ones"
        found.append(Finding("vocabulary", None, None, "GENE_SYMBOL_FORMER", former, remedy))
    for row in await connection.fetch(_ABSENT, import_format, _SHOWN):
        more = ", …" if row["count"] > _SHOWN else ""
        value = f"{row['count']}: {', '.join(row['names'])}{more}"
        remedy = "in an earlier import and not in this one: kept; check that no file was cut"
        rule = f"{row['entity']}_ABSENT_NOW"
        found.append(Finding("earlier import", None, None, rule, value, remedy))
    return found
