// What is known of one request while it is answered: its id, what goes on to the subgraphs with it,
// and what the log tells of it afterwards.
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";

import type { Charge } from "./budget.ts";
import { log } from "./log.ts";
import type { Code } from "./refusal.ts";
import type { Caller } from "./token.ts";
import type { Rule } from "./withheld.ts";

const FORWARDED = ["authorization", "x-scope", "x-purpose"] as const;

export class Asked {
  // Made here: an id that a request brings is not looked at.
  readonly id = randomBytes(16).toString("hex");
  // For our own subgraphs, whose audit joins by the id what one request made of theirs.
  readonly headers: Record<string, string> = { "x-federated-request-id": this.id };
  caller: Caller | undefined;
  // Of which coordinates the caller's rules are wanted, if they are.
  coordinates: string[] | undefined;
  // These rules, once a subgraph of ours has told them.
  rules: readonly Rule[] | undefined;
  // Of the member who asks, once that is known.
  charge: Charge | undefined;
  operation: string | undefined;
  codes: Code[] = [];
  requests = 0;
  readonly #began = performance.now();

  constructor(request: IncomingMessage) {
    for (const name of FORWARDED) {
      // Several lines of a header are joined, as HTTP has it: two tokens are then none.
      const values = request.headersDistinct[name];
      if (values !== undefined) this.headers[name] = values.join(", ");
    }
  }

  tell(route: string, status: number | null): void {
    log("info", "request", {
      request: this.id,
      route,
      operation: this.operation,
      status,
      codes: this.codes,
      durationMs: Math.round((performance.now() - this.#began) * 10) / 10,
      requests: this.requests,
    });
  }
}
