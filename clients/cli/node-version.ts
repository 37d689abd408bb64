// The version of Node that Postern needs.

/** The oldest major version. An older one lacks options and functions that the agent needs. */
export const NODE_MAJOR_MIN = 26;

/** Run by a Node that is too old. */
export class OldNode extends Error {
  override readonly name = "OldNode";
  readonly hint = `install Node ${NODE_MAJOR_MIN} or later, and make it the first \`node\` in PATH`;
  constructor(found: string) {
    super(`Node ${NODE_MAJOR_MIN} or later is needed, and this is Node ${found}`);
  }
}

/** Throws OldNode before anything is started that could not run. */
export function demandNode(found = process.versions.node): void {
  if (Number.parseInt(found, 10) < NODE_MAJOR_MIN) throw new OldNode(found);
}
