/** Who looks at the pages: everything below the shell may know. */
import { createContext, useContext } from "react";

import type { Known } from "../identity.ts";

export interface Who {
  known: Known;
  /** The demonstration's, by their roles. */
  tokens: Record<string, string>;
}

export const WhoContext = createContext<Who | null>(null);

export function useWho(): Who {
  const who = useContext(WhoContext);
  if (who === null) throw new Error("nobody is known here");
  return who;
}
