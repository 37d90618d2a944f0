import { Bar } from "./bar.tsx";
import { Welcome } from "./welcome.tsx";
import { useAsker } from "./who.ts";
import { Workbench } from "./workbench.tsx";

/** The whole page: who asks on top, and below it the workbench or how to get there. */
export function Page() {
  const asker = useAsker();
  const { identity, turn } = asker;
  return (
    <>
      <Bar {...asker} />
      {identity.kind === "known" ? (
        // A new identity begins anew: no result of another role stays on the screen.
        <Workbench key={turn} identity={identity} />
      ) : (
        <Welcome
          {...asker}
          then="Choose an example query, run it, and take the result with you as CSV or JSON."
          kept="Queries that you run stay in this browser's history; results do not."
        />
      )}
    </>
  );
}
