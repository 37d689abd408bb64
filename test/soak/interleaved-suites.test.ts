// What the service promises an honest client, of groups, shares, uploads and service accounts too, once more on the store whose
// statements are delayed and interleaved: the same files, with that store behind their doors. The gate does so for lost answers and
// restores.
import { useStore } from "../service/doors.ts";
import { openInterleaved } from "../service/interleaved/interleaved-store.ts";

useStore((path) => openInterleaved(path, 1));
await import("../service/contract.test.ts");
await import("../service/groups.test.ts");
await import("../service/shares.test.ts");
await import("../service/uploads.test.ts");
await import("../service/service-accounts.test.ts");
