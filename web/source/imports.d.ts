declare module "worker:*" {
  const address: string;
  export default address;
}

declare module "examples" {
  import type { Example } from "./example.ts";
  const examples: Example[];
  export default examples;
}

declare module "*.css" {}
