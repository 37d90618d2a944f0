import { useGraphiQL } from "@graphiql/react";
import { useEffect, useState } from "react";

import type { Credentials, Operation } from "./graph.ts";
import { copy, save } from "./handover.ts";
import { curl, python } from "./snippet.ts";
import { csv, type Json } from "./table.ts";

/** What can be taken away: the request as a program, the result as a file. */
export function Results({ credentials }: { credentials: Credentials }) {
  const queryEditor = useGraphiQL(({ queryEditor }) => queryEditor);
  const variableEditor = useGraphiQL(({ variableEditor }) => variableEditor);
  const operationName = useGraphiQL(({ operationName }) => operationName);
  const response = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.response);
  const [said, say] = useState("");
  const result = read(response);
  const name = `connect-graph-${operationName ?? "result"}`;

  useEffect(() => {
    const timer = setTimeout(() => say(""), 4000);
    return () => clearTimeout(timer);
  }, [said]);

  async function hand(write: (operation: Operation, credentials: Credentials) => string) {
    const operation: Operation = { query: queryEditor?.getValue() ?? "" };
    if (operationName) operation.operationName = operationName;
    const variables = variableEditor?.getValue().trim() ?? "";
    try {
      if (variables !== "") operation.variables = JSON.parse(variables);
    } catch {
      return say("The variables are not JSON.");
    }
    try {
      await copy(write(operation, credentials));
      say("Copied; it reads the token from $TOKEN.");
    } catch {
      say("The browser gave no access to the clipboard.");
    }
  }

  return (
    <div className="results">
      <span>Copy as</span>
      <button type="button" onClick={() => void hand(curl)}>
        cURL
      </button>
      <button type="button" onClick={() => void hand(python)}>
        Python
      </button>
      <span>Download</span>
      <button
        type="button"
        disabled={result === null}
        onClick={() => save(`${name}.json`, `${response}\n`, "application/json")}
      >
        JSON
      </button>
      <button
        type="button"
        disabled={result === null}
        onClick={() => save(`${name}.csv`, csv(result), "text/csv;charset=utf-8;header=present")}
      >
        CSV
      </button>
      <output aria-live="polite">{said}</output>
    </div>
  );
}

/** The data of a result; null where there are none. */
function read(response: string | null | undefined): Json {
  try {
    return (JSON.parse(response ?? "") as { data?: Json }).data ?? null;
  } catch {
    return null;
  }
}
