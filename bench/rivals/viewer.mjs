// Who asks, and how a rival is told where: the same for both.

const given = (name) => {
  const text = process.env[name];
  if (!text) throw new Error(`${name} is not set: python -m bench.race starts the rivals`);
  return text;
};

export const settings = JSON.parse(given("RIVAL_SETTINGS")); // app.issuer and so on
export const port = Number(given("RIVAL_PORT"));
export const database = {
  host: given("RIVAL_HOST"),
  port: Number(given("RIVAL_DATABASE_PORT")),
  user: given("RIVAL_USER"),
  database: given("RIVAL_DATABASE"),
  options: given("RIVAL_OPTIONS"),
};
export const poolSize = Number(given("RIVAL_POOL"));
export const host = "127.0.0.1";

export const ready = () => console.log(`ready: http://${host}:${port}`);
