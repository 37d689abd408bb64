// Plays every conversation of a file to the agent at a socket, and prints what each request brought.
const { readFileSync } = require("node:fs");

module.exports = async function replay(sdk) {
  const [socket, file] = process.argv.slice(2);
  const outcomes = [];
  for (const { name, requests } of JSON.parse(readFileSync(file, "utf8"))) {
    const auth = new sdk.DesktopAuth("Ada");
    const client = await sdk.createClient({ auth, integrationName: name, integrationVersion: "1", socket });
    for (const { method, params } of requests)
      outcomes.push(
        await client.call(method, params).then(
          (result) => ({ result }),
          (error) => ({ errorName: error.errorName, isOfItsClass: isOfItsClass(sdk, error) }),
        ),
      );
    client.close();
  }
  console.log(JSON.stringify(outcomes));
};

function isOfItsClass({ errors }, error) {
  return error instanceof Error && error instanceof (errors.errorClasses[error.errorName] ?? errors.PosternError);
}
