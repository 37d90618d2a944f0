// PostGraphile 5 with its Amber preset over the views: the schema is what it makes of them.

import { createServer } from "node:http";

import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { PostGraphileConnectionFilterPreset } from "postgraphile-plugin-connection-filter";

import { database, host, poolSize, port, ready, settings } from "./viewer.mjs";

const preset = {
  extends: [PostGraphileAmberPreset, PostGraphileConnectionFilterPreset],
  // Views have no indexes of their own: what is read through them has.
  disablePlugins: ["PgIndexBehaviorsPlugin", "NodePlugin"],
  pgServices: [
    makePgService({
      schemas: ["rival"],
      poolConfig: { ...database, min: 1, max: poolSize, idleTimeoutMillis: 0 },
      pgSettings: settings,
    }),
  ],
  schema: {
    defaultBehavior: "+list +attribute:orderBy -insert -update -delete",
    connectionFilterRelations: true,
    pgOrderByNullsLast: true,
  },
  grafast: { explain: false },
  grafserv: {
    graphiql: false,
    watch: false,
    maxRequestLength: 16 * 1024 * 1024,
  },
};

const serv = postgraphile(preset).createServ(grafserv);
const server = createServer();
server.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
await serv.addTo(server);
server.listen({ host, port }, ready);
process.on("SIGTERM", () => process.exit(0));
