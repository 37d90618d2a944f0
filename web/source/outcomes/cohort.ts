/** One cohort as the graph tells it: what everyone may ask, and what needs records. */
import type { Basis } from "./basis.tsx";
import type { Question } from "./figure.ts";
import {
  type Bounds,
  type Count,
  CURVE,
  PROPORTION,
  type Proportion,
  type SurvivalCurve,
} from "./statistics.ts";

export interface Cohort {
  code: string;
  tumourType: string;
  stage: string | null;
  openedOn: string | null;
  drugs: { inn: string }[];
  design: { n1: number; r1: number; n: number; r: number } | null;
  biomarkerDefinition: { text: string } | null;
  outcomes: Outcomes | null;
}

export interface Outcomes {
  patients: Count;
  evaluable: Bounds;
  objectiveResponse: Proportion;
  clinicalBenefit16w: Proportion;
  clinicalBenefit16wAllTreated: Proportion;
}

export interface CohortData {
  cohort: Cohort | null;
  outcomeStatistics: Basis | null;
}

/** What everyone may ask: it needs no record. */
export function cohortQuestion(code: string): Question {
  return {
    query: `query Cohort($code: String!) {
  cohort(code: $code) {
    code tumourType stage openedOn
    drugs { inn }
    design { n1 r1 n r }
    biomarkerDefinition { text }
    outcomes {
      patients { value suppressed }
      evaluable { value lower upper }
      objectiveResponse { ...proportion }
      clinicalBenefit16w { ...proportion }
      clinicalBenefit16wAllTreated { ...proportion }
    }
  }
  outcomeStatistics(by: [COHORT]) { basis release { version cutOff } }
}
${PROPORTION}`,
    variables: { code },
  };
}

export interface Funnel {
  screened: number;
  profiled: number;
  discussed: number;
  matched: number;
  matchUnknown: number;
  offered: Proportion;
  treated: number;
  evaluable: number;
}

export interface ResponseCount {
  response: string | null;
  proportion: Proportion;
}

export interface Mechanism {
  mechanism: string;
  amongProgressed: Proportion;
  amongProfiled: Proportion;
}

export interface Mechanisms {
  progressed: number;
  profiled: number;
  profilingUnknown: number;
  mechanisms: Mechanism[];
}

export interface GeneRow {
  group: { value: string | null }[];
  objectiveResponse: Proportion;
}

export interface LiveData {
  cohort: {
    outcomes: {
      responseDistribution: ResponseCount[] | null;
      progressionFreeSurvival: SurvivalCurve | null;
      overallSurvival: SurvivalCurve | null;
      durationOfResponse: SurvivalCurve | null;
      resistanceMechanisms: Mechanisms | null;
    } | null;
  } | null;
  all: { funnel: Funnel | null } | null;
  genes: { rows: GeneRow[] } | null;
}

/** What is counted of records, for those who may read some. */
export function liveQuestion(code: string): Question {
  return {
    query: `query CohortLive($code: String!) {
  cohort(code: $code) {
    outcomes {
      responseDistribution { response proportion { ...proportion } }
      progressionFreeSurvival { ...curve }
      overallSurvival { ...curve }
      durationOfResponse { ...curve }
      resistanceMechanisms {
        progressed profiled profilingUnknown
        mechanisms {
          mechanism
          amongProgressed { ...proportion }
          amongProfiled { ...proportion }
        }
      }
    }
  }
  all: outcomeStatistics(by: []) {
    funnel {
      screened profiled discussed matched matchUnknown
      offered { ...proportion }
      treated evaluable
    }
  }
  genes: outcomeStatistics(by: [GENE], where: { cohort: { eq: $code } }) {
    rows { group { value } objectiveResponse { ...proportion } }
  }
}
${PROPORTION}
${CURVE}`,
    variables: { code },
  };
}

export interface Assessment {
  day: number | null;
  changeFromBaseline: number | null;
  normalisedResponse: string | null;
  accepted: boolean | null;
}

export interface Treatment {
  id: string;
  endDay: number | null;
  endReason: string | null;
  deathDay: number | null;
  lastKnownAliveDay: number | null;
  responses: Assessment[];
  outcome: { bestOverallResponse: string | null; assessments: Assessment[] } | null;
}

export interface TreatmentsData {
  cohort: { treatments: { totalCount: number; nodes: Treatment[] } | null } | null;
}

/** More would be neither legible nor quick. */
export const MOST_TREATMENTS = 200;

/** Records, of which each treatment is drawn. */
export function treatmentsQuestion(code: string): Question {
  return {
    query: `query CohortTreatments($code: String!, $first: Int!) {
  cohort(code: $code) {
    treatments(first: $first) {
      totalCount
      nodes {
        id endDay endReason deathDay lastKnownAliveDay
        responses { ...assessment }
        outcome { bestOverallResponse assessments { ...assessment } }
      }
    }
  }
}
fragment assessment on ResponseAssessment {
  day changeFromBaseline normalisedResponse accepted
}`,
    variables: { code, first: MOST_TREATMENTS },
  };
}

/** Those that the outcome rests on, up to the first progression; of a reported one all that count. */
export function counted({ responses, outcome }: Treatment): (Assessment & { day: number })[] {
  const derived = outcome?.assessments ?? [];
  const found = (derived.length > 0 ? derived : responses)
    .filter(({ accepted }) => accepted !== false)
    .flatMap((each) => (each.day !== null && each.day > 0 ? [{ ...each, day: each.day }] : []))
    .sort((one, other) => one.day - other.day);
  const end = found.findIndex(({ normalisedResponse }) => normalisedResponse === "PD");
  return end < 0 ? found : found.slice(0, end + 1);
}
