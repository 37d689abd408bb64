// The subject of each group of methods. The reference shows it under the group's name.

export const groups: Readonly<Record<string, string>> = {
  agent: "Who is at the other end of the socket, and in what state it is.",
  accounts: "The accounts on this agent: make one, bring one here, take one away, back it up.",
  devices: "The devices that may sign in to an account.",
  session: "Unlock an account, and lock it.",
  clients: "Open a client on a connection, and see who has one.",
  grants: "What was allowed to which program, and how to end it.",
  prompts: "The questions to a person, and the answers.",
  authenticators: "Fingerprint readers and security keys that approve and unlock, through the app's page.",
  policy: "The rules that a person approved, for what is asked, allowed and denied.",
  app: "The desktop app, a page in a browser of this machine.",
  audit: "The log of what was asked and done.",
  secrets: "References and the values that they lead to.",
  items: "The items of a vault, and links to copies of them.",
  files: "The files of items.",
  shares: "The links that were made.",
  vaults: "Where items lie, and which groups may come to them.",
  groups: "Groups of people.",
  environments: "Named sets of variables for programs.",
  names: "Ids of what a person named by title, with one question for all that follows.",
  serviceAccounts: "Accounts for programs, which come in with a token.",
};
