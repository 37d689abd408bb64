// Resolves one reference through the named package: once, or often, and then it prints what a call takes.
const [name, countText] = process.argv.slice(2);
const IN_FLIGHT = 64;

const { createClient, DesktopAuth } = await import(name);
const client = await createClient({
  auth: new DesktopAuth("Bench"),
  integrationName: "bench",
  integrationVersion: "1",
});
const resolve = () => client.secrets.resolve(process.env.REFERENCE);
if ((await resolve()) === "") throw new Error("the secret is empty");
if (countText !== undefined) console.log(JSON.stringify(await measured(Number(countText))));

async function measured(count) {
  // Until then V8 compiles.
  for (let index = 0; index < count; index++) await resolve();
  const times = [];
  for (let index = 0; index < count; index++) {
    const before = performance.now();
    await resolve();
    times.push((performance.now() - before) * 1000);
  }
  times.sort((a, b) => a - b);
  const before = performance.now();
  let left = count;
  const caller = async () => {
    while (left-- > 0) await resolve();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  const perSecond = (count / (performance.now() - before)) * 1000;
  const at = (share) => times[Math.floor(times.length * share)];
  return { p50: at(0.5), p99: at(0.99), perSecond };
}
