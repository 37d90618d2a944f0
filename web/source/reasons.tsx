import { useGraphiQL } from "@graphiql/react";
import { parse } from "graphql";
import type { editor } from "monaco-editor";
import { useEffect, useMemo, useState } from "react";

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
  const [open, setOpen] = useState(true);

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
    return () => marks?.clear();
  }, [responseEditor, reasons]);

  function show(line: number): void {
    responseEditor?.revealLineInCenter(line);
    const end = responseEditor?.getModel()?.getLineMaxColumn(line) ?? 1;
    responseEditor?.setSelection(whole(line, end));
  }

  if (reasons.length === 0) return null;
  return (
    <details
      className="reasons"
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <h2>What is withheld here, and why</h2>
        <span role="status">{reasons.length === 1 ? "1 reason" : `${reasons.length} reasons`}</span>
      </summary>
      <ul>
        {reasons.map((reason) => (
          <li key={`${reason.title} ${reason.message}`}>
            <h3>{reason.title}</h3>
            <p>{reason.message}</p>
            <p>
              <strong>Instead:</strong> <Text>{reason.instead}</Text>
            </p>
            <p className="places">
              {reason.lacking ? "Withheld at" : "Holds for"}{" "}
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
  const marks = reasons.flatMap(({ title, message, instead, lacking, places }) =>
    places.flatMap(({ lines }) =>
      lines.map((line): editor.IModelDeltaDecoration => {
        const hoverMessage = { value: `**${title}.** ${message}\n\nInstead: ${instead}` };
        const range = whole(line, Number.MAX_SAFE_INTEGER);
        const className = lacking ? "withheld-line" : "narrowed-line";
        const after = { content: `  ${title}`, inlineClassName: "withheld-word" };
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
