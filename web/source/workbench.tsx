import { explorerPlugin } from "@graphiql/plugin-explorer";
import type { Fetcher } from "@graphiql/toolkit";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useEffect, useMemo } from "react";

import { examples as library, filled, isFor } from "./example.ts";
import { examplesPlugin } from "./examples.tsx";
import { type Answer, ask } from "./graph.ts";
import type { Known } from "./identity.ts";
import type { Linked } from "./linked.ts";
import { useOpening } from "./opening.ts";
import { Reasons } from "./reasons.tsx";
import { Results } from "./results.tsx";

const EXPLORER = explorerPlugin({ showAttribution: false });

interface Properties {
  identity: Known;
  /** What a link brought, to be opened. */
  linked: Linked | null;
  opened: () => void;
  /** Told of every answer. */
  answered: (answer: Answer) => void;
}

/** GraphiQL for one identity. Its headers editor is off: what it holds could be stored. */
export function Workbench({ identity, linked, opened, answered }: Properties) {
  const { credentials, viewer, patient } = identity;
  const examples = useMemo(
    () => library.map((example) => ({ ...example, variables: filled(example.variables, patient) })),
    [patient],
  );
  const plugins = useMemo(
    () => [examplesPlugin(examples, viewer.role), EXPLORER, HISTORY_PLUGIN],
    [examples, viewer.role],
  );
  const fetcher = useMemo<Fetcher>(
    () =>
      async ({ query, variables, operationName }) => {
        const answer = await ask(credentials, { query, variables, operationName });
        answered(answer);
        return answer;
      },
    [credentials],
  );
  return (
    <main className="workbench">
      <GraphiQL
        fetcher={fetcher}
        plugins={plugins}
        visiblePlugin={plugins[0]}
        defaultTabs={examples.filter((each) => isFor(viewer.role, each)).slice(0, 1)}
        defaultEditorToolsVisibility="variables"
        forcedTheme="light"
        isHeadersEditorEnabled={false}
        shouldPersistHeaders={false}
        showPersistHeadersSettings={false}
        inputValueDeprecation
        schemaDescription
      >
        <GraphiQL.Logo> </GraphiQL.Logo>
        <GraphiQL.Footer>
          <Opening linked={linked} opened={opened} />
          <Reasons />
          <Results credentials={credentials} />
        </GraphiQL.Footer>
      </GraphiQL>
    </main>
  );
}

/** Opens what a link brought, as soon as there are editors. */
function Opening({ linked, opened }: Pick<Properties, "linked" | "opened">) {
  const open = useOpening();
  const ready = open !== null;
  useEffect(() => {
    if (linked === null || open === null) return;
    open(linked);
    opened();
  }, [linked, ready]);
  return null;
}
