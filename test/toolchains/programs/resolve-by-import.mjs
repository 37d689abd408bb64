// The client by each kind of import, as a program in plain ES modules uses it.

import * as all from "@postern/client";
import sdk, { createClient } from "@postern/client";

const { TOKEN, REFERENCE } = process.env;
for (const create of [createClient, sdk.createClient, all.createClient]) {
  const client = await create({ auth: TOKEN, integrationName: "shop", integrationVersion: "1.0.0" });
  console.log(await client.secrets.resolve(REFERENCE));
  client.close();
}
