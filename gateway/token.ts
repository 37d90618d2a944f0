// Tokens: verified here before anything is read of a request, and again in every subgraph. The rules
// are those of connect_graph/auth.py.
import { readFileSync } from "node:fs";

import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  importSPKI,
  jwtVerify,
  type CryptoKey,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from "jose";

import { log } from "./log.ts";
import { Refusal } from "./refusal.ts";
import { type Issuer, SettingsError } from "./settings.ts";

const BEARER = /^Bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i;
const LONGEST = 8_192;
const LONGEST_HEADER = 683; // 512 bytes, encoded
const LEEWAY_SECONDS = 30;
const TYPE = "at+jwt";
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;
const ORGANISATION = /^[0-9]{9}$/;

// Who asks, as a verified token says.
export interface Caller {
  issuer: string;
  organisation: string;
  subject: string;
}
export type Verify = (authorization: string | undefined) => Promise<Caller>;

// Makes what verifies an Authorization header; it refuses with UNAUTHENTICATED, and never says what
// was wrong with the token.
export async function verifier(issuers: Issuer[]): Promise<Verify> {
  const known = new Map<string, [Issuer, JWTVerifyGetKey]>();
  for (const issuer of issuers) known.set(issuer.issuer, [issuer, await keys(issuer)]);
  return async (authorization) => {
    if (authorization === undefined) {
      const message = "Give a token in the header Authorization: Bearer …";
      throw new Refusal("UNAUTHENTICATED", message);
    }
    const token = authorization.length > LONGEST ? undefined : BEARER.exec(authorization)?.[1];
    try {
      if (token === undefined) throw new Error("form");
      return await verify(token, known);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      const message = "The token is not valid: get a new one and try again.";
      throw new Refusal("UNAUTHENTICATED", message, { originalError: error as Error });
    }
  };
}

async function verify(
  token: string,
  known: Map<string, [Issuer, JWTVerifyGetKey]>,
): Promise<Caller> {
  // Which issuer's keys to try stands in the token before it can be believed; nothing else of it is
  // used before the signature holds.
  const header = decodeProtectedHeader(token);
  const plain = !("crit" in header || "zip" in header) && token.indexOf(".") <= LONGEST_HEADER;
  if (!plain || header.typ?.toLowerCase() !== TYPE) throw new Error("header");
  const [issuer, key] = known.get(String(decodeJwt(token).iss)) ?? [];
  if (issuer === undefined || key === undefined) throw new Error("issuer");
  const { payload } = await jwtVerify(token, key, {
    algorithms: issuer.algorithms,
    issuer: issuer.issuer,
    audience: issuer.audience,
    clockTolerance: LEEWAY_SECONDS,
    requiredClaims: ["sub", "exp"],
  });
  if (payload.aud !== issuer.audience) throw new Error("audience"); // a list would be good elsewhere too
  if (typeof payload.sub !== "string" || !PRINTABLE.test(payload.sub)) throw new Error("subject");
  const organisation = payload[issuer.organisation];
  if (typeof organisation !== "string" || !ORGANISATION.test(organisation)) {
    throw new Error("organisation");
  }
  const issued = payload.iat ?? 0;
  if (typeof issued !== "number" || issued > Date.now() / 1_000 + LEEWAY_SECONDS) {
    throw new Error("issued");
  }
  return { issuer: issuer.issuer, organisation, subject: payload.sub };
}

async function keys(issuer: Issuer): Promise<JWTVerifyGetKey> {
  try {
    if (issuer.url !== undefined) return remote(new URL(issuer.url));
    if (issuer.keys !== undefined) return local(issuer.keys);
    const text = readFileSync(issuer.file!, "utf8");
    if (text.trimStart().startsWith("{")) {
      const found = JSON.parse(text);
      return local("keys" in found ? found : { keys: [found] });
    }
    const pem = new Map<string, CryptoKey>();
    for (const name of issuer.algorithms) pem.set(name, await importSPKI(text, name));
    return ({ alg }) => Promise.resolve(pem.get(String(alg))!);
  } catch (error) {
    throw new SettingsError(
      `The keys of the issuer ${issuer.issuer} cannot be used: ${(error as Error).message}`,
    );
  }
}

// Fetched when first needed, kept, and fetched again for a key that is not among them.
function remote(url: URL): JWTVerifyGetKey {
  const find = createRemoteJWKSet(url);
  return async (header, token) => {
    try {
      return await find(header, token);
    } catch (error) {
      const none = error instanceof errors.JWKSNoMatchingKey;
      if (none || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      log("error", "keys of an issuer cannot be had", { reason: (error as Error).name });
      const message = "The keys of the token's issuer cannot be had: try again later.";
      throw new Refusal("UNAVAILABLE", message);
    }
  };
}

function local(found: { keys: Record<string, unknown>[] }): JWTVerifyGetKey {
  if (!found.keys.every(({ kty, d, k }) => typeof kty === "string" && !d && !k)) {
    throw new Error("they must be public ones, each with its kty");
  }
  return createLocalJWKSet(found as JSONWebKeySet);
}
