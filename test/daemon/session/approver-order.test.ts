// Where the agent asks when nobody chose, and what a chosen order means to an agent that does not know all of it.
import { describe, expect, test } from "vitest";
import { approversOf } from "../../../daemon/session/approver-order.ts";
import type { Authenticator } from "../../../daemon/session/device-store.ts";

const authenticator: Authenticator = {
  ...{ id: "a", name: "key", credential: "c", publicKey: "", counter: 0, transports: [], createdMs: 0 },
};

describe("the order of the approvers", () => {
  test("is window and terminal before anything is enrolled or chosen", () => {
    expect(approversOf({})).toEqual(["window", "terminal"]);
    expect(approversOf({ authenticators: [] })).toEqual(["window", "terminal"]);
  });

  test("begins with the app once an authenticator is enrolled, since it answers there alone", () => {
    expect(approversOf({ authenticators: [authenticator] })).toEqual(["app", "window", "terminal"]);
  });

  test("is the chosen one in any case", () => {
    expect(approversOf({ authenticators: [authenticator], approvers: ["terminal"] })).toEqual(["terminal"]);
    expect(approversOf({ authenticators: [authenticator], approvers: [] })).toEqual([]);
  });

  test("leaves out what only a newer agent knows", () => {
    expect(approversOf({ approvers: ["wristwatch", "window"] as never })).toEqual(["window"]);
  });
});
