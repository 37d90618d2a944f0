// The supergraph as a file: which subgraphs it was composed of.
import { Kind, parse, type DocumentNode } from "graphql";

import { SettingsError } from "./settings.ts";

const GRAPHS = "join__Graph";
const GRAPH = "join__graph";

// Names the subgraphs. Raises: SettingsError where it is no supergraph.
export function namesOf(supergraph: string): string[] {
  const graphs = parsed(supergraph).definitions.find(
    (node) => node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === GRAPHS,
  );
  if (graphs?.kind !== Kind.ENUM_TYPE_DEFINITION) {
    throw new SettingsError("GATEWAY_SUPERGRAPH names a file that is no supergraph: compose one");
  }
  return (graphs.values ?? []).flatMap((value) =>
    (value.directives ?? [])
      .filter((directive) => directive.name.value === GRAPH)
      .flatMap((directive) => directive.arguments ?? [])
      .filter((argument) => argument.name.value === "name")
      .flatMap(({ value }) => (value.kind === Kind.STRING ? [value.value] : [])),
  );
}

function parsed(supergraph: string): DocumentNode {
  try {
    return parse(supergraph, { noLocation: true });
  } catch (error) {
    const reason = (error as Error).message;
    throw new SettingsError(`GATEWAY_SUPERGRAPH names a file that is not GraphQL: ${reason}`);
  }
}
