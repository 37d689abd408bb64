// Opens a client with a token through the named package, and does no more. Prints "open", or why it was refused.
const { createClient } = await import(process.argv[2]);
const given = { auth: process.env.TOKEN, integrationName: "bench", integrationVersion: "1" };
console.log(
  await createClient(given).then(
    () => "open",
    (error) => String(error.message ?? error),
  ),
);
process.exit();
