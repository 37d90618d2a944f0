import { useGraphiQL } from "@graphiql/react";
import { parse } from "graphql";
import type { editor } from "monaco-editor";
import { useEffect, useMemo, useRef, useState } from "react";

import type { Json } from "./table.ts";
import { asked, type Asked } from "./typed.ts";
import { explain, type Place, type Reason } from "./withheld.ts";

/** Lines that are marked of one answer; the panel names all. */
const MOST_MARKS = 2_000;

/** Explains beside a result what is withheld in it, and marks each place where it stands. */
export function Reasons() {
  const response = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.response);
  const schema = useGraphiQL(({ schema }) => schema);
  const queryEditor = useGraphiQL(({ queryEditor }) => queryEditor);
  const operationName = useGraphiQL(({ operationName }) => operationName);
  const responseEditor = useGraphiQL(({ responseEditor }) => responseEditor);
  const [chosen, choose] = useState<boolean | null>(null);
  const shown = useRef<editor.IEditorDecorationsCollection>(undefined);

  const reasons = useMemo(() => {
    const answer = read(response);
    if (answer === null) return [];
    let fields = new Map<string, Asked>();
    try {
      if (schema) fields = asked(parse(queryEditor?.getValue() ?? ""), operationName, schema);
    } catch {
      // It was changed meanwhile and cannot be read: the rules are told without it.
    }
    return explain(answer, fields);
    // The query is that of the answer: what is written later is not looked at.
  }, [response, schema]);

  useEffect(() => {
    const marks = responseEditor?.createDecorationsCollection(marksOf(reasons));
    return () => {
      marks?.clear();
      shown.current?.clear();
    };
  }, [responseEditor, reasons]);

  function show(line: number): void {
    responseEditor?.revealLineInCenter(line);
    shown.current?.clear();
    shown.current = responseEditor?.createDecorationsCollection([
      { range: whole(line, 1), options: { className: "shown-line", isWholeLine: true, zIndex: 1 } },
    ]);
  }

  if (reasons.length === 0) return null;
  // Where rows may be narrowed and no more, it is enough to know it.
  const open = chosen ?? reasons.some(({ kind }) => kind !== "rows may be missing");
  return (
    <details className="reasons" open={open}>
      <summary
        onClick={(event) => {
          event.preventDefault();
          choose(!open);
        }}
      >
        <h2>What is withheld here, and why</h2>
        <span role="status">{reasons.map(({ title }) => title).join(" · ")}</span>
      </summary>
      <ul>
        {reasons.map((reason) => (
          <li key={`${reason.title} ${reason.message}`}>
            <h3>{reason.title}</h3>
            <p>
              <Text>{reason.message}</Text>
            </p>
            <p>
              <strong>Instead:</strong> <Text>{reason.instead}</Text>
            </p>
            <p className="places">
              {reason.kind === "withheld" ? "Withheld at" : "Holds for"}{" "}
              {reason.places.map((place) => (
                <Where key={place.path} place={place} show={show} />
              ))}
              {reason.more > 0 && `and ${reason.more} more`}
            </p>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Names a place; pressed again it goes to the next line where it stands. */
function Where({ place, show }: { place: Place; show: (line: number) => void }) {
  const [shown, setShown] = useState(-1);
  const { path, lines } = place;
  const number = lines.length;
  if (number === 0) return <code>{path}</code>;

  function next(): void {
    const following = (shown + 1) % number;
    setShown(following);
    show(lines[following]!);
  }

  return (
    <button type="button" title="Show it in the result" onClick={next}>
      <code>{path}</code>
      {number > 1 && <span> {shown < 0 ? `${number} times` : `${shown + 1} of ${number}`}</span>}
    </button>
  );
}

/** Words with `code` among them. */
function Text({ children }: { children: string }) {
  return children
    .split("`")
    .map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part));
}

function marksOf(reasons: Reason[]): editor.IModelDeltaDecoration[] {
  const marks = reasons.flatMap(({ title, message, instead, kind, places }) =>
    places.flatMap(({ lines }) =>
      lines.map((line): editor.IModelDeltaDecoration => {
        const hoverMessage = { value: `**${title}.** ${message}\n\n**Instead:** ${instead}` };
        const range = whole(line, Number.MAX_SAFE_INTEGER);
        const narrowed = kind === "rows may be missing";
        const className = narrowed ? "narrowed-line" : "withheld-line";
        // Rules that narrow rows have a mark and no word: they hold nearly everywhere.
        const after = narrowed ? null : { content: `  ${kind}`, inlineClassName: "withheld-word" };
        return { range, options: { className, hoverMessage, after, isWholeLine: true } };
      }),
    ),
  );
  return marks.slice(0, MOST_MARKS);
}

function whole(line: number, endColumn: number) {
  return { startLineNumber: line, startColumn: 1, endLineNumber: line, endColumn };
}

function read(response: string | null | undefined): Json {
  try {
    return JSON.parse(response ?? "") as Json;
  } catch {
    return null;
  }
}
