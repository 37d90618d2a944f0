/** What who sees no record may pull instead. */
import type { Question } from "./figure.ts";

/** The published outcomes by a dimension, to be opened in the playground. */
export function published(dimension: "GENE" | "DRUG"): Question {
  return {
    query: `query PublishedBy($by: [OutcomeDimension!]!) {
  outcomeStatistics(by: $by) {
    release { version cutOff }
    citation { digest query }
    rows {
      group { dimension value }
      patients { value suppressed }
      objectiveResponse { suppressed numerator { value lower upper } denominator }
      clinicalBenefit16w { suppressed numerator { value lower upper } denominator }
    }
  }
}`,
    variables: { by: [dimension] },
  };
}
