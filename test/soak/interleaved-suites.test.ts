// What the service promises an honest client, of groups, shares, uploads and service accounts too, once more on the store whose
// statements are delayed and interleaved: the same files, with that store behind their doors. The gate does so for lost answers and
// restores.
import { useStore } from "../service/doors.ts";
import { openInterleaved } from "../service/interleaved/interleaved-store.ts";

useStore((path) => openInterleaved(path, 1));
for (const name of ["contract", "groups", "shares", "uploads", "service-accounts"])
  await import(`../service/${name}.test.ts`);
