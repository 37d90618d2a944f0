import { useEffect, useRef, useState } from "react";

import { Bar } from "./bar.tsx";
import { demonstrationTokens } from "./demonstration.ts";
import type { Credentials } from "./graph.ts";
import { identify, type Identity } from "./identity.ts";
import { Welcome } from "./welcome.tsx";
import { Workbench } from "./workbench.tsx";

/** The whole page: who asks on top, and below it the workbench or how to get there. */
export function Page() {
  const [identity, setIdentity] = useState<Identity>({ kind: "absent" });
  const [tokens, setTokens] = useState<Record<string, string>>({});
  const asked = useRef(0);

  useEffect(() => {
    void demonstrationTokens().then(setTokens);
  }, []);

  async function use(credentials: Credentials): Promise<void> {
    asked.current += 1;
    const turn = asked.current;
    if (credentials.token === "") {
      setIdentity({ kind: "absent" });
      return;
    }
    setIdentity({ kind: "asking", credentials });
    const found = await identify(credentials);
    if (turn === asked.current) setIdentity(found);
  }

  const shared = { identity, tokens, use: (credentials: Credentials) => void use(credentials) };
  return (
    <>
      <Bar {...shared} />
      {identity.kind === "known" ? (
        // A new identity begins anew: no result of another role stays on the screen.
        <Workbench key={asked.current} identity={identity} />
      ) : (
        <Welcome {...shared} />
      )}
    </>
  );
}
