// Composition by two composers that know nothing of each other: what one lets pass the other may not.
import { composeServices as composeByApollo } from "@apollo/composition";
import { composeServices as composeByGuild } from "@theguild/federation-composition";
import { GraphQLError, parse, type DocumentNode } from "graphql";

export interface Part {
  name: string;
  sdl: string;
}

// Says why subgraphs make no supergraph, an error on each line.
export class CompositionError extends Error {}

type Composer = (parts: { name: string; url: string; typeDefs: DocumentNode }[]) => {
  errors?: readonly GraphQLError[] | undefined;
  supergraphSdl?: string | undefined;
};

export const COMPOSERS: Record<string, Composer> = {
  guild: composeByGuild,
  apollo: composeByApollo,
};

// Composes a supergraph. The URLs in it are placeholders: the gateway has its own.
export function compose(composer: string, parts: Part[]): string {
  const services = parts.map(({ name, sdl }) => ({
    name,
    url: `http://${name}/graphql`,
    typeDefs: parsed(name, sdl),
  }));
  const { errors = [], supergraphSdl } = COMPOSERS[composer]!(services);
  if (errors.length > 0 || supergraphSdl === undefined) {
    throw new CompositionError(errors.map(told).join("\n"));
  }
  return `${supergraphSdl.trim()}\n`;
}

function parsed(name: string, sdl: string): DocumentNode {
  try {
    return parse(sdl, { noLocation: true });
  } catch (error) {
    throw new CompositionError(`[${name}] is no SDL: ${(error as GraphQLError).message}`);
  }
}

function told({ message, extensions }: GraphQLError): string {
  const code = extensions?.["code"];
  return typeof code === "string" ? `${code}: ${message}` : message;
}
