// Prints why polkit cannot ask this user, by the file at the path. Run by a test as another user.
import { whyNoAction } from "../../../daemon/polkit/action.ts";

process.stdout.write(`${whyNoAction(process.geteuid?.(), process.argv[2])}\n`);
