/** The graph's names as people say them. */

export function spoken(name: string): string {
  return name.toLowerCase().replaceAll("_", " ");
}

export function capital(name: string): string {
  const words = spoken(name);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const ROLES: Record<string, string> = {
  partner: "A company: the records of its own drugs' cohorts",
  researcher: "A public institution: the records of an approved project",
  authority: "An agency: cohorts and safe aggregates, no record",
  clinician: "A hospital: its own patients, with what identifies them",
  steward: "The consortium's data office: everything",
};
