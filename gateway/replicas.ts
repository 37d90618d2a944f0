// The replicas of a subgraph: asked in turn, and one that fails is left alone for a while. A query is
// asked again of the next; a mutation only where nothing of it can have arrived.
import * as http from "node:http";
import * as https from "node:https";

import { log } from "./log.ts";

const ASIDE_MS = 5_000;
const CONNECT_MS = 2_000;
const OURS: Bounds = { answerMs: 60_000, answerBytes: 256_000_000 };
const STALE = new Set(["ECONNRESET", "EPIPE"]);

export interface Reply {
  status: number;
  body: string;
  // The seconds after which it may be asked again, where it says so.
  retryAfter?: number | undefined;
}

interface Replica {
  url: URL;
  asideUntil: number;
}

interface Sent {
  method: "GET" | "POST";
  headers: Record<string, string>;
  body?: string;
  signal?: AbortSignal | undefined;
  waitMs: number;
  mostBytes: number;
  // Where it is false it is set once there is a connection, and something may have arrived.
  connected?: boolean;
}

// How long an answer may take, and how large it may be.
export interface Bounds {
  answerMs: number;
  answerBytes: number;
}

// Says that an answer is larger than it may be: no other replica would give a smaller one.
export class TooLarge extends Error {}

// Says that no replica gave an answer that could be used; `unsure` where one may have done what it
// was asked all the same.
export class Unreachable extends Error {
  readonly unsure: boolean;

  constructor(name: string, unsure = false) {
    super(name);
    this.unsure = unsure;
  }
}

export class Replicas {
  readonly name: string;
  readonly #replicas: Replica[];
  readonly #bounds: Bounds;
  readonly #plain = new http.Agent({ keepAlive: true });
  readonly #secure = new https.Agent({ keepAlive: true });
  #turn = 0;

  constructor(name: string, urls: URL[], bounds = OURS) {
    this.name = name;
    this.#bounds = bounds;
    this.#replicas = urls.map((url) => ({ url, asideUntil: 0 }));
  }

  // Asks one replica after another until one gives what can be read. Raises: Unreachable, and what
  // `signal` says where nobody waits any more.
  async ask<T>(
    body: string,
    headers: Record<string, string>,
    signal: AbortSignal | undefined,
    read: (reply: Reply) => T,
  ): Promise<T> {
    for (const replica of this.#inTurn()) {
      try {
        const answer = read(
          await this.#send(replica.url, {
            method: "POST",
            headers,
            body,
            signal,
            waitMs: this.#bounds.answerMs,
            mostBytes: this.#bounds.answerBytes,
          }),
        );
        replica.asideUntil = 0;
        return answer;
      } catch (error) {
        if (signal?.aborted || error instanceof TooLarge) throw error;
        this.#setAside(replica, error as NodeJS.ErrnoException);
      }
    }
    throw new Unreachable(this.name);
  }

  // Asks for what may be done once alone: another replica only where no connection was made. Nobody
  // who leaves ends it half-way. Raises: Unreachable, TooLarge.
  async askOnce<T>(
    body: string,
    headers: Record<string, string>,
    read: (reply: Reply) => T,
  ): Promise<T> {
    const { answerMs: waitMs, answerBytes: mostBytes } = this.#bounds;
    for (const replica of this.#inTurn()) {
      const sent: Sent = { method: "POST", headers, body, waitMs, mostBytes, connected: false };
      try {
        // A connection of its own: one that was kept may be closed from there as it is used.
        const answer = read(await exchange(replica.url, sent, false));
        replica.asideUntil = 0;
        return answer;
      } catch (error) {
        if (error instanceof TooLarge) throw error;
        this.#setAside(replica, error as NodeJS.ErrnoException);
        if (sent.connected) throw new Unreachable(this.name, true);
      }
    }
    throw new Unreachable(this.name);
  }

  // Tells whether any replica says that it is ready.
  async ready(): Promise<boolean> {
    const answers = this.#replicas.map(async ({ url }) => {
      const signal = AbortSignal.timeout(CONNECT_MS);
      const asked = new URL("/ready", url);
      const { status } = await this.#send(asked, {
        method: "GET",
        headers: {},
        signal,
        waitMs: CONNECT_MS,
        mostBytes: this.#bounds.answerBytes,
      });
      if (status !== 200) throw new Unreachable(this.name);
      return true;
    });
    return Promise.any(answers).catch(() => false);
  }

  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }

  // Those that were set aside come last: when nothing else answers they may.
  #inTurn(): Replica[] {
    const first = this.#turn++ % this.#replicas.length;
    const turned = [...this.#replicas.slice(first), ...this.#replicas.slice(0, first)];
    const now = performance.now();
    return [
      ...turned.filter((replica) => replica.asideUntil <= now),
      ...turned.filter((replica) => replica.asideUntil > now),
    ];
  }

  #setAside(replica: Replica, error: NodeJS.ErrnoException): void {
    replica.asideUntil = performance.now() + ASIDE_MS;
    const number = this.#replicas.indexOf(replica) + 1;
    const reason = error.code ?? error.name;
    log("warning", "replica set aside", { subgraph: this.name, replica: number, reason });
  }

  async #send(url: URL, sent: Sent): Promise<Reply> {
    const agent = url.protocol === "https:" ? this.#secure : this.#plain;
    try {
      return await exchange(url, sent, agent);
    } catch (error) {
      // A connection that was kept may have been closed from there just as it was used again.
      if (!(error instanceof Stale)) throw error;
      return exchange(url, sent, false);
    }
  }
}

class Stale extends Error {}

function exchange(url: URL, sent: Sent, agent: http.Agent | false): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { method, headers, body, signal } = sent;
    const request = (url.protocol === "https:" ? https : http).request(url, {
      method,
      agent,
      signal,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }),
      },
    });
    if (sent.connected === false) {
      request.on("socket", (socket) => socket.once("connect", () => (sent.connected = true)));
    }
    let answering = false;
    const waited = setTimeout(() => request.destroy(timedOut()), sent.waitMs);
    const connecting = setTimeout(() => {
      if (request.socket?.connecting !== false) request.destroy(timedOut());
    }, CONNECT_MS);
    const done = (): void => {
      clearTimeout(waited);
      clearTimeout(connecting);
    };
    request.on("error", (error: NodeJS.ErrnoException) => {
      done();
      const stale = request.reusedSocket && !answering && STALE.has(error.code ?? "");
      reject(stale ? new Stale() : error);
    });
    request.on("response", (response) => {
      answering = true;
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > sent.mostBytes) request.destroy(new TooLarge());
        else chunks.push(chunk);
      });
      response.on("error", (error) => {
        done();
        reject(error);
      });
      response.on("end", () => {
        done();
        const { statusCode = 0, headers } = response;
        const after = /^\d{1,4}$/.exec(headers["retry-after"] ?? "")?.[0];
        const retryAfter = after === undefined ? undefined : Number(after);
        resolve({ status: statusCode, body: Buffer.concat(chunks).toString(), retryAfter });
      });
    });
    request.end(body);
  });
}

function timedOut(): Error {
  return Object.assign(new Error("timed out"), { code: "ETIMEDOUT" });
}
