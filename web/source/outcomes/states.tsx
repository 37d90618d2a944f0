import type { ReactNode } from "react";

import type { GraphError, Rule } from "../graph.ts";
import { SIGN_IN, signInLink } from "../session.ts";
import type { Asked } from "./asking.ts";

/** What stands where an answer will: that it is coming, that it is not, or what it brought. */
export function Answered<Data>({
  asked,
  again,
  children,
}: {
  asked: Asked<Data>;
  again: () => void;
  children: (data: Data, errors: GraphError[], rules: Rule[]) => ReactNode;
}) {
  switch (asked.kind) {
    case "answered":
      return children(asked.data, asked.errors, asked.rules);
    case "failed":
      return <Failing error={asked.error} again={again} />;
    case "waiting":
      return (
        <div className="coming" role="status">
          {asked.patience !== "fresh" && <span className="unseen">Loading.</span>}
          {asked.patience === "lost" && (
            <Notice title="This takes longer than it should">
              <p>The graph has not answered yet. It may still do so.</p>
              <Again again={again} />
            </Notice>
          )}
          {asked.patience !== "fresh" && <Skeleton />}
        </div>
      );
  }
}

/** Something that is to be said where a figure could be. */
export function Notice({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <section className="notice">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** Said where there is nothing else to see. */
export function AllWithheld() {
  return (
    <Notice title="Withheld">
      <p>
        No number can be told here. Few treated, none, or a number that would give away another: all
        look the same, so that nobody can be found out.
      </p>
    </Notice>
  );
}

function Failing({ error, again }: { error: GraphError; again: () => void }) {
  const { code, reference } = error.extensions ?? {};
  if (code === "UNAUTHENTICATED") return <Ended />;
  return (
    <div role="alert">
      <Notice title={code === "FIELD_NOT_AVAILABLE" ? "Not for your role" : "This did not come"}>
        <p>{error.message}</p>
        {(code ?? reference) !== undefined && (
          <p className="told">
            {code !== undefined && (
              <>
                Code <code>{code}</code>
              </>
            )}
            {reference !== undefined && (
              <>
                , reference <code>{reference}</code>
              </>
            )}
          </p>
        )}
        <Again again={again} />
      </Notice>
    </div>
  );
}

function Ended() {
  return (
    <div role="alert">
      <Notice title="Your session has ended">
        {SIGN_IN !== null ? (
          <p>
            <a className="button" href={signInLink() ?? SIGN_IN}>
              Sign in again
            </a>{" "}
            and you come back to this page.
          </p>
        ) : (
          <p>Your token is no longer valid: choose a role above, or give a new token.</p>
        )}
      </Notice>
    </div>
  );
}

function Again({ again }: { again: () => void }) {
  return (
    <p>
      <button type="button" className="button" onClick={again}>
        Try again
      </button>
    </p>
  );
}

function Skeleton() {
  return (
    <div className="skeleton" aria-hidden="true">
      {[62, 88, 74, 91, 55, 80].map((width) => (
        <i key={width} style={{ width: `${width}%` }} />
      ))}
    </div>
  );
}

/** What an answer leaves out, in the graph's own words. */
export function LeftOut({ rules, errors }: { rules: Rule[]; errors: GraphError[] }) {
  const told = [...new Set([...rules, ...errors].map(({ message }) => message))];
  if (told.length === 0) return null;
  return (
    <section className="left-out">
      <h2>What is left out</h2>
      <ul>
        {told.map((message) => (
          <li key={message}>{message}</li>
        ))}
      </ul>
    </section>
  );
}
