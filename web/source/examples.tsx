import { type GraphiQLPlugin, useGraphiQL } from "@graphiql/react";
import { useId, useState } from "react";

import { type Example, fits, type Group, grouped, isFor } from "./example.ts";
import { useOpening } from "./opening.ts";
import { capital, EVERYBODY } from "./wording.ts";

const TITLE = "Examples";

/** The library of examples, grouped by question; those for a role come first to hand. */
export function examplesPlugin(examples: Example[], role: string): GraphiQLPlugin {
  const content = () => <Examples examples={examples} role={role} />;
  return { title: TITLE, icon: Icon, content };
}

function Examples({ examples, role }: { examples: Example[]; role: string }) {
  const [words, setWords] = useState("");
  const [all, setAll] = useState(false);
  const own = examples.filter((example) => isFor(role, example));
  const offered = all ? examples : own;
  const found = offered.filter((example) => fits(example, words.trim()));
  return (
    <section className="examples" aria-label={TITLE}>
      <h2 className="graphiql-doc-explorer-title">{TITLE}</h2>
      <p>Choose one: it opens in a tab of its own. Run it with Ctrl+Enter.</p>
      <search>
        <input
          type="search"
          aria-label="Filter the examples"
          placeholder="Filter: a word of the question or the query"
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        {own.length < examples.length && (
          <label>
            <input type="checkbox" checked={all} onChange={() => setAll(!all)} />
            Those for other roles too
          </label>
        )}
        <output aria-live="polite">
          {found.length === offered.length
            ? `${offered.length} examples`
            : `${found.length} of ${offered.length} examples`}
        </output>
      </search>
      {grouped(found).map((group) => (
        // What is looked for is shown, also in a group that was closed.
        <Question key={`${group.question} ${words !== ""}`} group={group} />
      ))}
      {found.length === 0 && <p>None has all of these words: take one away.</p>}
    </section>
  );
}

function Question({ group }: { group: Group }) {
  return (
    <details open>
      <summary>
        <h3>{group.question}</h3>
        <span aria-hidden="true">{group.examples.length}</span>
      </summary>
      <ul>
        {group.examples.map((example) => (
          <Card key={example.title} example={example} />
        ))}
      </ul>
    </details>
  );
}

function Card({ example }: { example: Example }) {
  const id = useId();
  const open = useOpening();
  const shown = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.query ?? "");
  return (
    <li>
      <button
        type="button"
        disabled={open === null}
        aria-current={shown.trim() === example.query.trim()}
        aria-describedby={id}
        onClick={() => open?.(example)}
      >
        {example.title}
      </button>
      <span id={id}>For {audience(example.roles)}</span>
    </li>
  );
}

function audience(roles: string[]): string {
  return roles.length === EVERYBODY ? "everybody" : roles.map(capital).join(", ");
}

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6">
      <path d="M5 4h14v16H5zM8.5 9h7M8.5 12.5h7M8.5 16h4" strokeLinecap="round" />
    </svg>
  );
}
