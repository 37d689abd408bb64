// What the service promises an honest client, of groups, shares, uploads and service accounts too, once more on the store whose
// statements are delayed and interleaved: the same files, with that store behind their doors. The gate does so for lost answers and
// restores.
import { describe } from "vitest";
import { useStore } from "../service/doors.ts";
import { openInterleaved } from "../service/interleaved/interleaved-store.ts";

useStore((path) => openInterleaved(path, 1));
// Each by itself: what one does before each of its tests is none of the others'.
describe("contract", async () => void (await import("../service/contract.test.ts")));
describe("groups", async () => void (await import("../service/groups.test.ts")));
describe("shares", async () => void (await import("../service/shares.test.ts")));
describe("uploads", async () => void (await import("../service/uploads.test.ts")));
describe("service accounts", async () => void (await import("../service/service-accounts.test.ts")));
