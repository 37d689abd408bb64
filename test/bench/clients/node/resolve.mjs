// Resolves one reference through the named package: once, or often, and then it prints what a call takes.
const [name, countText] = process.argv.slice(2);

const { createClient, DesktopAuth } = await import(name);
const client = await createClient({
  auth: new DesktopAuth("Bench"),
  integrationName: "bench",
  integrationVersion: "1",
});
// It only opens.
if (countText === "open") process.exit();
const resolve = () => client.secrets.resolve(process.env.REFERENCE);
if ((await resolve()) === "") throw new Error("the secret is empty");
if (countText !== undefined) {
  const { measured } = await import("./figures.mjs");
  console.log(JSON.stringify(await measured(resolve, Number(countText))));
}
