// An OpenID provider for the tests: oidc-provider with its own pages for signing in.
//
// PROVIDER holds what it is to be, as JSON: port (0 for a free one), keys (private JWKs; the first
// signs), accounts ({login: {name, organisation}}), clients, resource, audience, seconds (how long
// an access token is good). It prints {"ready": ISSUER}, and obeys lines on stdin, each with a line
// on stdout: {"rotate": [JWKs]} · {"stop": true} · {"start": true} · {"count": true}.
import { createServer } from "node:http";
import { createInterface } from "node:readline";

import Provider from "oidc-provider";

// stdout is for answers alone.
console.info = console.warn = console.error;
const given = JSON.parse(process.env.PROVIDER);
const counts = {};
let answer;

const server = createServer((request, response) => {
  const path = new URL(request.url, "http://x").pathname;
  counts[path] = (counts[path] ?? 0) + 1;
  answer(request, response);
});
await listen(given.port);
const { port } = server.address();
const issuer = `http://127.0.0.1:${port}`;

function organisation(token) {
  const account = given.accounts[token.accountId ?? token.clientId];
  return { organisation: account?.organisation };
}

// A provider has its keys from its beginning: to rotate them it begins anew. What it remembers of
// codes and tokens stays, since that is the process's.
function begin(keys) {
  const provider = new Provider(issuer, {
    jwks: { keys },
    clients: given.clients,
    cookies: { keys: ["of the tests alone"] },
    claims: { openid: ["sub"], profile: ["name"] },
    conformIdTokenClaims: false,
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => given.resource,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => ({
          scope: "graph",
          audience: resource === given.resource ? given.audience : resource,
          accessTokenFormat: "jwt",
          accessTokenTTL: given.seconds,
          jwt: { sign: { alg: "ES256" } },
        }),
      },
    },
    ttl: { AccessToken: given.seconds, Session: 3600, Grant: 3600, Interaction: 600, IdToken: 600 },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    rotateRefreshToken: true,
    extraTokenClaims: (_ctx, token) => organisation(token),
    findAccount: (_ctx, id) => {
      const account = given.accounts[id];
      return account && { accountId: id, claims: () => ({ sub: id, name: account.name }) };
    },
  });
  provider.on("server_error", (_ctx, error) => console.error(error));
  answer = provider.callback();
}

function listen(number) {
  return new Promise((resolve) => server.listen({ port: number, host: "127.0.0.1" }, resolve));
}

function close() {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}

begin(given.keys);
console.log(JSON.stringify({ ready: issuer }));
for await (const line of createInterface({ input: process.stdin })) {
  const told = JSON.parse(line);
  if (told.rotate) begin(told.rotate);
  if (told.stop) await close();
  if (told.start) await listen(port);
  console.log(JSON.stringify(told.count ? counts : {}));
}
process.exit(0);
