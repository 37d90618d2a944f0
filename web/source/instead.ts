/** What is withheld by which rule, and what may be asked instead. The rules' own words are the graph's. */

const PUBLISHED =
  "Numbers over everyone are published: ask `outcomeStatistics` with a `release`, the same for all.";

interface Words {
  title: string;
  instead: string;
}

/** By the graph's names of its rules. */
const RULES: Record<string, Words> = {
  EMBARGO: {
    title: "Embargo",
    instead: `Ask again once it has ended. ${PUBLISHED}`,
  },
  CONSENT: {
    title: "Consent",
    instead: `Nobody can ask past a patient's will. ${PUBLISHED}`,
  },
  PURPOSE: {
    title: "Purpose",
    instead: "State another purpose of your scope, above, if it is what you ask for.",
  },
  SITE: { title: "Own site", instead: PUBLISHED },
  COHORT: { title: "Own cohorts", instead: PUBLISHED },
  DATA_SCOPE: {
    title: "Kind of record",
    instead: "Leave these fields out; your agreement or project would have to include them.",
  },
  OWN: {
    title: "Own agreement or project",
    instead: "Where you hold several scopes, name the other one above.",
  },
  PUBLISHED: {
    title: "Published only",
    instead:
      "What is not published yet comes with a later release: ask `releases` which there are.",
  },
  IDENTITY: {
    title: "Identifying",
    instead:
      "Leave the field out. `id` is the same patient in every answer to you, `ageBand` and " +
      "`healthRegion` describe them, and days are counted from the start of treatment.",
  },
  ROLE: {
    title: "Not for your role",
    instead: `Leave the field out. ${PUBLISHED}`,
  },
};

export function wordsOf(rule: string): Words {
  return RULES[rule] ?? { title: rule, instead: "Leave the field out, or ask the data office." };
}

/** What numbers of statistics are withheld for, which the answer marks where they stand. */
export const MARKS = {
  suppressed: {
    title: "Small or telling",
    message:
      "Few treatments, none, or a number that would give another one away: all look the same, and " +
      "are not to be guessed.",
    instead: "Ask for larger groups: fewer dimensions in `by`, or all together with `by: []`.",
  },
  bounds: {
    title: "Within bounds",
    message: "The exact number could tell of somebody; it is not outside `lower` and `upper`.",
    instead: "Ask for `lower` and `upper`, and cite both; `confidenceInterval` holds for either.",
  },
  unmarked: {
    title: "Not exact",
    message: "Withheld, or known within bounds alone.",
    instead: "Ask for `lower`, `upper` and `suppressed` too: they say which.",
  },
  records: {
    title: "Of records alone",
    message: "This is counted over records, and is no part of a release.",
    instead: "Leave the field out; those who may read records ask for it without a `release`.",
  },
} satisfies Record<string, Words & { message: string }>;

export type Mark = keyof typeof MARKS;
