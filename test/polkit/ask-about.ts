// Asks polkit about a process, as the agent does, and prints the outcome. Run by dialogue.test.ts as the machine's user.
import { loadNative } from "../../daemon/host/native.ts";
import { statOf } from "../../daemon/peer/process-facts.ts";
import { systemAuthority } from "../../daemon/polkit/authority.ts";

const pid = Number(process.argv[2]);
const asker = { pid, startTicks: statOf(pid)?.startTicks ?? 0, uid: 0 };
const verdict = await systemAuthority(loadNative())
  .ask(asker, "a question", new AbortController().signal)
  .catch((error: Error) => error.message);
process.stdout.write(`${verdict}\n`);
