// The gateway's own tokens, for partners: a caller's token opens our API, so none leaves us. A
// partner is told by a token of a minute who asks, under a name that it alone knows, and for which
// organisation; the token is good at that partner and nowhere else. The keys that verify it are at
// the path KEYS, for everybody.
import { createHmac, hkdfSync, randomUUID } from "node:crypto";

import { calculateJwkThumbprint, importJWK, SignJWT, type CryptoKey, type JWK } from "jose";

import { SettingsError } from "./settings.ts";
import type { Caller } from "./token.ts";

export const KEYS = "/.well-known/jwks.json";
export const TYPE = "partner+jwt"; // ours is at+jwt: neither is taken for the other
export const SECONDS = 60;
const ALGORITHM = "ES256";

export class Signer {
  readonly keys: { keys: JWK[] };
  readonly #name: string;
  readonly #key: CryptoKey;
  readonly #kid: string;
  readonly #secret: Buffer;

  private constructor(name: string, key: CryptoKey, keys: JWK[], secret: Buffer) {
    this.#name = name;
    this.#key = key;
    this.#kid = keys[0]!.kid!;
    this.#secret = secret;
    this.keys = { keys };
  }

  // Signs with the first of the keys; all of them are told, so that they can be changed.
  static async of(name: string, keys: JWK[]): Promise<Signer> {
    try {
      const key = (await importJWK(keys[0]!, ALGORITHM)) as CryptoKey;
      for (const each of keys.slice(1)) await importJWK(each, ALGORITHM);
      const seed = Buffer.from(keys[0]!.d!, "base64url");
      const secret = hkdfSync("sha256", seed, "", "connect-graph subjects at partners", 32);
      return new Signer(name, key, await Promise.all(keys.map(shown)), Buffer.from(secret));
    } catch {
      throw new SettingsError("GATEWAY_KEY has a key that is not a private one of P-256");
    }
  }

  // Makes the token with which a partner is asked for a caller.
  async token(partner: string, caller: Caller): Promise<string> {
    return new SignJWT({ org: caller.organisation, act: { sub: this.#name } })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: this.#kid })
      .setIssuer(this.#name)
      .setAudience(partner)
      .setSubject(this.#subject(partner, caller))
      .setIssuedAt()
      .setExpirationTime(`${SECONDS}s`)
      .setJti(randomUUID())
      .sign(this.#key);
  }

  // The same for a caller at one partner as long as the key is; another at the next partner.
  #subject(partner: string, { issuer, organisation, subject }: Caller): string {
    const said = JSON.stringify([partner, issuer, organisation, subject]);
    return createHmac("sha256", this.#secret).update(said).digest("base64url");
  }
}

// Gives the public part of a key.
export async function shown({ kty, crv, x, y, kid }: JWK): Promise<JWK> {
  const key = { kty, crv, x, y } as JWK;
  const named = kid ?? (await calculateJwkThumbprint(key));
  return { ...key, kid: named, use: "sig", alg: ALGORITHM };
}
