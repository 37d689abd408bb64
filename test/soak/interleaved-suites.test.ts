// What the service promises of groups, shares, uploads, service accounts and lost answers, once more on the store whose statements are
// delayed and interleaved: the same files, with that store behind their doors.
import { useStore } from "../service/doors.ts";
import { openInterleaved } from "../service/interleaved/interleaved-store.ts";

useStore((path) => openInterleaved(path, 1));
for (const name of ["groups", "shares", "uploads", "service-accounts"]) await import(`../service/${name}.test.ts`);
