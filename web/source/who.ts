/** Who asks, from the sign-in, a demonstration's role or a token of one's own. */
import { useEffect, useRef, useState } from "react";

import { DEMONSTRATION, demonstrationTokens } from "./demonstration.ts";
import { type Credentials, NOBODY } from "./graph.ts";
import { identify, type Identity, viewerOf } from "./identity.ts";
import { session as ask, type Session, signInFault, signOut, watchSession } from "./session.ts";

const SIGNED_IN: Credentials = { ...NOBODY, signedIn: true };

/** How long what the graph said of who asks is shown without asking again. */
const SURE_MS = 60_000;

export interface Asker {
  identity: Identity;
  /** The demonstration's, by their roles. */
  tokens: Record<string, string>;
  session: Session;
  /** Whether it is not yet known if anybody is signed in. */
  finding: boolean;
  /** Why a sign-in came to nothing. */
  fault: string | null;
  /** How often it changed: what was made for one identity is not for the next. */
  turn: number;
  use: (credentials: Credentials) => void;
  leave: () => void;
  /** To be told of answers: who asks may be another one meanwhile, and begins anew then. */
  confirm: () => void;
}

/** An address may say in which role of the demonstration one comes: `taken` once it is known. */
export function useAsker(role: string | null, taken: () => void): Asker {
  const [identity, setIdentity] = useState<Identity>({ kind: "absent" });
  const [tokens, setTokens] = useState<Record<string, string> | null>(null);
  const [session, setSession] = useState<Session>({ state: "absent" });
  const [fault] = useState(signInFault);
  const [found, setFound] = useState(false);
  const asked = useRef(0);
  const sure = useRef(0);

  useEffect(() => {
    void demonstrationTokens().then(setTokens, () => setTokens({}));
    const forget = watchSession(setSession);
    void ask().then(({ state }) => {
      const meant = DEMONSTRATION && role !== null;
      if (state === "signed-in" && asked.current === 0 && !meant) void use(SIGNED_IN);
      setFound(true);
    });
    return forget;
  }, []);

  useEffect(() => {
    if (role === null || tokens === null) return;
    const token = tokens[role];
    const now = identity.kind === "absent" ? undefined : identity.credentials.token;
    taken();
    if (token !== undefined && token !== now) void use({ ...NOBODY, token });
  }, [role, tokens]);

  async function use(credentials: Credentials): Promise<void> {
    asked.current += 1;
    const turn = asked.current;
    if (credentials.token === "" && !credentials.signedIn) {
      setIdentity({ kind: "absent" });
      return;
    }
    setIdentity({ kind: "asking", credentials });
    sure.current = Date.now() + SURE_MS;
    const found = await identify(credentials);
    if (turn === asked.current) setIdentity(found);
  }

  async function confirm(): Promise<void> {
    if (identity.kind !== "known" || Date.now() < sure.current) return;
    sure.current = Date.now() + SURE_MS;
    const turn = asked.current;
    const now = await viewerOf(identity.credentials);
    if (turn !== asked.current || "message" in now) return;
    if (JSON.stringify(now) !== JSON.stringify(identity.viewer)) await use(identity.credentials);
  }

  async function leave(): Promise<void> {
    await use(NOBODY);
    const next = await signOut().catch(() => null);
    if (next !== null) location.assign(next);
  }

  return {
    identity,
    tokens: tokens ?? {},
    session,
    finding: !found || tokens === null || role !== null,
    fault,
    turn: asked.current,
    use: (credentials) => void use(credentials),
    leave: () => void leave(),
    confirm: () => void confirm(),
  };
}
