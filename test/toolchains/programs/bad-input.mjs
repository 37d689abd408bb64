// Meets what is wrong, case after case, and prints what it learns of each: a line of JSON with the class and the text of the error. PACKAGE
// is ours or the official one.
const { createClient, DesktopAuth } = await import(process.env.PACKAGE);

/** One byte of text more than the longest line of any door. */
const TOO_LONG = 73 * 1024 * 1024;

const integration = { integrationName: "shop", integrationVersion: "1" };
const acts = {
  read: (client, options) => client.secrets.resolve(process.env.REFERENCE, options),
  write: (client) => client.vaults.create({ title: "Made", description: "" }),
  large: (client) =>
    client.items.create({ title: "Large", category: "Login", vaultId: "", notes: "x".repeat(TOO_LONG) }),
};

for (const { name, socket, account, token, act, deadlineMs } of JSON.parse(process.env.CASES)) {
  process.env.POSTERN_SOCKET = socket;
  const begun = performance.now();
  let learnt = { class: "none", text: "" };
  try {
    const client = await createClient({ auth: token ?? new DesktopAuth(account ?? ""), ...integration });
    await acts[act](client, ...(deadlineMs === undefined ? [] : [{ deadlineMs }]));
  } catch (error) {
    // Node prints the next step of an error that nobody catches too.
    const hint = error.hint ? `; ${error.hint}` : "";
    learnt = { class: error.constructor.name, text: error.message + hint };
  }
  console.log(JSON.stringify({ name, ...learnt, ms: Math.round(performance.now() - begun) }));
}
