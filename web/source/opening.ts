import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";

import type { Operation } from "./linked.ts";

/**
 * Opens an operation in a tab of its own, whatever stands in the others; where one holds it already,
 * untouched, that one is shown. Null until there are editors.
 */
export function useOpening(): ((operation: Operation) => void) | null {
  const { addTab, changeTab, updateActiveTabValues } = useGraphiQLActions();
  const queryEditor = useGraphiQL(({ queryEditor }) => queryEditor);
  const variableEditor = useGraphiQL(({ variableEditor }) => variableEditor);
  const tabs = useGraphiQL(({ tabs }) => tabs);
  const active = useGraphiQL(({ activeTabIndex }) => activeTabIndex);
  if (queryEditor === undefined || variableEditor === undefined) return null;

  return ({ query, variables }) => {
    // What was typed a moment ago stands in the editors alone.
    const now = { query: queryEditor.getValue(), variables: variableEditor.getValue() };
    updateActiveTabValues(now);
    const place = tabs.findIndex((tab, index) => {
      const held = index === active ? now : tab;
      return same(held.query, query) && same(held.variables, variables);
    });
    if (place >= 0) {
      if (place !== active) changeTab(place);
    } else {
      addTab();
      queryEditor.setValue(query);
      variableEditor.setValue(variables);
      updateActiveTabValues({ query, variables });
    }
    queryEditor.focus();
  };
}

function same(held: string | null | undefined, wanted: string): boolean {
  return (held ?? "").trim() === wanted.trim();
}
