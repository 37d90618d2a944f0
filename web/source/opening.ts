import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { Kind, type OperationDefinitionNode, parse } from "graphql";

import type { Operation } from "./linked.ts";

/**
 * Opens an operation in a tab of its own, whatever stands in the others; where one holds it already,
 * untouched, that one is shown. Null until there are editors.
 */
export function useOpening(): ((operation: Operation) => void) | null {
  const { addTab, changeTab, setOperationFacts, updateActiveTabValues } = useGraphiQLActions();
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
    }
    // GraphiQL reads the query a moment later: run before, it would go by the name of another tab.
    const facts = factsOf(query);
    setOperationFacts(facts);
    updateActiveTabValues({ query, variables, operationName: facts.operationName ?? null });
    queryEditor.focus();
  };
}

type Facts = Parameters<ReturnType<typeof useGraphiQLActions>["setOperationFacts"]>[0];

function factsOf(query: string): Facts {
  try {
    const documentAST = parse(query);
    const operations = documentAST.definitions.filter(
      (each): each is OperationDefinitionNode => each.kind === Kind.OPERATION_DEFINITION,
    );
    const operationName = operations[0]?.name?.value;
    return { documentAST, operations, ...(operationName === undefined ? {} : { operationName }) };
  } catch {
    return {}; // What cannot be parsed is shown all the same, and the editor says where.
  }
}

function same(held: string | null | undefined, wanted: string): boolean {
  return (held ?? "").trim() === wanted.trim();
}
