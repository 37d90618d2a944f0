/** Who signed in, as this page's own server tells it. Its cookie is out of this page's reach. */

import { ROOT } from "./root.ts";

/** Where "Sign in" leads, at the server's public address; the page is told by its own markup. */
export const SIGN_IN = known(document.documentElement.dataset.signIn);

/** The same, with the page that one is on: that is where one comes back to. */
export function signInLink(): string | null {
  if (SIGN_IN === null) return null;
  const place = `/${location.pathname.slice(ROOT.pathname.length)}`;
  return `${SIGN_IN}?from=${encodeURIComponent(place)}`;
}

export type Session =
  | { state: "absent" | "expired" | "unavailable" }
  | { state: "signed-in"; name: string; token: string; until: number };

const SOON_MS = 30_000;
const ABSENT: Session = { state: "absent" };
let held: Session = ABSENT;
let asking: Promise<Session> | null = null;
const listeners = new Set<(session: Session) => void>();

/** Calls back with every change of the session. */
export function watchSession(listener: (session: Session) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The session, with a token that is good for a while yet. */
export async function session(): Promise<Session> {
  // At another address than the public one the cookie is not there.
  if (SIGN_IN === null || new URL(SIGN_IN).origin !== location.origin) return ABSENT;
  if (held.state === "signed-in" && held.until - Date.now() > SOON_MS) return held;
  asking ??= ask().finally(() => (asking = null));
  return asking;
}

/** Ends the session, and gives where the provider's own is ended. */
export async function signOut(): Promise<string | null> {
  const { next } = (await post("sign-out")) as { next: string | null };
  hold(ABSENT);
  return next;
}

/** Why a sign-in came to nothing, as the server sent it back; told once. */
export function signInFault(): string | null {
  const [, reason] = /^#sign-in=([a-z]+)$/.exec(location.hash) ?? [];
  if (reason === undefined) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return reason;
}

async function ask(): Promise<Session> {
  try {
    const told = (await post("token")) as
      | { state: "absent" | "expired" | "unavailable" }
      | { state: "signed-in"; token: string; name: string; expiresIn: number };
    const until = told.state === "signed-in" ? Date.now() + told.expiresIn * 1000 : 0;
    const found: Session = told.state === "signed-in" ? { ...told, until } : told;
    // Once signed in, an absent session is one that ended.
    const was = held.state === "signed-in" || held.state === "expired";
    if (found.state === "absent" && was) hold({ state: "expired" });
    // What cannot be asked again now is still good until it ends.
    else if (found.state !== "unavailable" || !isGood(held)) hold(found);
  } catch {
    if (!isGood(held)) hold({ state: "unavailable" });
  }
  return held;
}

function isGood(session: Session): boolean {
  return session.state === "signed-in" && session.until > Date.now();
}

function hold(session: Session): void {
  held = session;
  for (const listener of listeners) listener(session);
}

async function post(name: string): Promise<unknown> {
  const response = await fetch(new URL(`graphiql/${name}`, ROOT), {
    method: "POST",
    credentials: "same-origin",
    headers: { "X-Connect-Graph": "page" },
  });
  if (!response.ok) throw new Error("refused");
  return response.json();
}

function known(link: string | undefined): string | null {
  return link === undefined || link === "no" ? null : link;
}
