/** Bundles the pages into connect_graph/assets: hashed files, each with its .gz, and their markup. */
import { build, type BuildOptions, type Metafile, type Plugin } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { constants, gzipSync } from "node:zlib";

import { readExample } from "./example.ts";

const here = import.meta.dirname;
const target = join(here, "../connect_graph/assets");
const fresh = join(here, "../connect_graph/assets.new");
const notices = new Map<string, string>();
/** Each page by its name, and where it begins. */
const pages = { playground: "source/main.tsx", outcomes: "source/outcomes/main.tsx" };

const shared: BuildOptions = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  outdir: fresh,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".ttf": "file" },
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
};

/** `import url from "worker:…"` bundles a worker by itself and gives the address of its file. */
const workers: Plugin = {
  name: "workers",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^worker:/ }, ({ path }) => ({ path: path.slice(7), namespace: "worker" }));
    onLoad({ filter: /./, namespace: "worker" }, async ({ path }) => {
      const { metafile } = await build({ ...shared, metafile: true, entryPoints: [path] });
      note(metafile);
      const name = basename(Object.keys(metafile.outputs)[0]!);
      return { contents: `export default new URL("./${name}", import.meta.url).href;` };
    });
  },
};

/** `import examples from "examples"` gives the files of examples/. */
const examples: Plugin = {
  name: "examples",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^examples$/ }, () => ({ path: "examples", namespace: "examples" }));
    onLoad({ filter: /./, namespace: "examples" }, () => {
      const folder = join(here, "../examples");
      const names = readdirSync(folder).sort();
      const found = names.filter((name) => name.endsWith(".graphql"));
      const contents = found.map((name) => {
        const text = readFileSync(join(folder, name), "utf8");
        const sibling = name.replace(/graphql$/, "json");
        const variables = names.includes(sibling)
          ? readFileSync(join(folder, sibling), "utf8")
          : "";
        return readExample(text, variables);
      });
      return { contents: JSON.stringify(contents), loader: "json" };
    });
  },
};

/** Keeps the licence of each package whose code was bundled. */
function note(metafile: Metafile): void {
  for (const input of Object.keys(metafile.inputs)) {
    const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
    if (folder === undefined || notices.has(folder)) continue;
    const { name, version, license } = JSON.parse(
      readFileSync(join(here, folder, "package.json"), "utf8"),
    );
    const file = readdirSync(join(here, folder)).find((each) => /^licen[cs]e/i.test(each));
    const text = file === undefined ? "" : readFileSync(join(here, folder, file), "utf8");
    notices.set(folder, `${name} ${version} (${license})\n\n${text}`.trim());
  }
}

const began = performance.now();
rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
const { metafile } = await build({
  ...shared,
  metafile: true,
  splitting: true,
  jsx: "automatic",
  entryPoints: pages,
  plugins: [workers, examples],
});
note(metafile);

const licences = [...notices].sort().map(([, notice]) => notice);
const text = licences.join(`\n\n${"-".repeat(80)}\n\n`) + "\n";
const hash = createHash("sha256").update(text).digest("hex").slice(0, 8).toUpperCase();
writeFileSync(join(fresh, `licences-${hash}.txt`), text);

let bytes = 0;
const names = readdirSync(fresh);
for (const name of names) {
  const level = constants.Z_BEST_COMPRESSION;
  const compressed = gzipSync(readFileSync(join(fresh, name)), { level });
  writeFileSync(join(fresh, `${name}.gz`), compressed);
  bytes += compressed.length;
}
const markup = readFileSync(join(here, "index.html"), "utf8");
for (const [name, source] of Object.entries(pages)) {
  const [script, output] = Object.entries(metafile.outputs).find(
    ([, { entryPoint }]) => entryPoint === source,
  )!;
  const page = markup
    .replace("@page.js", basename(script))
    .replace("@page.css", basename(output.cssBundle!))
    .replace("@licences.txt", `licences-${hash}.txt`);
  writeFileSync(join(fresh, `${name}.html`), page);
}
rmSync(target, { recursive: true, force: true });
mkdirSync(dirname(target), { recursive: true });
renameSync(fresh, target);

const seconds = ((performance.now() - began) / 1000).toFixed(1);
console.log(`${names.length} files, ${(bytes / 1e6).toFixed(2)} MB gzip, ${seconds} s`);
