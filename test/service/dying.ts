// The account service in a process that kills itself with SIGKILL right after the nth writing statement, counted from the moment it gets n.
// With `--parted`, begin and commit do nothing, so there are no transactions.
import { StatementSync } from "node:sqlite";

const parted = process.argv.includes("--parted");
process.argv = process.argv.filter((word) => word !== "--parted");

let left = Number.POSITIVE_INFINITY;
process.on("message", (count: number) => {
  left = count;
  process.send?.("armed");
});

const parting = /^(begin|commit|rollback)/i;
const writing = /^(insert|update|delete)/i;

for (const name of ["run", "all"] as const) {
  const act = StatementSync.prototype[name] as (this: StatementSync, ...values: unknown[]) => unknown;
  const dying = function (this: StatementSync, ...values: unknown[]): unknown {
    const sql = this.sourceSQL;
    if (parted && parting.test(sql)) return name === "all" ? [] : { changes: 0, lastInsertRowid: 0 };
    const answer = act.apply(this, values);
    if (writing.test(sql) && --left === 0) process.kill(process.pid, "SIGKILL");
    return answer;
  };
  Object.defineProperty(StatementSync.prototype, name, { value: dying });
}

await import("../../service/main.ts");
