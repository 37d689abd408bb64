// Bundles one program for Node: webpack.cjs ENTRY FOLDER FILE.
const { resolve } = require("node:path");
const webpack = require("webpack");

const [entry, folder, filename] = process.argv.slice(2);
const options = { target: "node18", mode: "production", entry: resolve(entry), output: { path: folder, filename } };

webpack(options, (error, stats) => {
  if (error === null && !stats.hasErrors() && !stats.hasWarnings()) return;
  console.error(error ?? stats.toString());
  process.exitCode = 1;
});
