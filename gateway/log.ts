// The log: a JSON object on each line of stderr, without anything that a request brought. Of a fault
// it tells the type and the places that it passed, not its sentence, which may repeat values.
import { randomBytes } from "node:crypto";

import { Refusal } from "./refusal.ts";

export type Level = "info" | "warning" | "error";

export function log(level: Level, event: string, fields: Record<string, unknown> = {}): void {
  const time = new Date().toISOString();
  const line = { time, level, logger: "connect_graph.gateway", event, ...fields };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

// Notes what nobody foresaw, and gives what may be said of it: a reference that the log has.
export function internal(fault: unknown, request?: string): Refusal {
  const reference = randomBytes(6).toString("hex");
  log("error", `internal error ${reference}`, { request, exceptions: chain(fault) });
  const message = `Something went wrong here; reference ${reference}.`;
  return new Refusal("INTERNAL", message, { reference });
}

function chain(fault: unknown): object[] {
  const told: object[] = [];
  for (let each = fault; each instanceof Error && told.length < 5; each = cause(each)) {
    told.push({ type: each.name, at: places(each) });
  }
  return told.length > 0 ? told : [{ type: typeof fault }];
}

function cause(error: Error): unknown {
  return (error as { originalError?: unknown }).originalError ?? error.cause;
}

function places(error: Error): string[] {
  const lines = (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  return lines.slice(0, 10).map((line) => {
    const [, name, file, at] = /at (?:(.*) \()?.*?([^/]+\/[^/]+):(\d+):\d+\)?$/.exec(line) ?? [];
    return file === undefined ? "native" : `${file}:${at} ${name ?? ""}`.trimEnd();
  });
}
