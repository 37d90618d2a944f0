// Tokens: verified here before anything is read of a request, and again in every subgraph. The rules
// are those of connect_graph/auth.py.
import { decodeJwt, decodeProtectedHeader, jwtVerify, type JWTVerifyGetKey } from "jose";

import { Unfetched } from "./kept.ts";
import { keysOf } from "./keys.ts";
import { Refusal } from "./refusal.ts";
import { type Issuer } from "./settings.ts";

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

// Makes what verifies an Authorization header and says who asks; it refuses with UNAUTHENTICATED, and never says what
// was wrong with the token.
export async function verifier(issuers: Issuer[]): Promise<Verify> {
  const known = new Map<string, [Issuer, JWTVerifyGetKey]>();
  for (const issuer of issuers) known.set(issuer.issuer, [issuer, await keysOf(issuer)]);
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
      if (error instanceof Unfetched) {
        const message = "The keys of the token's issuer cannot be had: try again later.";
        throw new Refusal("UNAVAILABLE", message);
      }
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
  const type = header.typ?.toLowerCase().replace(/^application\//, "");
  if (!plain || type !== TYPE) throw new Error("header");
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
