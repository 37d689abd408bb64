// The fields that a new item of each category usually has. They are offered empty, and one that stays empty is not stored. Any other field can be
// added in the form.
import type { ItemCategory, ItemFieldType } from "../../../typescript/generated.ts";
import { type Draft, newField, newKey } from "./draft.ts";

/** A title, for a field of text, or a title with its kind. */
type Usual = string | readonly [title: string, type: ItemFieldType];

type Layout = { readonly fields?: readonly Usual[]; readonly sections?: Readonly<Record<string, readonly Usual[]>> };

export type NewCategory = Exclude<ItemCategory, "Unsupported">;

const secret = (title: string): Usual => [title, "Concealed"];
const date = (title: string): Usual => [title, "Date"];
const address: Usual = ["address", "Address"];
const phone: Usual = ["phone", "Phone"];
const email: Usual = ["email", "Email"];
const website: Usual = ["website", "Url"];

const layouts: Readonly<Record<NewCategory, Layout>> = {
  Login: { fields: ["username", secret("password"), ["one-time password", "Totp"]] },
  Password: { fields: [secret("password")] },
  SecureNote: {},
  Document: {},
  ApiCredentials: {
    fields: ["username", secret("credential"), ["type", "Menu"], date("valid from"), date("expires"), "hostname"],
  },
  SshKey: { fields: [["private key", "SshKey"]] },
  CreditCard: {
    fields: [
      "cardholder name",
      ["type", "CreditCardType"],
      ["number", "CreditCardNumber"],
      secret("verification number"),
      ["expiry date", "MonthYear"],
      ["valid from", "MonthYear"],
    ],
    sections: {
      "Contact information": ["issuing bank", ["phone (toll free)", "Phone"], website],
      "Additional details": [secret("PIN"), "credit limit", "cash withdrawal limit", "interest rate", "issue number"],
    },
  },
  BankAccount: {
    fields: [
      ...["bank name", "name on account"],
      ["type", "Menu"],
      ...["routing number", "account number", "SWIFT", "IBAN"],
      secret("PIN"),
    ],
    sections: { "Branch information": [phone, address] },
  },
  CryptoWallet: { fields: [secret("recovery phrase"), secret("password")], sections: { Wallet: ["wallet address"] } },
  Database: {
    fields: [["type", "Menu"], "server", "port", "database", "username", secret("password"), "SID", "alias", "options"],
  },
  DriverLicense: {
    fields: [
      ...["full name", address, date("date of birth")],
      ["sex", "Menu"],
      ...["height", "number", "license class", "conditions / restrictions", "state", "country"],
      ["expiry date", "MonthYear"],
    ],
  },
  Email: {
    fields: [["type", "Menu"], "username", "server", "port number", secret("password"), "security", "auth method"],
    sections: {
      SMTP: ["SMTP server", "SMTP port number", "SMTP username", secret("SMTP password")],
      "Contact information": ["provider", website, phone],
    },
  },
  Identity: {
    fields: [
      "first name",
      "initial",
      "last name",
      date("birth date"),
      "occupation",
      "company",
      "department",
      "job title",
    ],
    sections: {
      Address: [address, phone, ["cell", "Phone"], ["business", "Phone"]],
      "Internet details": ["username", email, website],
    },
  },
  MedicalRecord: {
    fields: [
      ...[date("date"), "location", "healthcare professional", "patient", "reason of visit"],
      ...["medication", "dosage", "medication notes"],
    ],
  },
  Membership: {
    fields: [
      ...["group", website, phone, "member name"],
      ["member since", "MonthYear"],
      ["expiry date", "MonthYear"],
      "member ID",
      secret("PIN"),
    ],
  },
  OutdoorLicense: {
    fields: [
      "full name",
      date("valid from"),
      date("expires"),
      "approved wildlife",
      "maximum quota",
      "state",
      "country",
    ],
  },
  Passport: {
    fields: [
      ["type", "Menu"],
      ...["issuing country", "number", "full name"],
      ["sex", "Menu"],
      ...["nationality", "issuing authority", date("date of birth"), "place of birth"],
      ...[date("issued on"), date("expiry date")],
    ],
  },
  Person: { fields: ["first name", "last name", "company", email, phone, address, date("birth date")] },
  Rewards: {
    fields: ["company name", "member name", "member ID", secret("PIN")],
    sections: {
      "More information": ["member ID (additional)", ["member since", "MonthYear"], phone, website],
    },
  },
  Router: {
    fields: [
      ...["base station name", secret("base station password"), "server / IP address", "AirPort ID", "network name"],
      ...[["wireless security", "Menu"] as const, secret("wireless network password"), secret("storage password")],
    ],
  },
  Server: {
    fields: [["URL", "Url"], "username", secret("password")],
    sections: {
      "Admin console": [["admin console URL", "Url"], "admin console username", secret("console password")],
      "Hosting provider": ["name", website, "support URL", "support phone"],
    },
  },
  SocialSecurityNumber: { fields: ["name", secret("number")] },
  SoftwareLicense: {
    fields: ["version", secret("license key")],
    sections: {
      Customer: ["licensed to", ["registered email", "Email"], "company"],
      Publisher: [["download page", "Url"], "publisher", website, ["support email", "Email"]],
      Order: [date("purchase date"), "order number", "order total"],
    },
  },
};

/** Every category that an item can be made of, by name. */
export const newCategories = (Object.keys(layouts) as NewCategory[]).sort((a, b) => (a < b ? -1 : 1));

/** Addresses for filling in. The agent takes them for these categories alone. */
export const mayHaveSites = (category: ItemCategory): boolean => category === "Login" || category === "Password";

/** A new item with the usual fields of its category, empty. */
export function usualDraft(category: NewCategory): Draft {
  const { fields = [], sections = {} } = layouts[category];
  const made = (usual: Usual, group: string) =>
    typeof usual === "string" ? newField("Text", usual, group) : newField(usual[1], usual[0], group);
  const grouped = Object.entries(sections).map(([title, within]) => ({ key: newKey(), title, within }));
  return {
    ...{ title: "", notes: "", tags: [], sites: [] },
    fields: [
      ...fields.map((usual) => made(usual, "")),
      ...grouped.flatMap(({ key, within }) => within.map((usual) => made(usual, key))),
    ],
    sections: grouped.map(({ key, title }) => ({ key, isNew: true, section: { id: "", title } })),
  };
}
