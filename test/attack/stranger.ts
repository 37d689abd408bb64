// `npm run test:attack` runs this: an unauthenticated client against real services. It ends with status 1 where an attack did not hold.
import { strangerAttacks } from "./stranger-attacks.ts";
import { printTable } from "./table.ts";

await printTable(strangerAttacks);
