// The Node that all of this needs.

/** The oldest major version: an older one knows neither the options that the agent is started with nor all it calls. */
export const NODE_MAJOR_MIN = 26;

/** Run by a Node that is too old. */
export class OldNode extends Error {
  override readonly name = "OldNode";
  readonly hint = `install Node ${NODE_MAJOR_MIN} or later, and make it the first \`node\` in PATH`;
  constructor(found: string) {
    super(`Node ${NODE_MAJOR_MIN} or later is needed, and this is Node ${found}`);
  }
}

/** Throws OldNode before anything is started that would not come up. */
export function demandNode(found = process.versions.node): void {
  if (Number.parseInt(found, 10) < NODE_MAJOR_MIN) throw new OldNode(found);
}
