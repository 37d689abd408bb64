// The client by require, as a program in plain CommonJS uses it.
const { createClient } = require("@postern/client");

async function main() {
  const { TOKEN, REFERENCE } = process.env;
  const client = await createClient({ auth: TOKEN, integrationName: "shop", integrationVersion: "1.0.0" });
  console.log(await client.secrets.resolve(REFERENCE));
  client.close();
}

main();
