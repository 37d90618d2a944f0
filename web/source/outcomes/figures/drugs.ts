/** How tumours became resistant to each drug, of those that progressed and of those profiled. */
import { capital, spoken } from "../../wording.ts";
import type { Mechanisms } from "../cohort.ts";
import type { Column, Figure, Question } from "../figure.ts";
import { exact, type Proportion } from "../statistics.ts";
import { both, drawMechanisms } from "./mechanisms.ts";

export interface Drug {
  inn: string;
  told: Mechanisms;
}

/** A mechanism that was found on a drug; null where none was. */
export interface DrugRow {
  inn: string;
  told: Mechanisms;
  found: Mechanisms["mechanisms"][number] | null;
}

export function drugsFigure(drugs: Drug[], question: Question): Figure<DrugRow> {
  const title = "Mechanisms by drug";
  const rows = drugs.flatMap<DrugRow>(({ inn, told }) =>
    told.mechanisms.length === 0
      ? [{ inn, told, found: null }]
      : told.mechanisms.map((found) => ({ inn, told, found })),
  );
  const drawn = rows.flatMap(({ inn, found }) =>
    found === null ? [] : both(found, `${capital(inn)}: ${spoken(found.mechanism)}`),
  );
  const none = rows.filter(({ found }) => found === null).length;
  const others =
    none === 0
      ? ""
      : ` On ${none} more, tumours progressed and no mechanism was found: they stand in the table.`;
  return {
    title,
    name: "resistance-by-drug",
    note: `Treatments that progressed, and those of them that were profiled then; one with several drugs counts for each. Exact 95% intervals.${others}`,
    columns: [
      { title: "Drug", value: ({ inn }) => inn },
      {
        title: "Mechanism",
        value: ({ found }) => (found === null ? "None found" : capital(found.mechanism)),
      },
      {
        title: "Found",
        value: ({ found }) => (found === null ? 0 : found.amongProgressed.numerator.value),
      },
      { title: "Profiled", value: ({ told }) => told.profiled },
      ...shares("profiled", (found) => found.amongProfiled),
      { title: "Progressed", value: ({ told }) => told.progressed },
      ...shares("progressed", (found) => found.amongProgressed),
    ],
    rows,
    draw: (width) => drawMechanisms(drawn, { title, width }),
    question,
  };
}

function shares(
  of: string,
  share: (found: NonNullable<DrugRow["found"]>) => Proportion,
): Column<DrugRow>[] {
  const told = (title: string, value: (of: Proportion) => number | null): Column<DrugRow> => ({
    title,
    value: ({ found }) => (found === null ? null : exact(value(share(found)))),
  });
  return [
    told(`Share of ${of} (%)`, ({ estimate }) => estimate.value),
    told(`95% interval of ${of}, lower end (%)`, ({ confidenceInterval: { lower } }) => lower),
    told(`95% interval of ${of}, upper end (%)`, ({ confidenceInterval: { upper } }) => upper),
  ];
}
