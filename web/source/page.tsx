import { useEffect, useState } from "react";

import { Bar } from "./bar.tsx";
import { takeRole } from "./demonstration.ts";
import type { Answer, GraphError } from "./graph.ts";
import { forgetLinked, type Linked, takeLinked, watchLinked } from "./linked.ts";
import { Welcome } from "./welcome.tsx";
import { useAsker } from "./who.ts";
import { Workbench } from "./workbench.tsx";

/** Codes of answers that know no longer who asks, or as what. */
const REFUSALS = new Set([
  "UNAUTHENTICATED",
  "SCOPE_REQUIRED",
  "SCOPE_REFUSED",
  "PURPOSE_REQUIRED",
  "RATE_LIMITED",
]);

/** The whole page: who asks on top, and below it the workbench or how to get there. */
export function Page() {
  const [linked, setLinked] = useState<Linked | "unreadable" | null>(takeLinked);
  const [role, setRole] = useState(takeRole);
  const [refusal, setRefusal] = useState<GraphError | null>(null);
  const link = linked === "unreadable" ? null : linked;
  // A link of the demonstration says in which role it was made.
  const asker = useAsker(link?.role ?? role, () => {
    setRole(null);
    setLinked(link && { ...link, role: null });
  });
  const { identity, turn, confirm } = asker;

  useEffect(
    () =>
      watchLinked(() => {
        setLinked((before) => takeLinked() ?? before);
        setRole(takeRole);
      }),
    [],
  );
  useEffect(() => setRefusal(null), [turn]);

  function answered({ errors = [] }: Answer): void {
    setRefusal(errors.find(({ extensions }) => REFUSALS.has(extensions?.code ?? "")) ?? null);
    confirm();
  }

  function opened(): void {
    forgetLinked();
    setLinked(null);
  }

  return (
    <>
      <Bar {...asker} refusal={refusal} />
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
          key={turn}
          identity={identity}
          linked={link?.role === null ? link : null}
          opened={opened}
          answered={answered}
        />
      ) : (
        <Welcome
          {...asker}
          waiting={link !== null}
          then="Choose an example query, run it, and take the result with you as CSV or JSON."
          kept="Queries that you run stay in this browser's history; results do not."
        />
      )}
    </>
  );
}
