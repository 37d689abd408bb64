// The entry of the package. It has the names of client.ts twice: one by one, and together as the default. So `import sdk from`,
// `import * as sdk` and `import { createClient }` all work.
import * as sdk from "./client.ts";

export * from "./client.ts";
export default sdk;
