import { useAnswer } from "../asking.ts";
import { Answered, LeftOut, Notice } from "../states.tsx";
import type { Question } from "../figure.ts";

const QUESTION: Question = {
  query: `query Releases($first: Int!) {
  releases(first: $first) {
    totalCount
    nodes { version cutOff frozenAt manifestDigest ruleSets published }
  }
}`,
  variables: { first: 100 },
};

interface DataRelease {
  version: string;
  cutOff: string;
  frozenAt: string;
  manifestDigest: string;
  ruleSets: string[];
  published: boolean;
}

interface Data {
  releases: { totalCount: number; nodes: DataRelease[] };
}

/** Every release: what it tells of, whether it is published, and what proves it unchanged. */
export function Release() {
  const { asked, again } = useAnswer<Data>(QUESTION);
  return (
    <>
      <h1>Releases</h1>
      <Answered asked={asked} again={again}>
        {({ releases }, errors, rules) => (
          <>
            {releases.nodes.length === 0 && (
              <Notice title="No release yet">
                <p>A release stands here once the data office has published one.</p>
              </Notice>
            )}
            {[...releases.nodes].reverse().map((release) => (
              <One key={release.version} release={release} />
            ))}
            <LeftOut rules={rules} errors={errors} />
          </>
        )}
      </Answered>
    </>
  );
}

function One({ release }: { release: DataRelease }) {
  return (
    <section className="release" aria-label={`Release ${release.version}`}>
      <h2>
        {release.version}{" "}
        <span className="stage">{release.published ? "Published" : "Frozen"}</span>
      </h2>
      <dl>
        <dt>Data up to</dt>
        <dd>{release.cutOff}</dd>
        <dt>Frozen</dt>
        <dd>{release.frozenAt.slice(0, 16).replace("T", " ")} UTC</dd>
        <dt>Outcomes derived by</dt>
        <dd>
          {release.ruleSets.length === 0 ? "none: all were reported" : release.ruleSets.join(", ")}
        </dd>
        <dt>Digest of what is in it</dt>
        <dd>
          <code>{release.manifestDigest}</code>
        </dd>
      </dl>
    </section>
  );
}
