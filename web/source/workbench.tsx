import { explorerPlugin } from "@graphiql/plugin-explorer";
import type { Fetcher } from "@graphiql/toolkit";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useMemo } from "react";

import { examplesFor, filled } from "./example.ts";
import { examplesPlugin } from "./examples.tsx";
import { ask } from "./graph.ts";
import type { Known } from "./identity.ts";
import { Results } from "./results.tsx";

const EXPLORER = explorerPlugin({ showAttribution: false });

/** GraphiQL for one identity. Its headers editor is off: what it holds could be stored. */
export function Workbench({ identity }: { identity: Known }) {
  const { credentials, viewer, patient } = identity;
  const examples = useMemo(
    () =>
      examplesFor(viewer.role).map((example) => ({
        ...example,
        variables: filled(example.variables, patient),
      })),
    [viewer.role, patient],
  );
  const plugins = useMemo(() => [examplesPlugin(examples), EXPLORER, HISTORY_PLUGIN], [examples]);
  const fetcher = useMemo<Fetcher>(
    () =>
      ({ query, variables, operationName }) =>
        ask(credentials, { query, variables, operationName }),
    [credentials],
  );
  return (
    <main className="workbench">
      <GraphiQL
        fetcher={fetcher}
        plugins={plugins}
        visiblePlugin={plugins[0]}
        defaultTabs={examples.slice(0, 1)}
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
          <Results credentials={credentials} />
        </GraphiQL.Footer>
      </GraphiQL>
    </main>
  );
}
