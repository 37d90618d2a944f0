/** Monaco's workers as files of our own: the policy allows no blob. */
import type { Environment } from "monaco-editor";
import editor from "worker:monaco-editor/esm/vs/editor/editor.worker.js";
import json from "worker:monaco-editor/esm/vs/language/json/json.worker.js";
import graphql from "worker:monaco-graphql/esm/graphql.worker.js";

const addresses: Record<string, string> = { json, graphql };

const environment: Environment = {
  getWorker: (_id, label) => new Worker(addresses[label] ?? editor, { type: "module" }),
};

Object.assign(globalThis, { MonacoEnvironment: environment });
