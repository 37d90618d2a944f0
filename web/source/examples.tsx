import { type GraphiQLPlugin, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useState } from "react";

import { type Example, examples as all } from "./example.ts";

const TITLE = "Examples";
const OURS = new Set(["", ...all.map(({ query }) => query.trim())]);

/** The panel with the examples for a role. */
export function examplesPlugin(examples: Example[]): GraphiQLPlugin {
  return { title: TITLE, icon: Icon, content: () => <Examples examples={examples} /> };
}

function Examples({ examples }: { examples: Example[] }) {
  const { addTab } = useGraphiQLActions();
  const queryEditor = useGraphiQL(({ queryEditor }) => queryEditor);
  const variableEditor = useGraphiQL(({ variableEditor }) => variableEditor);
  const count = useGraphiQL(({ tabs }) => tabs.length);
  const shown = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.query ?? "");
  const [chosen, choose] = useState<{ example: Example; from: number } | null>(null);

  useEffect(() => {
    if (chosen === null || chosen.from === count) return;
    queryEditor?.setValue(chosen.example.query);
    variableEditor?.setValue(chosen.example.variables);
    queryEditor?.focus();
    choose(null);
  }, [chosen, count, queryEditor, variableEditor]);

  /** An example takes the place of another one, and never of what somebody wrote. */
  function open(example: Example): void {
    const written = !OURS.has((queryEditor?.getValue() ?? "").trim());
    if (written) addTab();
    choose({ example, from: written ? count : -1 });
  }

  return (
    <section className="examples" aria-label={TITLE}>
      <div className="graphiql-doc-explorer-title">{TITLE}</div>
      <p>Choose one, and run it with Ctrl+Enter.</p>
      <ul>
        {examples.map((example) => (
          <li key={example.title}>
            <button
              type="button"
              disabled={!queryEditor || !variableEditor}
              aria-current={shown.trim() === example.query.trim()}
              onClick={() => open(example)}
            >
              {example.title}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6">
      <path d="M5 4h14v16H5zM8.5 9h7M8.5 12.5h7M8.5 16h4" strokeLinecap="round" />
    </svg>
  );
}
