/** Asking the graph for a page, and what becomes of it. */
import { useEffect, useState } from "react";

import { ask, type GraphError, type Rule } from "../graph.ts";
import { useWho } from "./context.ts";
import type { Question } from "./figure.ts";

export type Asked<Data> =
  | { kind: "waiting"; patience: Patience }
  | { kind: "failed"; error: GraphError }
  | {
      kind: "answered";
      data: Data;
      /** Of parts that were not answered. */
      errors: GraphError[];
      /** What the answer was made under. */
      rules: Rule[];
    };

/** Nothing moves at first; then it is shown that something is coming; then one may ask again. */
type Patience = "fresh" | "waiting" | "lost";
const WAITING_MS = 400;
const LOST_MS = 10_000;

/** The answer to a question, as whoever looks; `again` asks once more. */
export function useAnswer<Data>(question: Question): { asked: Asked<Data>; again: () => void } {
  const { credentials } = useWho().known;
  const [turn, setTurn] = useState(0);
  const [asked, setAsked] = useState<Asked<Data>>({ kind: "waiting", patience: "fresh" });
  const text = JSON.stringify(question);

  useEffect(() => {
    const ending = new AbortController();
    const wait = (patience: Patience) => setAsked({ kind: "waiting", patience });
    wait("fresh");
    const timers = [
      setTimeout(() => wait("waiting"), WAITING_MS),
      setTimeout(() => wait("lost"), LOST_MS),
    ];
    const still = () => timers.forEach(clearTimeout);
    void ask(credentials, JSON.parse(text) as Question, ending.signal).then((answer) => {
      if (ending.signal.aborted) return;
      still();
      const { data, errors = [], extensions } = answer;
      if (data != null) {
        setAsked({
          kind: "answered",
          data: data as Data,
          errors,
          rules: extensions?.withheld ?? [],
        });
      } else {
        setAsked({ kind: "failed", error: errors[0] ?? { message: "The graph said nothing." } });
      }
    });
    return () => {
      still();
      ending.abort();
    };
  }, [credentials, text, turn]);

  return { asked, again: () => setTurn(turn + 1) };
}
