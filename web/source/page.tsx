import { useEffect, useRef, useState } from "react";

import { Bar } from "./bar.tsx";
import { DEMONSTRATION, demonstrationTokens } from "./demonstration.ts";
import type { Answer, Credentials, GraphError } from "./graph.ts";
import { identify, type Identity } from "./identity.ts";
import { forgetLinked, type Linked, takeLinked, watchLinked } from "./linked.ts";
import { session as ask, type Session, signInFault, signOut, watchSession } from "./session.ts";
import { Welcome } from "./welcome.tsx";
import { Workbench } from "./workbench.tsx";

const NOBODY: Credentials = { token: "", scope: "", purpose: "" };
/** Codes of answers that know no longer who asks, or as what. */
const REFUSALS = new Set([
  "UNAUTHENTICATED",
  "SCOPE_REQUIRED",
  "SCOPE_REFUSED",
  "PURPOSE_REQUIRED",
  "RATE_LIMITED",
]);
const SIGNED_IN: Credentials = { ...NOBODY, signedIn: true };

/** The whole page: who asks on top, and below it the workbench or how to get there. */
export function Page() {
  const [identity, setIdentity] = useState<Identity>({ kind: "absent" });
  const [tokens, setTokens] = useState<Record<string, string> | null>(null);
  const [session, setSession] = useState<Session>({ state: "absent" });
  const [fault] = useState(signInFault);
  const [linked, setLinked] = useState<Linked | "unreadable" | null>(takeLinked);
  const [refusal, setRefusal] = useState<GraphError | null>(null);
  const asked = useRef(0);
  const link = linked === "unreadable" ? null : linked;

  useEffect(() => {
    void demonstrationTokens().then(setTokens);
    const forget = watchSession(setSession);
    void ask().then(({ state }) => {
      const meant = DEMONSTRATION && link !== null && link.role !== null;
      if (state === "signed-in" && asked.current === 0 && !meant) void use(SIGNED_IN);
    });
    return forget;
  }, []);

  useEffect(() => watchLinked(() => setLinked((before) => takeLinked() ?? before)), []);

  // A link of the demonstration says in which role it was made.
  useEffect(() => {
    if (link === null || link.role === null || tokens === null) return;
    const token = tokens[link.role];
    const now = identity.kind === "absent" ? undefined : identity.credentials.token;
    setLinked({ ...link, role: null });
    if (token !== undefined && token !== now) void use({ ...NOBODY, token });
  }, [link, tokens]);

  async function use(credentials: Credentials): Promise<void> {
    asked.current += 1;
    const turn = asked.current;
    if (credentials.token === "" && !credentials.signedIn) {
      setIdentity({ kind: "absent" });
      return;
    }
    setRefusal(null);
    setIdentity({ kind: "asking", credentials });
    const found = await identify(credentials);
    if (turn === asked.current) setIdentity(found);
  }

  async function leave(): Promise<void> {
    await use(NOBODY);
    const next = await signOut().catch(() => null);
    if (next !== null) location.assign(next);
  }

  function answered({ errors = [] }: Answer): void {
    setRefusal(errors.find(({ extensions }) => REFUSALS.has(extensions?.code ?? "")) ?? null);
  }

  function opened(): void {
    forgetLinked();
    setLinked(null);
  }

  const shared = {
    identity,
    tokens: tokens ?? {},
    session,
    use: (credentials: Credentials) => void use(credentials),
    leave: () => void leave(),
  };
  return (
    <>
      <Bar {...shared} refusal={refusal} />
      {linked === "unreadable" && (
        <p className="notice" role="alert">
          The link holds no query that can be read: open it again from where it came.
          <button type="button" onClick={opened}>
            Dismiss
          </button>
        </p>
      )}
      {identity.kind === "known" ? (
        // A new identity begins anew: no result of another role stays on the screen.
        <Workbench
          key={asked.current}
          identity={identity}
          linked={link?.role === null ? link : null}
          opened={opened}
          answered={answered}
        />
      ) : (
        <Welcome {...shared} fault={fault} waiting={link !== null} />
      )}
    </>
  );
}
