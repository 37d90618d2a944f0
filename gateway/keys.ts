// Keys of an issuer: public ones, found for a token by its algorithm and its key id. The rules are
// those of connect_graph/keys.py and connect_graph/provider.py.
import { readFileSync } from "node:fs";

import {
  createLocalJWKSet,
  type CryptoKey,
  errors,
  importJWK,
  importSPKI,
  type JWK,
  type JWTVerifyGetKey,
} from "jose";

import { Kept, Unfetched } from "./kept.ts";
import { isSafe, type Issuer, SettingsError } from "./settings.ts";

const TIMEOUT_MS = 5_000;
const MOST_BYTES = 262_144;
const WELL_KNOWN = "/.well-known/openid-configuration";

// Makes what finds an issuer's keys, where its description says that they are.
export async function keysOf(issuer: Issuer): Promise<JWTVerifyGetKey> {
  try {
    if (issuer.keys !== undefined) {
      const inline = await published(issuer.keys);
      return found(new Kept(() => Promise.resolve(inline)));
    }
    if (issuer.file !== undefined) {
      await ofFile(issuer);
      return found(new Kept(() => ofFile(issuer)));
    }
  } catch (error) {
    throw new SettingsError(
      `The keys of the issuer ${issuer.issuer} cannot be used: ${(error as Error).message}`,
    );
  }
  return found(new Kept(() => fetched(issuer)));
}

// Where none fits they are asked for again, at a limit.
function found(kept: Kept<JWTVerifyGetKey>): JWTVerifyGetKey {
  return async (header, token) => {
    const find = await kept.value();
    try {
      return await find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return (await kept.again())(header, token);
    }
  };
}

async function ofFile(issuer: Issuer): Promise<JWTVerifyGetKey> {
  const text = readFileSync(issuer.file!, "utf8");
  if (text.trimStart().startsWith("{")) {
    const told = JSON.parse(text);
    return published("keys" in told ? told : { keys: [told] });
  }
  const pem = new Map<string, CryptoKey>();
  for (const name of issuer.algorithms) pem.set(name, await importSPKI(text, name));
  return ({ alg }) => Promise.resolve(pem.get(String(alg))!);
}

// Keys of our own settings: each must be right.
async function published(told: { keys?: unknown }): Promise<JWTVerifyGetKey> {
  if (!Array.isArray(told.keys) || told.keys.length === 0) {
    throw new Error("they must be a JWKS: an object with a list of keys");
  }
  if (!told.keys.every(isPublic)) throw new Error("they must be public ones, each with its kty");
  const keys = told.keys as JWK[];
  for (const key of keys) await importJWK(key, key.alg ?? guessed(key));
  return createLocalJWKSet({ keys });
}

function guessed({ kty, crv }: JWK): string {
  if (kty === "RSA") return "RS256";
  return { "P-256": "ES256", "P-384": "ES384", "P-521": "ES512" }[crv ?? ""] ?? "EdDSA";
}

// Keys that a provider publishes: those that are of no use here are passed over.
async function fetched(issuer: Issuer): Promise<JWTVerifyGetKey> {
  const told = (await documentAt(issuer.url ?? (await jwksOf(issuer.issuer)))) as {
    keys?: unknown;
  };
  const keys = Array.isArray(told?.keys) ? told.keys.filter(isPublic) : [];
  if (keys.length === 0) throw new Unfetched("its provider publishes no key that verifies");
  return createLocalJWKSet({ keys });
}

// The metadata must be the issuer's own, to the letter.
async function jwksOf(issuer: string): Promise<string> {
  const place = `${issuer.replace(/\/+$/, "")}${WELL_KNOWN}`;
  const told = (await documentAt(place)) as { issuer?: unknown; jwks_uri?: unknown } | null;
  if (told?.issuer !== issuer) throw new Unfetched("its metadata names another issuer");
  if (!isSafe(told.jwks_uri)) throw new Unfetched("its metadata has no jwks_uri with https");
  return told.jwks_uri;
}

async function documentAt(place: string): Promise<unknown> {
  const response = await fetch(place, {
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status !== 200) throw new Unfetched(`its provider answered ${response.status}`);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > MOST_BYTES) {
      throw new Unfetched(`its provider answered more than ${MOST_BYTES} bytes`);
    }
    pieces.push(piece);
  }
  return JSON.parse(Buffer.concat(pieces).toString("utf8"));
}

function isPublic(key: unknown): key is JWK {
  if (typeof key !== "object" || key === null) return false;
  return "kty" in key && typeof key.kty === "string" && !("d" in key || "k" in key);
}
