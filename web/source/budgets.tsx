import { useSyncExternalStore } from "react";

import { type Budget, budgetsOf, watchBudgets } from "./budget.ts";
import type { Credentials } from "./graph.ts";
import { capital } from "./wording.ts";

const NUMBER = new Intl.NumberFormat("en-GB");

/** What is left of the minute's budgets, as the last answer told it. */
export function Budgets({ credentials }: { credentials: Credentials }) {
  const told = useSyncExternalStore(watchBudgets, () => budgetsOf(credentials));
  if (told === null) return null;
  return (
    <div role="group" aria-label="Left of your budget, as the last answer told it">
      <dl className="budgets">
        {told.map((budget) => (
          <div key={budget.name} title={meaning(budget)}>
            <dt>{capital(budget.name)}</dt>
            <dd>
              <meter
                aria-label={`${capital(budget.name)} left`}
                max={budget.quota}
                low={budget.quota / 5}
                value={budget.left}
              />
              {NUMBER.format(budget.left)} of {NUMBER.format(budget.quota)}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function meaning({ name, left, quota, window }: Budget): string {
  const what = name === "cost" ? "What your operations may cost" : "How often you may ask";
  const seconds = Math.ceil(((quota - left) * window) / quota);
  return `${what} in ${window} seconds. It fills steadily, and is full again in ${seconds} s.`;
}
