import { type ReactNode, useEffect, useId, useRef, useState } from "react";

import { roleOf } from "../demonstration.ts";
import { save } from "../handover.ts";
import { useWho } from "./context.ts";
import { csv, type Figure, playground, type Question, standalone } from "./figure.ts";

/** A figure with all that belongs to it: its table, its files, and the query behind it. */
export function FigureFrame<Row>({ figure, wide }: { figure: Figure<Row>; wide?: boolean }) {
  const [open, setOpen] = useState(false);
  const drawing = useRef<SVGSVGElement | null>(null);
  const title = useId();
  const table = useId();
  return (
    <figure className={wide ? "figure wide" : "figure"} aria-labelledby={title}>
      <figcaption>
        <h2 id={title}>{figure.title}</h2>
        {figure.note !== undefined && <p>{figure.note}</p>}
      </figcaption>
      <Drawing figure={figure} keep={(svg) => (drawing.current = svg)} />
      <div className="tools">
        <button
          type="button"
          aria-expanded={open}
          aria-controls={table}
          onClick={() => setOpen(!open)}
        >
          Table
        </button>
        <button
          type="button"
          onClick={() =>
            save(`${figure.name}.csv`, csv(figure), "text/csv;charset=utf-8;header=present")
          }
        >
          CSV
        </button>
        <button
          type="button"
          onClick={() => save(`${figure.name}.svg`, standalone(drawing.current!), "image/svg+xml")}
        >
          SVG
        </button>
        <QueryLink question={figure.question} />
      </div>
      <div id={table} className="table" hidden={!open} tabIndex={open ? 0 : undefined}>
        {open && <Table figure={figure} />}
      </div>
    </figure>
  );
}

/** Opens the very question in the playground. */
export function QueryLink({
  question,
  children = "The query behind it",
}: {
  question: Question;
  children?: ReactNode;
}) {
  const { known, tokens } = useWho();
  return (
    <a
      href={playground(question, roleOf(known.credentials, tokens))}
      target="_blank"
      rel="noreferrer"
    >
      {children}
    </a>
  );
}

/** Draws anew whenever there is another width to draw in. */
function Drawing<Row>({
  figure,
  keep,
}: {
  figure: Figure<Row>;
  keep: (svg: SVGSVGElement) => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);

  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => {
      setWidth(Math.floor(entry!.contentRect.width));
    });
    watch.observe(place.current!);
    return () => watch.disconnect();
  }, []);

  useEffect(() => {
    if (width === 0) return;
    const svg = figure.draw(width);
    keep(svg);
    place.current!.replaceChildren(svg);
  }, [figure, width]);

  return <div className="drawing" ref={place} />;
}

function Table<Row>({ figure: { title, columns, rows } }: { figure: Figure<Row> }) {
  return (
    <table>
      <caption>{title}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.title} scope="col">
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, place) => (
          <tr key={place}>
            {columns.map((column, at) => {
              const value = column.value(row);
              const content = value ?? <Nothing />;
              return at === 0 ? (
                <th key={column.title} scope="row">
                  {content}
                </th>
              ) : (
                <td key={column.title} className={typeof value === "number" ? "number" : undefined}>
                  {content}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What stands where a value is withheld or not known. */
export function Nothing() {
  return (
    <>
      <span aria-hidden="true">–</span>
      <span className="unseen">withheld or not known</span>
    </>
  );
}
