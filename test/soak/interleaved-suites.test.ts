// Runs the same test files of the service again, on a store that delays and interleaves its statements. They cover the service's promises to an
// honest client, and groups, shares, uploads and service accounts. The gate does the same for lost answers and restores.
import { describe } from "vitest";
import { useStore } from "../service/doors.ts";
import { openInterleaved } from "../service/interleaved/interleaved-store.ts";

useStore((path) => openInterleaved(path, 1));
// Each file has its own block, so that its beforeEach does not run for the others.
describe("contract", async () => void (await import("../service/contract.test.ts")));
describe("groups", async () => void (await import("../service/groups.test.ts")));
describe("shares", async () => void (await import("../service/shares.test.ts")));
describe("uploads", async () => void (await import("../service/uploads.test.ts")));
describe("service accounts", async () => void (await import("../service/service-accounts.test.ts")));
