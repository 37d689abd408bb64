// The client and the command keep the same limits that the agent enforces.
import { expect, test } from "vitest";
import * as copied from "../../clients/typescript/generated-limits.ts";
import { AUDIT_PAGE_MAX } from "../../protocol/catalogue/access.ts";
import { PASSWORD_LENGTH_MIN, PIN_LENGTH_MIN } from "../../protocol/catalogue/accounts.ts";
import { VARIABLES_MAX } from "../../protocol/catalogue/vaults.ts";
import { itemLimits } from "../../protocol/item/item.ts";
import { limits, PROTOCOL } from "../../protocol/limits.ts";

test("the client has the limits of the wire and of items, each by its name", () => {
  expect(copied).toMatchObject({ PROTOCOL, limits, itemLimits });
});

test("the client has the limits that a person must keep", () => {
  expect(copied.accountLimits).toMatchObject({ passwordMin: PASSWORD_LENGTH_MIN, pinMin: PIN_LENGTH_MIN });
  expect(copied.environmentLimits).toMatchObject({ variables: VARIABLES_MAX });
  expect(copied.auditLimits).toMatchObject({ pageMax: AUDIT_PAGE_MAX });
});
