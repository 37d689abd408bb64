// `npm run test:attack` runs this: a process of the same user against a real agent. It ends with status 1 where an attack did not hold.
import { rogueAttacks } from "./rogue-attacks.ts";
import { printTable } from "./table.ts";

await printTable(rogueAttacks);
