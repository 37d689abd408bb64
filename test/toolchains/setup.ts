// Runs once before the files of the lane: installs the tools, and packs the client that every test installs.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { packClient } from "../build/packed-client.ts";
import { installPythonTools } from "./python/environment.ts";
import { installToolbox } from "./toolbox.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The packed client. */
    tarball: string;
  }
}

export default function setup(project: TestProject): () => void {
  installToolbox();
  installPythonTools();
  const folder = mkdtempSync(join(tmpdir(), "postern-packed-"));
  project.provide("tarball", packClient(folder));
  return () => rmSync(folder, { recursive: true, force: true });
}
