// The settings, read once from the environment.
import { readFileSync } from "node:fs";

import type { JWK } from "jose";
import type { Quotas } from "./budget.ts";
import { MOST_COST } from "./cost.ts";

export interface Issuer {
  issuer: string;
  audience: string;
  algorithms: string[];
  // The claim that holds the nine digits of the subject's organisation.
  organisation: string;
  // Where its keys are: inline, behind a URL, or in a file (JWKS, JWK or PEM); where none is said,
  // the issuer's metadata tells.
  keys?: { keys: Record<string, unknown>[] };
  url?: string;
  file?: string;
}

const BITS = ["256", "384", "512"];
const ALGORITHMS = [
  ...["RS", "PS", "ES"].flatMap((family) => BITS.map((bits) => family + bits)),
  "EdDSA",
  "Ed25519",
];
const PLACES = ["keys", "url", "file"];
const KNOWN = ["issuer", "audience", "algorithms", "organisation", ...PLACES];
const OWN = ["patients", "biomarkers", "responses", "resistance"];

export interface Settings {
  host: string;
  port: number;
  supergraph: string;
  issuers: Issuer[];
  // The URLs of a subgraph: one for each of its replicas.
  urls(subgraph: string): URL[];
  // What a member may ask for in a minute.
  quotas: Quotas;
  // How long a request may take to arrive.
  requestSeconds: number;
  connections: number;
  get: boolean;
  hstsSeconds: number;
  isPartner(subgraph: string): boolean;
  // By what name the gateway signs for partners, and with which keys; undefined where none is given.
  signing: { name: string; keys: JWK[] } | undefined;
}

// Says in one sentence which variable is wrong and how to mend it.
export class SettingsError extends Error {}

type Environment = Record<string, string | undefined>;

export function load(environment: Environment): Settings {
  const given = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const count = (name: string, usual: number, least: number, most: number): number => {
    const text = given(name) ?? String(usual);
    const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (number >= least && number <= most) return number;
    throw new SettingsError(`${name} must be a whole number from ${least} to ${most}`);
  };
  const own =
    given("GATEWAY_OWN")
      ?.split(",")
      .map((name) => name.trim()) ?? OWN;
  return {
    host: given("GATEWAY_HOST") ?? "127.0.0.1",
    port: port(given("GATEWAY_PORT") ?? "4000"),
    supergraph: read("GATEWAY_SUPERGRAPH", required("GATEWAY_SUPERGRAPH", given)),
    issuers: issuers(given),
    quotas: {
      requests: count("GATEWAY_REQUESTS_PER_MINUTE", 600, 1, 1_000_000),
      // An operation that is allowed at all must fit in it.
      cost: count("GATEWAY_COST_PER_MINUTE", 10 * MOST_COST, MOST_COST, 1_000_000 * MOST_COST),
    },
    requestSeconds: count("GATEWAY_REQUEST_SECONDS", 20, 1, 600),
    connections: count("GATEWAY_CONNECTIONS", 500, 1, 100_000),
    get: count("GATEWAY_GET", 1, 0, 1) === 1,
    hstsSeconds: count("GATEWAY_HSTS_SECONDS", 0, 0, 2 ** 31 - 1),
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
  const keys = signingKeys(inline ?? read("GATEWAY_KEY_FILE", file!));
  return { name: required("GATEWAY_NAME", given), keys };
}

// Reads one key, or the two of a change: the first signs.
export function signingKeys(text: string): JWK[] {
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
    throw new SettingsError("GATEWAY_ISSUERS is not JSON: write a list of objects there");
  }
  if (!Array.isArray(found)) {
    throw new SettingsError("GATEWAY_ISSUERS must be a list of objects, one for each issuer");
  }
  for (const [place, one] of found.entries()) {
    const wrong = faultOf(one);
    if (wrong !== null) throw new SettingsError(`GATEWAY_ISSUERS[${place}]${wrong}`);
  }
  const names = found.map(({ issuer }) => issuer as string);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) {
    throw new SettingsError(`GATEWAY_ISSUERS names the issuer ${twice} twice: name each once`);
  }
  return found;
}

// Tells what is wrong with an issuer's description, from its place on: as connect_graph/trust.py.
function faultOf(one: unknown): string | null {
  if (typeof one !== "object" || one === null || Array.isArray(one)) {
    return " must be an object with issuer, audience, algorithms and organisation";
  }
  const given = one as Record<string, unknown>;
  for (const name of Object.keys(given)) {
    if (!KNOWN.includes(name)) {
      return `.${name} means nothing here: an issuer has ${KNOWN.join(", ")}`;
    }
  }
  for (const name of ["issuer", "audience", "organisation"]) {
    if (!isText(given[name])) return `.${name} must be a text that is not empty`;
  }
  const { algorithms } = given;
  if (!Array.isArray(algorithms) || algorithms.length === 0) {
    return ".algorithms must be a list that names at least one";
  }
  if (!algorithms.every((name) => ALGORITHMS.includes(name))) {
    return `.algorithms must be asymmetric ones: ${ALGORITHMS.join(", ")}`;
  }
  const places = PLACES.filter((name) => name in given);
  if (places.length > 1) {
    return ` has ${places.join(" and ")}: give one of them, or none to ask the issuer`;
  }
  if (places[0] === "file" && !isText(given.file)) {
    return ".file must be the path of a JWKS, a JWK or a public key in PEM";
  }
  if (places[0] === "url" && !isSafe(given.url)) {
    return ".url must have https, or http on this machine, and no password";
  }
  const asked = places.length === 0;
  if (asked && !(isSafe(given.issuer) && !String(given.issuer).includes("?"))) {
    return ".issuer must have https to be asked for its keys: or give keys, url or file";
  }
  return null;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

// Whether keys may come from a URL: https, or http on this machine.
export function isSafe(url: unknown): url is string {
  const parts = typeof url === "string" && /^[!-~]+$/.test(url) ? URL.parse(url) : null;
  if (parts === null || parts.username !== "" || parts.password !== "" || parts.hash !== "") {
    return false;
  }
  const own = ["localhost", "127.0.0.1", "[::1]"].includes(parts.hostname);
  return parts.protocol === "https:" || (parts.protocol === "http:" && own);
}
