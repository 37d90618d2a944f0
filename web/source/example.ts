import examples from "examples";

/** A file of examples/ with the variables beside it. */
export interface Example {
  title: string;
  roles: string[];
  query: string;
  variables: string;
}

/** In an example's variables: the id of a patient whom the viewer may see. */
const A_PATIENT = "<patient>";

export { examples };

export function examplesFor(role: string): Example[] {
  return examples.filter(({ roles }) => roles.includes(role.toLowerCase()));
}

export function filled(variables: string, patient: string | null): string {
  return patient === null ? variables : variables.replaceAll(A_PATIENT, patient);
}
