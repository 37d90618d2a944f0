// Mercurius with JIT and loaders: one statement for each relation and level, one transaction for
// each request, which begins by saying who asks.

import Fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";

import { schema } from "./schema.mjs";
import { database, host, poolSize, port, ready, settings } from "./viewer.mjs";

pg.types.setTypeParser(pg.types.builtins.INT8, Number);
const pool = new pg.Pool({
  ...database,
  min: 1,
  max: poolSize,
  idleTimeoutMillis: 0,
});
const literal = pg.escapeLiteral;
const BEGIN = `begin; select ${Object.entries(settings)
  .map(([name, value]) => `set_config(${literal(name)}, ${literal(value)}, true)`)
  .join(", ")}`;

/** One request's transaction: its connection is taken when something is read. */
class Session {
  #begun;
  #last = Promise.resolve();

  async #begin() {
    const client = await pool.connect();
    try {
      await client.query(BEGIN);
    } catch (error) {
      client.release(error);
      throw error;
    }
    return client;
  }

  /** Read, after what was asked before: a connection answers one statement at a time. */
  rows(name, text, values) {
    this.#begun ??= this.#begin();
    const read = async () => (await (await this.#begun).query({ name, text, values })).rows;
    this.#last = this.#last.then(read, read);
    return this.#last;
  }

  async end() {
    if (!this.#begun) return;
    const client = await this.#begun.catch(() => undefined);
    if (!client) return;
    try {
      await client.query("commit");
      client.release();
    } catch (error) {
      client.release(error);
    }
  }
}

const rank = (table) =>
  `uuid_hash_extended(${table}.key, (select hashtextextended(current_setting('app.scope', true), 0)))`;
const hash = (table) =>
  "left(encode(sha256(convert_to(current_setting('app.scope', true), 'UTF8')" +
  ` || uuid_send(${table}.key)), 'hex'), 12)`;

/** Load a list for each parent: one statement, whose rows come in order within each parent. */
const many = (name, text, key = "row_id") => ({
  opts: { cache: false },
  async loader(queries, { session }) {
    const found = new Map(queries.map(({ obj }) => [obj[key], []]));
    for (const row of await session.rows(name, text, [[...found.keys()]]))
      found.get(row.parent).push(row);
    return queries.map(({ obj }) => found.get(obj[key]));
  },
});

/** Load a record for each parent. */
const one = (name, text, key) => ({
  opts: { cache: false },
  async loader(queries, { session }) {
    const keys = new Set(queries.map(({ obj }) => obj[key]).filter((each) => each !== null));
    const rows = keys.size ? await session.rows(name, text, [[...keys]]) : [];
    const found = new Map(rows.map((row) => [row.parent, row]));
    return queries.map(({ obj }) => found.get(obj[key]) ?? null);
  },
});

const KINDS = {
  SMALL_VARIANT: "SmallVariant",
  COPY_NUMBER: "CopyNumber",
  FUSION: "Fusion",
  SPLICE_VARIANT: "SpliceVariant",
  SIGNATURE: "Signature",
  PROTEIN_EXPRESSION: "ProteinExpression",
};
// The gene is joined here: a loader of each kind would ask for its own.
const BIOMARKER = `b.kind as discriminator, b.label, b.hgvsp, b.hgvsc, b.vaf, b.depth,
  b.copy_number_type as "copyNumberType", b.signature_kind as kind, b.value, b.unit, b.call,
  g.symbol, g.hgnc_id as "hgncId"
  from connect.biomarker b left join connect.gene g on g.id = b.gene_id`;
const gene = ({ symbol, hgncId }) => (symbol === null ? null : { symbol, hgncId });

const loaders = {
  Patient: {
    diagnoses: many(
      "diagnoses",
      `select d.patient_id as parent, d.tumour_type as "tumourType", d.onco_tree_code as "oncoTreeCode", d.icd10
       from connect.diagnosis d where d.patient_id = any($1::bigint[])
       order by d.tumour_type, ${rank("d")}`,
    ),
    specimens: many(
      "specimens",
      `select s.patient_id as parent, y.public_id || '.' || ${hash("s")} as id, s.kind, s.timepoint
       from connect.specimen s join connect.pseudonym y on y.patient_id = s.patient_id
       where s.patient_id = any($1::bigint[])
       order by s.day, s.ordinal, ${rank("s")}`,
    ),
    biomarkers: many(
      "biomarkers",
      `select b.patient_id as parent, ${BIOMARKER} where b.patient_id = any($1::bigint[])
       order by b.kind, b.label, ${rank("b")}`,
    ),
    treatments: many(
      "treatments",
      `select t.patient_id as parent, t.id as row_id, t.cohort_id, t.line
       from connect.treatment t where t.patient_id = any($1::bigint[])
       order by t.line, ${rank("t")}`,
    ),
  },
  Treatment: {
    cohort: one(
      "cohort",
      `select c.id as parent, c.id as row_id, c.code, c.tumour_type as "tumourType", s.stage
       from connect.cohort c left join connect.stage_of_cohort s on s.cohort_id = c.id where c.id = any($1::bigint[])`,
      "cohort_id",
    ),
    responses: many(
      "responses",
      `select a.treatment_id as parent, a.week, a.response, a.normalised_response as "normalisedResponse",
         a.change_from_baseline as "changeFromBaseline"
       from connect.response_assessment a where a.treatment_id = any($1::bigint[])
       order by a.day, a.criteria, a.evaluator, ${rank("a")}`,
    ),
    outcome: one(
      "outcome",
      `select o.treatment_id as parent, o.best_overall_response as "bestOverallResponse",
         o.clinical_benefit_16w as "clinicalBenefit16w",
         o.progression_free_survival_days as pfs_days, o.progression_free_survival_event as pfs_event,
         o.overall_survival_days as os_days, o.overall_survival_event as os_event
       from connect.outcome o where o.treatment_id = any($1::bigint[])`,
      "row_id",
    ),
    resistanceFindings: many(
      "findings",
      `select f.treatment_id as parent, f.id as row_id, f.kind, f.mechanism, f.status
       from connect.resistance_finding f where f.treatment_id = any($1::bigint[])
       order by f.day_after_progression, f.mechanism, ${rank("f")}`,
    ),
  },
  Cohort: {
    drugs: many(
      "drugs",
      `select c.cohort_id as parent, d.inn, d.atc
       from connect.cohort_drug c join connect.drug d on d.id = c.drug_id
       where c.cohort_id = any($1::bigint[]) order by d.inn`,
    ),
  },
  ResistanceFinding: {
    biomarkers: many(
      "findingBiomarkers",
      `select f.finding_id as parent, ${BIOMARKER} join connect.finding_biomarker f on f.biomarker_id = b.id
       where f.finding_id = any($1::bigint[]) order by b.kind, b.label, ${rank("b")}`,
    ),
    evidence: many(
      "evidence",
      `select e.finding_id as parent, e.biomarker_id, e.vaf_before as "vafBefore", e.vaf_after as "vafAfter",
         e.tested_in_both as "testedInBoth"
       from connect.paired_evidence e where e.finding_id = any($1::bigint[]) order by ${rank("e")}`,
    ),
  },
  PairedEvidence: {
    biomarker: one(
      "evidenceBiomarker",
      `select b.id as parent, ${BIOMARKER} where b.id = any($1::bigint[])`,
      "biomarker_id",
    ),
  },
};

const PATIENT = `select p.id as row_id, y.public_id as id, p.sex, p.age_band as "ageBand",
  p.health_region as "healthRegion"
  from connect.patient p join connect.pseudonym y on y.patient_id = p.id`;

/** Make the conditions of a list, numbering its values. */
function conditions(where) {
  const values = [];
  const put = (value) => `$${values.push(value)}`;
  const texts = [];
  if (where?.id?.in) texts.push(`y.public_id = any(${put(where.id.in)}::text[])`);
  if (where?.sex?.eq) texts.push(`p.sex = ${put(where.sex.eq)}::connect.sex`);
  if (where?.biomarkers?.some?.gene?.symbol?.eq)
    texts.push(
      `exists (select from connect.biomarker b join connect.gene g on g.id = b.gene_id
        where b.patient_id = p.id and g.symbol = ${put(where.biomarkers.some.gene.symbol.eq)})`,
    );
  const treated = where?.treatments?.some;
  if (treated?.outcome?.bestOverallResponse?.in)
    texts.push(
      `exists (select from connect.treatment t join connect.outcome o on o.treatment_id = t.id
        where t.patient_id = p.id
        and o.best_overall_response = any(${put(treated.outcome.bestOverallResponse.in)}::connect.response[]))`,
    );
  if (treated?.line?.gte !== undefined)
    texts.push(
      `exists (select from connect.treatment t where t.patient_id = p.id and t.line >= ${put(treated.line.gte)}::integer)`,
    );
  return { texts, values, put };
}

const encode = (place) => Buffer.from(JSON.stringify(place)).toString("base64url");
const decode = (text) => JSON.parse(Buffer.from(text, "base64url").toString());

const resolvers = {
  Biomarker: { resolveType: ({ discriminator }) => KINDS[discriminator] },
  Outcome: {
    progressionFreeSurvival: ({ pfs_days: days, pfs_event: event }) => event && { days, event },
    overallSurvival: ({ os_days: days, os_event: event }) => event && { days, event },
  },
  Query: {
    async patient(_, { id }, { session }) {
      const rows = await session.rows("patient", `${PATIENT} where y.public_id = $1`, [id]);
      return rows[0] ?? null;
    },
    patientsByIds(_, { ids }, { session }) {
      const text = `${PATIENT} where y.public_id = any($1::text[]) order by y.public_id`;
      return session.rows("patientsByIds", text, [ids]);
    },
    async patients(_, { first, after, where, orderBy }, { session }) {
      const { texts, values, put } = conditions(where);
      const all = texts.length ? `where ${texts.join(" and ")}` : "";
      const counting = { all, values: [...values] };
      const order = orderBy?.length ? "p.age_band desc nulls last, y.public_id" : "y.public_id";
      if (after) {
        const { band, id } = decode(after);
        const later = put(id);
        if (!orderBy?.length) texts.push(`y.public_id > ${later}`);
        else if (band === null) texts.push(`p.age_band is null and y.public_id > ${later}`);
        else {
          const here = put(band);
          texts.push(
            `(p.age_band < ${here} or p.age_band is null or (p.age_band = ${here} and y.public_id > ${later}))`,
          );
        }
      }
      const place = texts.length ? `where ${texts.join(" and ")}` : "";
      const text = `${PATIENT} ${place} order by ${order} limit ${put(first + 1)}`;
      const rows = await session.rows(named(text), text, values);
      const nodes = rows.slice(0, first);
      const last = nodes.at(-1);
      return {
        nodes,
        counting,
        pageInfo: {
          hasNextPage: rows.length > first,
          endCursor: last ? encode({ band: last.ageBand, id: last.id }) : null,
        },
      };
    },
  },
  PatientConnection: {
    async totalCount({ counting: { all, values } }, _, { session }) {
      const text = `select count(*) from connect.patient p join connect.pseudonym y on y.patient_id = p.id ${all}`;
      return (await session.rows(named(text), text, values))[0].count;
    },
  },
};
for (const kind of Object.values(KINDS)) resolvers[kind] = { gene };

const names = new Map();
/** Name a text, so that the connection prepares it once. */
function named(text) {
  if (!names.has(text)) names.set(text, `list${names.size}`);
  return names.get(text);
}

const app = Fastify({ bodyLimit: 16 * 1024 * 1024 });
app.register(mercurius, {
  schema,
  resolvers,
  loaders,
  jit: 1,
  context: (request) => ({ session: (request.session = new Session()) }),
});
app.decorateRequest("session", null);
app.addHook("onResponse", async (request) => {
  await request.session?.end();
});
await app.listen({ host, port });
ready();
process.on("SIGTERM", () => app.close().then(() => process.exit(0)));
