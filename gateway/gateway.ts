// The gateway: one graph from its subgraphs, served by Hive Gateway with its Rust planner.
//
// GATEWAY_SUPERGRAPH      the file of the supergraph, as compose.ts writes it
// GATEWAY_SUBGRAPH_NAME   for each subgraph of it, its URLs: several, separated by commas, are replicas
// GATEWAY_ISSUERS         whose tokens are believed: a JSON list of objects with issuer, audience,
//                         algorithms, organisation (the claim with its nine digits), and the issuer's
//                         keys: as keys (a JWKS), as url of a JWKS, or as file (JWKS, JWK or PEM);
//                         without any of them the issuer's metadata is asked for their place
// GATEWAY_ISSUERS_FILE    the path of a file with that list, instead
// GATEWAY_OWN             the subgraphs that are ours, the four where not said; every other is a
//                         partner's, see partner.ts
// GATEWAY_KEY             with what it signs the tokens that partners get: a private key (JWK), or two
//                         (JWKS) of which the first signs; key.ts makes one. Needed with a partner
// GATEWAY_KEY_FILE        the path of a file with that, instead
// GATEWAY_NAME            the issuer in these tokens, such as https://graph.example.org
// GATEWAY_HOST            127.0.0.1
// GATEWAY_PORT            4000; 0 for a free one
//
// GATEWAY_REQUESTS_PER_MINUTE, GATEWAY_COST_PER_MINUTE, GATEWAY_REQUEST_SECONDS, GATEWAY_CONNECTIONS,
// GATEWAY_GET and GATEWAY_HSTS_SECONDS are what CONNECT_… of the same name are for the one process.
//
// It prints `ready: URL` when it answers, and logs a JSON object for each request on stderr. SIGINT
// and SIGTERM end it when what it began is finished.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { createGatewayRuntime } from "@graphql-hive/gateway-runtime";

import { Asked } from "./asked.ts";
import { Budgets } from "./budget.ts";
import { exchange } from "./exchange.ts";
import { type Execution, planner } from "./execution.ts";
import { internal, log } from "./log.ts";
import { BOUNDS, Partner } from "./partner.ts";
import { protection, refuse } from "./protection.ts";
import { Replicas } from "./replicas.ts";
import { load, type Settings, SettingsError } from "./settings.ts";
import { KEYS, Signer } from "./signer.ts";
import { type Fetching, Subgraph } from "./subgraph.ts";
import { namesOf } from "./supergraph.ts";
import { verifier } from "./token.ts";

const GRAPHQL = "/graphql";
const GRACE_MS = 10_000;
const IDLE_MS = 50;
const KEPT_MS = 30_000;
// How often it looks for requests that do not arrive.
const LOOK_MS = 500;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

type Subgraphs = Map<string, Replicas>;

async function runtime(settings: Settings, subgraphs: Subgraphs, signer: Signer | undefined) {
  const verify = await verifier(settings.issuers);
  const budgets = new Budgets(settings.quotas);
  let execution: Execution | undefined;
  const made = createGatewayRuntime({
    supergraph: settings.supergraph,
    unifiedGraphHandler: planner((planned) => (execution = planned)),
    transports: () => ({
      getSubgraphExecutor({ subgraphName: name, subgraph: schema }) {
        const isPartner = settings.isPartner(name);
        const partner = isPartner ? new Partner(name, schema, signer!) : undefined;
        const subgraph = new Subgraph(subgraphs.get(name)!, partner);
        return async (request) => (await subgraph.execute(request as unknown as Fetching)) as never;
      },
    }),
    plugins: () => [
      exchange(verify, budgets, protection(settings.hstsSeconds), (request) =>
        execution!.answer(request),
      ),
    ],
    graphqlEndpoint: GRAPHQL,
    // It looks at how a URL ends, also at that of a query by GET: no URL ends so.
    healthCheckEndpoint: " none",
    readinessCheckEndpoint: " none",
    // One request to a subgraph for each step of the plan: the planner has joined what can be.
    __experimental__batchExecution: false,
    // Every error gets its code in exchange.ts.
    maskedErrors: false,
    subgraphErrors: false,
    requestId: false,
    logging: false,
    cors: false,
    graphiql: false,
    landingPage: false,
  });
  await made.getSchema();
  // It would dispose of itself under the requests that are still to be finished.
  for (const signal of SIGNALS) process.removeAllListeners(signal);
  return made;
}

function routes(
  settings: Settings,
  needed: Replicas[],
  graph: Awaited<ReturnType<typeof runtime>>,
  signer: Signer | undefined,
) {
  const asking = settings.get ? ["GET", "HEAD", "POST"] : ["POST"];
  const strict = Object.entries(protection(settings.hstsSeconds));
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const route = (request.url ?? "").split("?", 1)[0]!;
    const methods = route === GRAPHQL ? asking : ["GET", "HEAD"];
    for (const [name, value] of strict) response.setHeader(name, value);
    if (![GRAPHQL, "/health", "/ready", ...(signer ? [KEYS] : [])].includes(route)) {
      say(response, 404, { status: "not found" });
    } else if (!methods.includes(request.method ?? "")) {
      say(response, 405, { status: "method not allowed" }, { allow: methods.join(", ") });
    } else if (route === "/health") {
      say(response, 200, { status: "alive" });
    } else if (route === KEYS) {
      say(response, 200, signer!.keys, { "cache-control": "public, max-age=300" });
    } else if (route === "/ready") {
      const missing = await notReady(needed);
      if (missing.length === 0) say(response, 200, { status: "ready" });
      else say(response, 503, { status: "not ready", subgraphs: missing });
    } else {
      const asked = new Asked(request);
      response.on("close", () => {
        asked.tell(route, response.headersSent ? response.statusCode : null);
      });
      // The server in Hive knows no HEAD; Node leaves the body out of what answers one.
      if (request.method === "HEAD") request.method = "GET";
      await graph.handle(request, response, { asked });
    }
  };
}

async function notReady(needed: Replicas[]): Promise<string[]> {
  const ready = await Promise.all(needed.map((replicas) => replicas.ready()));
  return needed.filter((_, place) => !ready[place]).map(({ name }) => name);
}

function say(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

function listen(server: Server, { host, port }: Settings): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const message = `${host}:${port} cannot be listened on (${error.code}): set GATEWAY_PORT`;
      reject(new SettingsError(message));
    });
    server.listen({ host, port, backlog: 512 }, () => {
      const { port: taken } = server.address() as AddressInfo;
      resolve(`http://${host.includes(":") ? `[${host}]` : host}:${taken}`);
    });
  });
}

// Finishes what was begun, within the grace time.
function stopping(server: Server, subgraphs: Subgraphs): () => void {
  return () => {
    const late = setTimeout(() => server.closeAllConnections(), GRACE_MS);
    // Connections are kept for further requests: those that were busy now are idle when they are done.
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_MS);
    server.close(() => {
      clearTimeout(late);
      clearInterval(idle);
      for (const replicas of subgraphs.values()) replicas.close();
      process.exit(0);
    });
  };
}

function replicasOf(name: string, settings: Settings): Replicas {
  return new Replicas(name, settings.urls(name), settings.isPartner(name) ? BOUNDS : undefined);
}

async function main(): Promise<void> {
  const settings = load(process.env);
  const names = namesOf(settings.supergraph);
  const subgraphs = new Map(names.map((name) => [name, replicasOf(name, settings)]));
  const signer =
    settings.signing && (await Signer.of(settings.signing.name, settings.signing.keys));
  if (signer === undefined && names.some((name) => settings.isPartner(name))) {
    throw new SettingsError(
      "GATEWAY_KEY is not set: partners are asked with tokens that the gateway signs",
    );
  }
  const graph = await runtime(settings, subgraphs, signer);
  // A partner that is down is no reason to turn anybody away.
  const needed = [...subgraphs.values()].filter(({ name }) => !settings.isPartner(name));
  const requestTimeout = settings.requestSeconds * 1_000;
  const server = createServer(
    {
      keepAliveTimeout: KEPT_MS,
      keepAlive: true,
      requestTimeout,
      headersTimeout: requestTimeout,
      connectionsCheckingInterval: LOOK_MS,
    },
    routes(settings, needed, graph, signer),
  );
  server.maxConnections = settings.connections;
  server.on("clientError", refuse);
  const stop = stopping(server, subgraphs);
  for (const signal of SIGNALS) process.once(signal, stop);
  process.on("unhandledRejection", (fault) => internal(fault));
  const url = await listen(server, settings);
  log("info", "started", { subgraphs: names });
  process.stdout.write(`ready: ${url}\n`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`gateway: ${error.message}\n`);
  process.exit(1);
}
