// postern vault: renaming, deleting, and two vaults with one title.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { attachPerson, makeAccount, PASSWORD, type Person, PIN } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { openTerminal, type Terminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";
import { postern, type Ran, type RunOptions } from "./postern.ts";

let agent: RunningAgent;
let person: Person;

const run = (words: string | readonly string[], more: Partial<RunOptions> = {}): Promise<Ran> =>
  postern(typeof words === "string" ? words.split(" ") : words, { home: agent.home, ...more });
const json = (ran: Ran) => JSON.parse(ran.out) as Record<string, string>;
/** The messages without match codes. Whether a person is asked depends on earlier grants. */
const said = ({ err }: Ran) =>
  err.replace(/postern: waiting for approval, code .*\n {2}next: run `postern approve .*\n/g, "");
const make = async (title: string) => json(await run(["vault", "create", title, "--json"])).id ?? "";
const titles = async () => {
  const { vaults } = JSON.parse((await run("vault list --json")).out) as { vaults: { id: string; title: string }[] };
  return new Map(vaults.map(({ id, title }) => [id, title]));
};

beforeAll(async () => {
  agent = await startAgent(mkdtempSync(join(tmpdir(), "postern-va-")));
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
});
afterAll(async () => {
  person.leave();
  await agent.remove();
  rmSync(agent.home, { recursive: true, force: true });
});

describe("edit", () => {
  test("changes the given parts and leaves the rest", async () => {
    const id = await make("First");
    expect((await run(["vault", "edit", "first", "--description", "what it is for"])).code).toBe(0);
    const ran = await run("vault edit First --title Second --json");
    expect(json(ran)).toMatchObject({ id, title: "Second", description: "what it is for" });
    expect(await run(["vault", "edit", id, "--description", ""])).toMatchObject({ out: `Changed Second (${id}).\n` });
    expect((await titles()).get(id)).toBe("Second");
  });

  test.each([
    ["that changes nothing", "vault edit Personal", exitCodes.usage, "there is nothing to change"],
    ["to no title at all", ["vault", "edit", "Personal", "--title", ""], exitCodes.usage, "title"],
    ["of a vault that is not there", "vault edit Nowhere --title X", exitCodes.notFound, "postern vault list"],
    ["of an id that is none", `vault edit ${"a".repeat(26)} --title X`, exitCodes.notFound, "vault"],
  ])("%s is refused", async (_what, words, code, text) => {
    const before = await titles();
    const ran = await run(words);
    expect([ran.code, ran.out]).toEqual([code, ""]);
    expect(ran.err).toContain(text);
    expect(await titles()).toEqual(before);
  });
});

describe("delete", () => {
  test("removes the vault with its items", async () => {
    const id = await make("Going");
    await run("item create --vault Going --title A --field a=b");
    expect((await run("read op://Going/A/a")).out).toBe("b");
    expect(json(await run("vault delete Going --yes --json"))).toEqual({ deleted: id });
    expect((await run("read op://Going/A/a")).code).toBe(exitCodes.notFound);
    expect(await titles()).not.toContain("Going");
  });

  test("of a missing vault names the command that lists the existing ones", async () => {
    const ran = await run("vault delete Nowhere --yes");
    expect([ran.code, ran.out, said(ran).includes("`postern vault list`")]).toEqual([exitCodes.notFound, "", true]);
  });

  test("of the personal vault is refused", async () => {
    const ran = await run("vault delete Personal --yes");
    expect([ran.code, ran.out]).toEqual([exitCodes.denied, ""]);
    expect([...(await titles()).values()]).toContain("Personal");
  });

  test("without a terminal and without --yes deletes nothing", async () => {
    const ran = await run("vault delete Personal");
    expect([ran.code, ran.out]).toEqual([exitCodes.usage, ""]);
    expect(ran.err).toContain("there is no terminal to ask on");
    expect([...(await titles()).values()]).toContain("Personal");
  });

  test("without a terminal and without --yes costs nobody an approval", async () => {
    await run("grants revoke --all");
    const asked = person.seen.length;
    expect((await run("vault delete Personal")).code).toBe(exitCodes.usage);
    expect(person.seen).toHaveLength(asked);
  });

  test("by an id with --yes asks for no right to the list of vaults", async () => {
    const id = await make("Alone");
    await run("grants revoke --all");
    const asked = person.seen.length;
    expect((await run(`vault delete ${id} --yes`)).code).toBe(0);
    expect(person.seen.slice(asked).map((prompt) => prompt.text.slice(1, -2))).toEqual([
      ["  and delete the whole of it: everything in the vault Alone"],
    ]);
  });

  test("that a person denies deletes nothing", async () => {
    const id = await make("Kept");
    await run("grants revoke --all");
    person.always("no");
    const ran = await run(`vault delete ${id} --yes`);
    person.always("yes");
    expect([ran.code, ran.out]).toEqual([exitCodes.denied, ""]);
    expect((await titles()).get(id)).toBe("Kept");
  });

  describe("at a terminal", () => {
    let terminal: Terminal;
    const start = () => {
      const { home } = agent;
      const path = `${dirname(process.execPath)}:/usr/bin:/bin`;
      terminal = openTerminal({ HOME: home, POSTERN_HOME: home, PATH: path, LANG: "C.UTF-8" }, home);
    };

    const allow = async () => {
      const [, code] = await terminal.sees(/postern approve (\S+)`/);
      expect(await run(`approve ${code} --pin-fd 3 --yes`, { secrets: [PIN] })).toMatchObject({ code: 0 });
    };

    test("asks, and Enter alone deletes nothing", async () => {
      const id = await make("Asked");
      start();
      terminal.type(`node --no-warnings -- ${main} vault delete asked`);
      await terminal.sees(`Delete Asked (${id}) with its 0 items for good?`);
      terminal.type("");
      await terminal.sees("nothing was deleted");
      terminal.end();
      expect((await titles()).get(id)).toBe("Asked");
    });

    test("asks once where the account is locked", async () => {
      const id = await make("Locked");
      await run("lock");
      start();
      terminal.type(`node --no-warnings -- ${main} vault delete ${id}`);
      await terminal.sees("The account is locked. Account password");
      terminal.type(PASSWORD);
      // Nobody is attached, since a lock detaches approvers.
      await allow();
      await terminal.sees(`Delete Locked (${id}) with its 0 items for good?`);
      terminal.type("y");
      // If a second question came, this would never happen.
      await terminal.sees("Deleted.");
      terminal.end();
      person.leave();
      person = await attachPerson(agent);
      person.always("yes");
      expect([...(await titles()).keys()]).not.toContain(id);
    });
  });
});

describe("a title that two vaults have", () => {
  const told = (id: string) =>
    `postern: another vault has this title too, so references by it are ambiguous\n  next: use an id in its place: ${id}\n`;
  const made = (ran: Ran) => /\(([a-z2-7]{26})\)\.\n$/.exec(ran.out)?.[1] ?? "";

  test("is allowed, and is reported", async () => {
    await make("Twin");
    const asked = person.seen.length;
    const ran = await run("vault create twin");
    expect([ran.code, said(ran)]).toEqual([0, told(made(ran))]);
    expect(person.seen).toHaveLength(asked);
  });

  test.each(["vault edit Twin --title X", "vault delete Twin --yes"])(
    "makes %s an error with the ids",
    async (words) => {
      const before = await titles();
      const ids = [...before].filter(([, title]) => title.toLowerCase() === "twin").map(([id]) => id);
      const ran = await run(words);
      expect([ran.code, ran.out, ids.length]).toEqual([exitCodes.notFound, "", 2]);
      expect(ran.err).toContain("more than one vault has this title");
      for (const id of ids) expect(ran.err).toContain(id);
      expect(await titles()).toEqual(before);
    },
  );

  test("is also reported by edit, and not if the title stays", async () => {
    const id = await make("Alone");
    expect(said(await run(`vault edit ${id} --title ALONE`))).toBe("");
    expect(said(await run(`vault edit ${id} --title Twin`))).toBe(told(id));
    expect(said(await run(`vault edit ${id} --description x`))).toBe("");
  });

  test("is told after a yes for once too, and without another question", async () => {
    await run("grants revoke --all");
    person.always("ignore");
    const asked = person.seen.length;
    const making = run("vault create Twin");
    await person.yes(await person.next(), { lasts: "once" });
    const ran = await making;
    person.always("yes");
    expect([ran.code, made(ran)]).toEqual([0, expect.stringMatching(/^[a-z2-7]{26}$/)]);
    expect(ran.err).toContain("ambiguous");
    expect(person.seen).toHaveLength(asked + 1);
  });
});
