import { useMemo } from "react";

import { spoken } from "../../wording.ts";
import { useAnswer } from "../asking.ts";
import type { Question } from "../figure.ts";
import { QueryLink } from "../frame.tsx";
import { Answered, LeftOut, Notice } from "../states.tsx";
import { type Count } from "../statistics.ts";

const QUESTION: Question = {
  query: `query Releases($first: Int!) {
  releases(first: $first, orderBy: [{ by: cutOff, direction: DESC }]) {
    totalCount
    nodes {
      version cutOff frozenAt manifestDigest ruleSets published
      publication { publishedAt algorithm digest signature keyId groupings { dimensions } }
    }
  }
}`,
  variables: { first: 100 },
};
const TOLD = `query Told($release: String!) {
  outcomeStatistics(by: [COHORT], release: $release) {
    citation { query }
    rows { patients { suppressed } objectiveResponse { suppressed } clinicalBenefit16w { suppressed } }
  }
}`;

interface DataRelease {
  version: string;
  cutOff: string;
  frozenAt: string;
  manifestDigest: string;
  ruleSets: string[];
  published: boolean;
  publication: Publication | null;
}

interface Publication {
  publishedAt: string;
  algorithm: string;
  digest: string;
  signature: string;
  keyId: string;
  groupings: { dimensions: string[] }[];
}

interface Data {
  releases: { totalCount: number; nodes: DataRelease[] };
}

interface ToldData {
  outcomeStatistics: {
    citation: { query: string } | null;
    rows: Record<
      "patients" | "objectiveResponse" | "clinicalBenefit16w",
      Pick<Count, "suppressed">
    >[];
  } | null;
}

/** Every release: what it tells of, what of it is published, and what proves it unchanged. */
export function Release() {
  const { asked, again } = useAnswer<Data>(QUESTION);
  return (
    <>
      <h1>Releases</h1>
      <p className="basis">
        A release is the data as they were on a day. What is published of it was decided once, is
        the same for everyone, and never changes.
      </p>
      <Answered asked={asked} again={again}>
        {({ releases }, errors, rules) => (
          <>
            {releases.nodes.length === 0 && (
              <Notice title="No release yet">
                <p>A release stands here once the data office has published one.</p>
              </Notice>
            )}
            {releases.nodes.map((release) => (
              <One key={release.version} release={release} />
            ))}
            <p className="tools">
              <QueryLink question={QUESTION} />
            </p>
            <LeftOut rules={rules} errors={errors} />
          </>
        )}
      </Answered>
    </>
  );
}

function One({ release }: { release: DataRelease }) {
  const { version, cutOff, frozenAt, ruleSets, manifestDigest, published, publication } = release;
  return (
    <section className="release" aria-label={`Release ${version}`}>
      <h2>
        {version} <span className="stage">{published ? "Published" : "Frozen, not published"}</span>
      </h2>
      <dl>
        <dt>Data up to</dt>
        <dd>{cutOff}</dd>
        <dt>Frozen</dt>
        <dd>{minute(frozenAt)}</dd>
        <dt>Outcomes derived by</dt>
        <dd>{ruleSets.length === 0 ? "none: all were reported" : ruleSets.join(", ")}</dd>
        <dt>Digest of the data</dt>
        <dd>
          <code>{manifestDigest}</code>
        </dd>
        {publication === null ? (
          <>
            <dt>Published of it</dt>
            <dd className="withheld">no aggregates</dd>
          </>
        ) : (
          <Published publication={publication} />
        )}
      </dl>
      {publication?.groupings.some(({ dimensions }) => dimensions.join() === "COHORT") && (
        <Told version={version} />
      )}
    </section>
  );
}

/** What everyone may have of a release, and what proves that it is that. */
function Published({ publication }: { publication: Publication }) {
  const { publishedAt, algorithm, digest, signature, keyId, groupings } = publication;
  return (
    <>
      <dt>Published</dt>
      <dd>
        {minute(publishedAt)}, by {algorithm}
      </dd>
      <dt>Groups told of</dt>
      <dd>{groupings.map(({ dimensions }) => grouping(dimensions)).join("; ")}</dd>
      <dt>Digest of what is told</dt>
      <dd>
        <code>{digest}</code>
      </dd>
      <dt>Signature (Ed25519)</dt>
      <dd>
        <code>{signature}</code>
      </dd>
      <dt>Key of the signature</dt>
      <dd>
        <code>{keyId}</code>
      </dd>
    </>
  );
}

/** How much is told of cohorts. */
function Told({ version }: { version: string }) {
  const question = useMemo<Question>(
    () => ({ query: TOLD, variables: { release: version } }),
    [version],
  );
  const { asked, again } = useAnswer<ToldData>(question);
  return (
    <Answered asked={asked} again={again}>
      {({ outcomeStatistics: found }) =>
        found !== null && (
          <>
            <dl>
              <dt>Told by cohort</dt>
              <dd>
                {told(found.rows, "patients")} with how many were treated,{" "}
                {told(found.rows, "objectiveResponse")} with objective response,{" "}
                {told(found.rows, "clinicalBenefit16w")} with benefit at week 16, of{" "}
                {found.rows.length}; the others are withheld
              </dd>
              <dt>To cite</dt>
              <dd>
                <code>{found.citation?.query}</code>
              </dd>
            </dl>
            <p className="tools">
              <QueryLink question={question} />
            </p>
          </>
        )
      }
    </Answered>
  );
}

/** Such as "cohort and sex". */
function grouping(dimensions: string[]): string {
  return dimensions.length === 0 ? "all together" : dimensions.map(spoken).join(" and ");
}

function minute(time: string): string {
  return `${time.slice(0, 16).replace("T", " ")} UTC`;
}

type Rows = NonNullable<ToldData["outcomeStatistics"]>["rows"];

function told(rows: Rows, measure: keyof Rows[number]): number {
  return rows.filter((row) => !row[measure].suppressed).length;
}
