/** The graph's names as people say them. */

export function spoken(name: string): string {
  return name
    .toLowerCase()
    .replaceAll("_", " ")
    .replace(PATHWAYS, (short) => short.toUpperCase());
}

const PATHWAYS = /\b(mapk|pi3k|rtk)\b/g;

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

/** So many roles there are. */
export const EVERYBODY = Object.keys(ROLES).length;

/** What a sign-in came to, in the server's word for it. */
export function signInFaults(reason: string): string {
  switch (reason) {
    case "stale":
      return "It took too long, or was begun in another window: begin again.";
    case "unavailable":
      return "Your organisation's sign-in cannot be reached: try again later.";
    case "unfit":
      return "The token that you were given is none that the graph takes: tell the data office.";
    default:
      return "Your organisation's sign-in did not let you in: try again, or ask the data office.";
  }
}
