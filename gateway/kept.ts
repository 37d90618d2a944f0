// What is fetched from a provider and kept: refreshed when old, and asked for again at a limit. The
// rules are those of connect_graph/kept.py.
import { log } from "./log.ts";

const FRESH_MS = 300_000;
const LIMIT_MS = 30_000;
const RETRY_MS = 5_000;
const LONGEST_MS = 24 * 3_600_000;

// It cannot be had.
export class Unfetched extends Error {}

export class Kept<Value> {
  #held: { value: Value; at: number } | undefined;
  #tried = -Infinity;
  #missed = -Infinity;
  #failed = false;
  #underWay: Promise<void> | undefined;
  readonly #fetch: () => Promise<Value>;

  constructor(fetch: () => Promise<Value>) {
    this.#fetch = fetch;
  }

  // Gives what is kept, as fresh as it can be had; Unfetched where there is none.
  async value(): Promise<Value> {
    const now = performance.now();
    const age = this.#age(now);
    if (age > LONGEST_MS) {
      if (this.#underWay !== undefined || now - this.#tried >= RETRY_MS) await this.#anew();
    } else if (age > FRESH_MS && now - this.#tried >= LIMIT_MS) {
      // Who has waited once for a provider that does not answer shall not wait again.
      if (this.#failed) void this.#anew();
      else await this.#anew();
    }
    if (this.#held === undefined || this.#age(performance.now()) > LONGEST_MS) {
      throw new Unfetched("there is none");
    }
    return this.#held.value;
  }

  // Gives it fetched anew, for something it lacks; within the limit what is kept.
  async again(): Promise<Value> {
    if (this.#underWay !== undefined) {
      await this.#anew();
    } else if (performance.now() - this.#missed >= LIMIT_MS) {
      this.#missed = performance.now();
      await this.#anew();
    }
    return this.value();
  }

  #age(now: number): number {
    return this.#held === undefined ? Infinity : now - this.#held.at;
  }

  // Whoever asks meanwhile waits for the one fetch under way.
  #anew(): Promise<void> {
    this.#underWay ??= this.#renew().finally(() => (this.#underWay = undefined));
    return this.#underWay;
  }

  async #renew(): Promise<void> {
    this.#tried = performance.now();
    try {
      this.#held = { value: await this.#fetch(), at: performance.now() };
      this.#failed = false;
    } catch (error) {
      this.#failed = true;
      const reason = error instanceof Unfetched ? error.message : (error as Error).name;
      log("error", "keys of an issuer cannot be had", { reason });
    }
  }
}
