import examples from "examples";

/** A file of examples/ with the variables beside it. */
export interface Example {
  title: string;
  roles: string[];
  /** The question that it helps to answer; nothing where its file names none. */
  under: string;
  query: string;
  variables: string;
}

export interface Group {
  question: string;
  examples: Example[];
}

/** In an example's variables: the id of a patient whom the viewer may see. */
const A_PATIENT = "<patient>";
const OTHERS = "Other questions";

export { examples };

export function isFor(role: string, { roles }: Example): boolean {
  return roles.includes(role.toLowerCase());
}

/** Groups examples by their question, in the order in which the questions first come. */
export function grouped(found: Example[]): Group[] {
  const questions = [...new Set(found.map(({ under }) => under || OTHERS))];
  return questions.map((question) => ({
    question,
    examples: found.filter(({ under }) => (under || OTHERS) === question),
  }));
}

/** Tells whether each of the words stands somewhere in an example. */
export function fits(example: Example, words: string): boolean {
  const { title, under, roles, query } = example;
  const text = [title, under, ...roles, query].join("\n").toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

export function filled(variables: string, patient: string | null): string {
  return patient === null ? variables : variables.replaceAll(A_PATIENT, patient);
}
