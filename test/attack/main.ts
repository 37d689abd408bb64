// `npm run test:attack`: every attacker's list, whole. `npm run test:attack -- liar` runs one. It ends with status 1 where an attack did not hold.
import { liarAttacks } from "./liar-attacks.ts";
import { rogueAttacks } from "./rogue-attacks.ts";
import { strangerAttacks } from "./stranger-attacks.ts";
import { type Attack, printTable } from "./table.ts";

const attackers: Readonly<Record<string, readonly Attack[]>> = {
  stranger: strangerAttacks,
  liar: liarAttacks,
  rogue: rogueAttacks,
};

const chosen = process.argv.slice(2);
for (const [name, attacks] of Object.entries(attackers)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  process.stdout.write(`\n${name}\n`);
  await printTable(attacks);
}
