// Fills the demonstration's vault from real input: a web application's env file, two SSH keys made by ssh-keygen, a
// TOTP seed from RFC 6238, and a file of 5 MB.

import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { limits } from "../../typescript/generated-limits.ts";
import type { Agent } from "../agent/session.ts";
import { programPath } from "../agent/start-agent.ts";
import { parseEnvFile } from "../env/env-file.ts";
import type { Terminal } from "../terminal/terminal.ts";

const FILE_BYTES = 5 * 1024 * 1024;

/** The seed of RFC 6238, appendix B (SHA-1), in base32: "12345678901234567890". */
const RFC6238_SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/** The references of the made items, by short names. */
export type Filled = { readonly references: Readonly<Record<string, string>> };

/** ssh-keygen writes the keys into `home`, a private folder. It is removed with the demonstration. */
export async function fill(terminal: Terminal, agent: Agent, home: string): Promise<Filled> {
  const { id: vaultId } = await agent.call("vaults.create", {
    title: "Demo",
    description: "made by the demonstration",
  });
  const references: Record<string, string> = {};

  const variables = parseEnvFile(readFileSync(programPath("./webapp.env", "./demo/webapp.env"), "utf8")).flatMap(
    (line) => (line.kind === "variable" ? [line] : []),
  );
  const { outcomes } = await agent.call("items.createAll", {
    vaultId,
    items: variables.map(({ name, value }) => ({
      vaultId,
      title: name,
      category: "Password",
      fields: [{ id: "password", title: "password", fieldType: "Concealed", value }],
    })),
  });
  const failed = outcomes.filter((outcome) => "error" in outcome).length;
  if (failed > 0) throw new Error(`${failed} variables could not be stored`);
  for (const { name } of variables) references[name] = `op://Demo/${name}/password`;
  terminal.tell(`${variables.length} variables of a web application's env file are items now.`);

  for (const { title, args } of [
    { title: "Deploy key", args: ["-t", "ed25519"] },
    { title: "Legacy key", args: ["-t", "rsa", "-b", "4096"] },
  ]) {
    const key = sshKey(home, args);
    if (key === undefined) {
      terminal.tell(`ssh-keygen is not installed, so "${title}" is left out.`);
      continue;
    }
    await agent.call("items.create", {
      item: {
        vaultId,
        title,
        category: "SshKey",
        fields: [{ id: "private_key", title: "private key", fieldType: "SshKey", value: key }],
      },
    });
    references[title] = `op://Demo/${title}/private key`;
    terminal.tell(`${title}: made by ssh-keygen ${args.join(" ")}.`);
  }

  await agent.call("items.create", {
    item: {
      vaultId,
      title: "Payment console",
      category: "Login",
      fields: [
        { id: "username", title: "username", fieldType: "Text", value: "ada@shop.example" },
        { id: "password", title: "password", fieldType: "Concealed", value: randomBytes(12).toString("base64url") },
        { id: "onetimepassword", title: "one-time password", sectionId: "", fieldType: "Totp", value: RFC6238_SEED },
      ],
      sections: [{ id: "", title: "" }],
    },
  });
  references["Payment console"] = "op://Demo/Payment console/one-time password";
  await writeFile(agent, vaultId);
  references.backup = "op://Demo/Backup/backup.bin";
  terminal.tell("A login with the TOTP seed of RFC 6238, and a file of 5 MB in sealed chunks.");
  return { references };
}

function sshKey(home: string, args: readonly string[]): string | undefined {
  const folder = mkdtempSync(join(home, "key-"));
  try {
    const made = spawnSync("ssh-keygen", ["-q", ...args, "-N", "", "-C", "", "-f", join(folder, "key")], {
      stdio: "ignore",
    });
    return made.status === 0 ? readFileSync(join(folder, "key"), "utf8") : undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function writeFile(agent: Agent, vaultId: string): Promise<void> {
  const content = randomBytes(FILE_BYTES);
  const { handle } = await agent.call("files.openWrite", {
    vaultId,
    title: "Backup",
    name: "backup.bin",
    size: FILE_BYTES,
  });
  for (let at = 0; at < FILE_BYTES; at += limits.chunkBytes)
    await agent.call("files.writeChunk", {
      handle,
      content: content.subarray(at, at + limits.chunkBytes).toString("base64"),
    });
  await agent.call("files.commit", { handle });
}
