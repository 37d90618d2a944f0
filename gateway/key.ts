// `node key.ts` prints a new key for GATEWAY_KEY_FILE; `node key.ts FILE` prints what partners verify
// by of the keys in a file, as the gateway tells it.
import { exportJWK, generateKeyPair } from "jose";

import { signingKeys, SettingsError } from "./settings.ts";
import { shown } from "./signer.ts";
import { readFileSync } from "node:fs";

const [file] = process.argv.slice(2);
try {
  if (file === undefined) {
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    const key = await exportJWK(privateKey);
    const { kid } = await shown(key);
    process.stdout.write(`${JSON.stringify({ ...key, kid })}\n`);
  } else {
    const keys = await Promise.all(signingKeys(readFileSync(file, "utf8")).map(shown));
    process.stdout.write(`${JSON.stringify({ keys })}\n`);
  }
} catch (error) {
  const reason = (error as NodeJS.ErrnoException).code;
  if (!(error instanceof SettingsError) && reason === undefined) throw error;
  const message = reason === undefined ? (error as Error).message : `${file}: ${reason}`;
  process.stderr.write(`key: ${message}\n`);
  process.exit(1);
}
