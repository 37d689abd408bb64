// A program that begins a file with a temporary name, writes half of it and waits, as on a file system without unnamed files.
import { writeSync } from "node:fs";
import { beginNamed } from "../../clients/cli/files/begun-file.ts";
import { holdFolder } from "../../clients/cli/files/out-place.ts";

const folder = process.argv[2] ?? "";
const file = beginNamed(holdFolder(folder, folder));
writeSync(file.descriptor, "half of a secret");
process.on("SIGINT", () => process.exit(130));
if (process.argv[3] === "place") file.place("placed", true);
if (process.argv[3] === "place-new") refuse();

function refuse(): void {
  try {
    file.place("placed", false);
    process.exit(1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

process.stdout.write("begun\n");
setInterval(() => undefined, 1000);
