// The part of the API's schema that is raced, for the rival that takes one.

export const schema = `
enum Direction { ASC DESC }
enum PatientOrderField { id ageBand }
enum Sex { FEMALE MALE }
enum Response { CR PR SD PD NE }
input PatientOrder { by: PatientOrderField!, direction: Direction! = ASC }
input IDFilter { in: [ID!] }
input StringFilter { eq: String }
input IntFilter { gte: Int }
input SexFilter { eq: Sex }
input ResponseFilter { in: [Response!] }
input GeneFilter { symbol: StringFilter }
input BiomarkerFilter { gene: GeneFilter }
input BiomarkerListFilter { some: BiomarkerFilter }
input OutcomeFilter { bestOverallResponse: ResponseFilter }
input TreatmentFilter { line: IntFilter, outcome: OutcomeFilter }
input TreatmentListFilter { some: TreatmentFilter }
input PatientFilter {
  id: IDFilter
  sex: SexFilter
  biomarkers: BiomarkerListFilter
  treatments: TreatmentListFilter
}

type Query {
  patient(id: ID!): Patient
  patientsByIds(ids: [ID!]!): [Patient!]!
  patients(first: Int! = 100, after: String, where: PatientFilter, orderBy: [PatientOrder!]): PatientConnection
}
type PatientConnection { nodes: [Patient!]!, pageInfo: PageInfo!, totalCount: Int! }
type PageInfo { hasNextPage: Boolean!, endCursor: String }
type Patient {
  id: ID!
  sex: Sex
  ageBand: String
  healthRegion: String
  diagnoses: [Diagnosis!]!
  specimens: [Specimen!]!
  biomarkers: [Biomarker!]
  treatments: [Treatment!]
}
type Diagnosis { tumourType: String!, oncoTreeCode: String, icd10: String }
type Specimen { id: ID!, kind: String!, timepoint: String! }
interface Biomarker { label: String!, gene: Gene }
type SmallVariant implements Biomarker {
  label: String!
  gene: Gene
  hgvsp: String
  hgvsc: String
  vaf: Float
  depth: Int
}
type CopyNumber implements Biomarker { label: String!, gene: Gene, copyNumberType: String! }
type Fusion implements Biomarker { label: String!, gene: Gene }
type SpliceVariant implements Biomarker { label: String!, gene: Gene }
type Signature implements Biomarker {
  label: String!
  gene: Gene
  kind: String!
  value: Float
  unit: String
  call: String
}
type ProteinExpression implements Biomarker { label: String!, gene: Gene }
type Gene { symbol: String!, hgncId: String }
type Treatment {
  line: Int
  cohort: Cohort
  responses: [ResponseAssessment!]!
  outcome: Outcome
  resistanceFindings: [ResistanceFinding!]
}
type Cohort { code: String!, tumourType: String!, stage: String, drugs: [Drug!]! }
type Drug { inn: String!, atc: String }
type ResponseAssessment {
  week: Int
  response: String
  normalisedResponse: Response
  changeFromBaseline: Float
}
type Outcome {
  bestOverallResponse: Response
  clinicalBenefit16w: String
  progressionFreeSurvival: TimeToEvent
  overallSurvival: TimeToEvent
}
type TimeToEvent { days: Int, event: String }
type ResistanceFinding {
  kind: String!
  mechanism: String!
  status: String!
  biomarkers: [Biomarker!]
  evidence: [PairedEvidence!]!
}
type PairedEvidence { biomarker: Biomarker, vafBefore: Float, vafAfter: Float, testedInBoth: Boolean! }
`;
