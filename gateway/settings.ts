// The settings, read once from the environment.
import { readFileSync } from "node:fs";

import type { JWK } from "jose";

export interface Issuer {
  issuer: string;
  audience: string;
  algorithms: string[];
  // The claim that holds the nine digits of the subject's organisation.
  organisation: string;
  // Where its keys are: inline, behind a URL, or in a file (JWKS, JWK or PEM).
  keys?: { keys: Record<string, unknown>[] };
  url?: string;
  file?: string;
}

const OWN = ["patients", "biomarkers", "responses", "resistance"];

export interface Settings {
  host: string;
  port: number;
  supergraph: string;
  issuers: Issuer[];
  // The URLs of a subgraph: one for each of its replicas.
  urls(subgraph: string): URL[];
  isPartner(subgraph: string): boolean;
  // By what name the gateway signs for partners, and with which keys; undefined where none is given.
  signing: { name: string; keys: JWK[] } | undefined;
}

// Says in one sentence which variable is wrong and how to mend it.
export class SettingsError extends Error {}

type Environment = Record<string, string | undefined>;

export function load(environment: Environment): Settings {
  const given = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const own =
    given("GATEWAY_OWN")
      ?.split(",")
      .map((name) => name.trim()) ?? OWN;
  return {
    host: given("GATEWAY_HOST") ?? "127.0.0.1",
    port: port(given("GATEWAY_PORT") ?? "4000"),
    supergraph: read("GATEWAY_SUPERGRAPH", required("GATEWAY_SUPERGRAPH", given)),
    issuers: issuers(given),
    urls(subgraph) {
      const name = `GATEWAY_SUBGRAPH_${subgraph.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`;
      return required(name, given)
        .split(",")
        .map((text) => address(name, text.trim()));
    },
    isPartner: (subgraph) => !own.includes(subgraph),
    signing: signing(given),
  };
}

function required(name: string, given: (name: string) => string | undefined): string {
  const text = given(name);
  if (text === undefined) throw new SettingsError(`${name} is not set`);
  return text;
}

function read(name: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new SettingsError(`${name} names a file that cannot be read (${reason})`);
  }
}

function port(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (number < 0 || number > 65_535) {
    throw new SettingsError("GATEWAY_PORT must be a port: 1 to 65535, or 0 for a free one");
  }
  return number;
}

function address(name: string, text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new SettingsError(
      `${name} must hold URLs with http or https and without a password, separated by commas`,
    );
  }
  return url;
}

function signing(given: (name: string) => string | undefined): Settings["signing"] {
  const [inline, file] = [given("GATEWAY_KEY"), given("GATEWAY_KEY_FILE")];
  if (inline === undefined && file === undefined) return undefined;
  if (inline !== undefined && file !== undefined) {
    throw new SettingsError("Set one of GATEWAY_KEY and GATEWAY_KEY_FILE");
  }
  const keys = keysOf(inline ?? read("GATEWAY_KEY_FILE", file!));
  return { name: required("GATEWAY_NAME", given), keys };
}

// Reads one key, or the two of a change: the first signs.
export function keysOf(text: string): JWK[] {
  let found: { keys?: JWK[] } & JWK;
  try {
    found = JSON.parse(text);
  } catch {
    throw new SettingsError("GATEWAY_KEY is not JSON"); // the fault would show a piece of it
  }
  const keys = found?.keys ?? [found];
  const are = Array.isArray(keys) && keys.length >= 1 && keys.length <= 2 && keys.every(isKey);
  if (!are || (keys.length === 2 && keys[0]!.x === keys[1]!.x)) {
    throw new SettingsError(
      "GATEWAY_KEY must be a private key of P-256 as a JWK, or a JWKS of one or two such keys: " +
        "node gateway/key.ts makes one",
    );
  }
  return keys;
}

function isKey(each: JWK | null): boolean {
  return (
    each?.kty === "EC" &&
    each.crv === "P-256" &&
    [each.x, each.y, each.d].every((part) => typeof part === "string") &&
    (each.kid === undefined || typeof each.kid === "string")
  );
}

function issuers(given: (name: string) => string | undefined): Issuer[] {
  const [inline, file] = [given("GATEWAY_ISSUERS"), given("GATEWAY_ISSUERS_FILE")];
  if ((inline === undefined) === (file === undefined)) {
    throw new SettingsError("Set one of GATEWAY_ISSUERS and GATEWAY_ISSUERS_FILE");
  }
  let found: unknown;
  try {
    found = JSON.parse(inline ?? read("GATEWAY_ISSUERS_FILE", file!));
  } catch (error) {
    if (error instanceof SettingsError) throw error;
    throw new SettingsError("The issuers are not JSON");
  }
  if (!Array.isArray(found) || !found.every(isIssuer)) {
    throw new SettingsError(
      "The issuers must be a list of objects with issuer, audience, algorithms, organisation, and " +
        "one of keys, url and file",
    );
  }
  return found;
}

function isIssuer(each: Partial<Issuer> | null): each is Issuer {
  return (
    typeof each === "object" &&
    each !== null &&
    typeof each.issuer === "string" &&
    typeof each.audience === "string" &&
    typeof each.organisation === "string" &&
    Array.isArray(each.algorithms) &&
    each.algorithms.length > 0 &&
    each.algorithms.every((name) => /^(RS|PS|ES)\d{3}$|^EdDSA$/.test(String(name))) &&
    [each.keys, each.url, each.file].filter((one) => one !== undefined).length === 1
  );
}
