// Compression: answers go gzipped to who takes it, as connect_graph/compression.py has it.
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const LEAST_BYTES = 1_000;
// A tenth of an answer is left from level 1 on; 9 takes twice as long for one part in 100.
const OPTIONS = { level: 5 };
const compress = promisify(gzip);

// Gives the answer as it is to be sent: another one where it is worth compressing.
export async function compressed(
  accepted: string,
  answer: Response,
  Made: typeof Response,
): Promise<Response> {
  answer.headers.append("vary", "Accept-Encoding");
  if (!takesGzip(accepted)) return answer;
  const body = Buffer.from(await answer.arrayBuffer());
  const { status, statusText, headers } = answer;
  if (body.length < LEAST_BYTES) return new Made(body, { status, statusText, headers });
  headers.set("content-encoding", "gzip");
  headers.delete("content-length");
  return new Made(await compress(body, OPTIONS), { status, statusText, headers });
}

// By its name or by `*`, and not with q=0.
export function takesGzip(accepted: string): boolean {
  const weights = new Map<string, boolean>();
  for (const part of accepted.toLowerCase().split(",")) {
    const [name, weight = ""] = part.split(";", 2);
    weights.set(name!.trim(), !/^\s*q=0(\.0*)?\s*$/.test(weight));
  }
  return weights.get("gzip") ?? weights.get("*") ?? false;
}
