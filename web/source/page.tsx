import { useEffect, useRef, useState } from "react";

import { Bar } from "./bar.tsx";
import { demonstrationTokens } from "./demonstration.ts";
import type { Credentials } from "./graph.ts";
import { identify, type Identity } from "./identity.ts";
import { session as ask, type Session, signInFault, signOut, watchSession } from "./session.ts";
import { Welcome } from "./welcome.tsx";
import { Workbench } from "./workbench.tsx";

const NOBODY: Credentials = { token: "", scope: "", purpose: "" };
const SIGNED_IN: Credentials = { ...NOBODY, signedIn: true };

/** The whole page: who asks on top, and below it the workbench or how to get there. */
export function Page() {
  const [identity, setIdentity] = useState<Identity>({ kind: "absent" });
  const [tokens, setTokens] = useState<Record<string, string>>({});
  const [session, setSession] = useState<Session>({ state: "absent" });
  const [fault] = useState(signInFault);
  const asked = useRef(0);

  useEffect(() => {
    void demonstrationTokens().then(setTokens);
    const forget = watchSession(setSession);
    void ask().then(({ state }) => {
      if (state === "signed-in" && asked.current === 0) void use(SIGNED_IN);
    });
    return forget;
  }, []);

  async function use(credentials: Credentials): Promise<void> {
    asked.current += 1;
    const turn = asked.current;
    if (credentials.token === "" && !credentials.signedIn) {
      setIdentity({ kind: "absent" });
      return;
    }
    setIdentity({ kind: "asking", credentials });
    const found = await identify(credentials);
    if (turn === asked.current) setIdentity(found);
  }

  async function leave(): Promise<void> {
    await use(NOBODY);
    const next = await signOut().catch(() => null);
    if (next !== null) location.assign(next);
  }

  const shared = {
    identity,
    tokens,
    session,
    use: (credentials: Credentials) => void use(credentials),
    leave: () => void leave(),
  };
  return (
    <>
      <Bar {...shared} />
      {identity.kind === "known" ? (
        // A new identity begins anew: no result of another role stays on the screen.
        <Workbench key={asked.current} identity={identity} />
      ) : (
        <Welcome {...shared} fault={fault} />
      )}
    </>
  );
}
