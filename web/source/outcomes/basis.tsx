/** What the numbers of a page rest on. */
export interface Basis {
  basis: "RECORDS" | "RELEASE";
  release: { version: string; cutOff: string } | null;
}

export function Basis({ of }: { of: Basis | null }) {
  if (of === null) return null;
  return (
    <p className="basis">
      {of.release === null ? (
        <>
          <strong>Live:</strong> counted from the records that you may read, as they are now.
        </>
      ) : (
        <>
          <strong>Release {of.release.version}</strong>, with data up to {of.release.cutOff}: the
          same for everyone. A number that could give somebody away is withheld, or told as a band
          such as 4–6.
        </>
      )}
    </p>
  );
}
