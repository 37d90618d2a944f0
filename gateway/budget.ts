// Budgets: what a member may ask for in a minute, as connect_graph/budget.py has it. A budget fills
// again steadily, and is kept by its one number: when it will be full again.
import { Refusal } from "./refusal.ts";
import type { Caller } from "./token.ts";

const SECONDS = 60;
// How many times a member's budget an organisation has.
const MEMBERS = 5;
const MOST_ACCOUNTS = 10_000;
// What adding up fractions may lose.
const SLIGHT = 1e-6;

export interface Quotas {
  requests: number;
  cost: number;
}

export class Budget {
  readonly #name: string;
  readonly #quota: number;
  #fullAt = 0;

  constructor(name: string, quota: number) {
    this.#name = name;
    this.#quota = quota;
  }

  // Tells in how many seconds an amount can be taken: 0 for now.
  wait(amount: number, now: number): number {
    const over = this.#used(now) + amount - this.#quota;
    return over < SLIGHT ? 0 : (over * SECONDS) / this.#quota;
  }

  take(amount: number, now: number): void {
    this.#fullAt = Math.max(now, this.#fullAt) + (amount * SECONDS) / this.#quota;
  }

  // Says what is left, and in how many seconds there is more.
  told(now: number): string {
    const used = this.#used(now);
    const left = Math.max(0, Math.floor(this.#quota - used + SLIGHT));
    const more = Math.ceil((Math.min(1, used) * SECONDS) / this.#quota);
    return `"${this.#name}";r=${left};t=${more}`;
  }

  get policy(): string {
    return `"${this.#name}";q=${this.#quota};w=${SECONDS}`;
  }

  #used(now: number): number {
    return (Math.max(0, this.#fullAt - now) * this.#quota) / SECONDS;
  }
}

type Account = Record<keyof Quotas, Budget>;

// Charges one request to its member and the member's organisation.
export class Charge {
  readonly #member: Account;
  readonly #organisation: Account;
  retryAfter: number | undefined;

  constructor(member: Account, organisation: Account) {
    this.#member = member;
    this.#organisation = organisation;
  }

  request(): void {
    this.#take("requests", 1, "sent too many requests");
  }

  // Charges what an operation may cost, before it runs.
  cost(cost: number): void {
    this.#take("cost", cost, "asked for more than a minute may cost");
  }

  // Says what is left, as draft-ietf-httpapi-ratelimit-headers has it.
  get headers(): Record<string, string> {
    const now = seconds();
    const budgets = [this.#member.requests, this.#member.cost];
    return {
      "ratelimit-policy": budgets.map((each) => each.policy).join(", "),
      ratelimit: budgets.map((each) => each.told(now)).join(", "),
      ...(this.retryAfter === undefined ? {} : { "retry-after": String(this.retryAfter) }),
    };
  }

  #take(which: keyof Quotas, amount: number, spent: string): void {
    const now = seconds();
    const [own, shared] = [this.#member[which], this.#organisation[which]];
    for (const [budget, who] of [
      [own, "You have"],
      [shared, "Your organisation has"],
    ] as const) {
      const wait = Math.ceil(budget.wait(amount, now));
      if (wait === 0) continue;
      this.retryAfter = wait;
      const when = `${wait} second${wait === 1 ? "" : "s"}`;
      throw new Refusal("RATE_LIMITED", `${who} ${spent}: try again in ${when}.`);
    }
    own.take(amount, now);
    shared.take(amount, now);
  }
}

// Keeps the accounts of who asks, and forgets those who have not asked for longest.
export class Budgets {
  readonly #quotas: Quotas;
  readonly #accounts = new Map<string, Account>();

  constructor(quotas: Quotas) {
    this.#quotas = quotas;
  }

  of({ issuer, organisation, subject }: Caller): Charge {
    return new Charge(
      this.#account([issuer, organisation, subject], 1),
      this.#account([issuer, organisation], MEMBERS),
    );
  }

  #account(key: string[], share: number): Account {
    const name = JSON.stringify(key);
    let found = this.#accounts.get(name);
    if (found === undefined) {
      if (this.#accounts.size >= MOST_ACCOUNTS) {
        this.#accounts.delete(this.#accounts.keys().next().value!);
      }
      const { requests, cost } = this.#quotas;
      found = {
        requests: new Budget("requests", share * requests),
        cost: new Budget("cost", share * cost),
      };
    }
    this.#accounts.delete(name); // a Map keeps the order of what was put in
    this.#accounts.set(name, found);
    return found;
  }
}

function seconds(): number {
  return performance.now() / 1_000;
}
