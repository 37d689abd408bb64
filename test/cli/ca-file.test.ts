// A service with a certificate by a company's own authority: the message without that authority, and `--ca-file`.
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer as createPlainServer } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AUTHORITIES_BYTES_MAX } from "../../clients/cli/files/ca-file.ts";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { toolPath } from "../tools.ts";
import { postern } from "./postern.ts";

const openssl = toolPath("openssl");

describe.skipIf(openssl === undefined)("a certificate", () => {
  let folder: string;
  let home: string;
  const servers: { close(): unknown }[] = [];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "postern-ca-"));
    run([
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-subj",
      "/CN=Company",
      "-keyout",
      "ca.key",
      "-out",
      "ca.pem",
      "-days",
      "2",
    ]);
    sign("right", "IP:127.0.0.1", ["-days", "2"]);
    sign("other", "DNS:elsewhere.example", ["-days", "2"]);
    sign("expired", "IP:127.0.0.1", ["-days", "-1"]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "postern-ch-"));
  });
  afterEach(async () => {
    await postern(["agent", "stop"], { home });
    for (const server of servers.splice(0)) server.close();
    rmSync(home, { recursive: true, force: true });
  });

  const run = (words: readonly string[]) => execFileSync(openssl ?? "", words, { cwd: folder, stdio: "pipe" });
  function sign(name: string, names: string, dates: readonly string[]): void {
    writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${names}\n`);
    run([
      "req",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-subj",
      "/CN=Service",
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.csr`,
    ]);
    run([
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-extfile",
      `${name}.ext`,
      "-out",
      `${name}.pem`,
      ...dates,
    ]);
  }

  /** A proxy before a service that wants a registration token. Returns its URL. */
  async function served(name: string): Promise<string> {
    const [key, cert] = ["key", "pem"].map((kind) => readFileSync(join(folder, `${name}.${kind}`)));
    const server: Server = createServer({ key, cert }, (_request, response) => {
      const info = { protocol: 1, origin: "https://x", registration: "token", now: new Date().toISOString() };
      response.setHeader("content-type", "application/json").end(JSON.stringify(info));
    });
    return listening(server, "https");
  }

  async function listening(server: Server | ReturnType<typeof createPlainServer>, scheme: string): Promise<string> {
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const init = (url: string, ...more: string[]) => postern(["init", "--service", url, "--json", ...more], { home });
  const errorOf = ({ err }: { err: string }) =>
    (JSON.parse(err) as { error: { name: string; message: string; hint: string } }).error;

  test("of an unknown authority is reported as such, with both ways to name the authority", async () => {
    const refused = await init(await served("right"));
    expect(refused.code).toBe(exitCodes.unreachable);
    expect(errorOf(refused)).toMatchObject({
      name: "offline",
      message: expect.stringContaining("its certificate is not trusted: an authority that this machine does not know"),
    });
    for (const way of ["--ca-file", "NODE_EXTRA_CA_CERTS"]) expect(errorOf(refused).hint).toContain(way);
  });

  test("is trusted once its authority is named, also by an agent that already runs, and by the next", async () => {
    const url = await served("right");
    await init(url);
    const named = await init(url, "--ca-file", join(folder, "ca.pem"));
    expect(errorOf(named).message).toContain("Registration token");
    expect(statSync(join(home, "data", "ca.pem")).mode & 0o777).toBe(0o600);
    await postern(["agent", "stop"], { home });
    expect(errorOf(await init(url)).message).toContain("Registration token");
  });

  test("is trusted with NODE_EXTRA_CA_CERTS", async () => {
    const env = { NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") };
    const named = await postern(["init", "--service", await served("right"), "--json"], { home, env });
    expect(errorOf(named).message).toContain("Registration token");
  });

  test.each([
    ["other", "it is for another name"],
    ["expired", "it has expired"],
  ])("that is %s is reported as such: %s", async (name, why) => {
    const refused = await init(await served(name), "--ca-file", join(folder, "ca.pem"));
    expect(refused.code).toBe(exitCodes.unreachable);
    expect(errorOf(refused).message).toContain(why);
    expect(errorOf(refused).hint).not.toContain("--ca-file");
  });

  test("is reported missing when the other side does not speak TLS", async () => {
    const plain = await listening(
      createPlainServer((_request, response) => response.end("{}")),
      "http",
    );
    expect(errorOf(await init(plain.replace("http:", "https:"))).message).toContain("does not speak TLS");
  });

  test("is not written through a link in its place, nor into a pipe", async () => {
    const company = join(home, "company.pem");
    writeFileSync(company, "the company's own");
    const kept = join(home, "data", "ca.pem");
    mkdirSync(join(home, "data"), { mode: 0o700 });
    for (const lay of [() => symlinkSync(company, kept), () => execFileSync("mkfifo", [kept])]) {
      lay();
      const refused = await init("https://127.0.0.1:1", "--ca-file", join(folder, "ca.pem"));
      expect(refused.code).toBe(exitCodes.usage);
      expect(errorOf(refused).message).toContain("is a link, or no file");
      rmSync(kept);
    }
    expect(readFileSync(company, "utf8")).toBe("the company's own");
  });

  const bad: [string, () => string, string][] = [
    ["holds none", () => "nothing\n", "holds no certificate"],
    [
      "holds a broken one",
      () => `-----BEGIN CERTIFICATE-----\n${"QUJD".repeat(9)}\n-----END CERTIFICATE-----\n`,
      "certificate 1 of",
    ],
    ["holds a private key alone", () => readFileSync(join(folder, "ca.key"), "utf8"), "holds no certificate"],
    [
      "is too long",
      () => `${readFileSync(join(folder, "ca.pem"), "utf8")}${" ".repeat(AUTHORITIES_BYTES_MAX)}`,
      "at most",
    ],
  ];
  test.each(bad)("is not taken from a file that %s, and nothing is changed", async (_what, content, told) => {
    const path = join(home, "given.pem");
    writeFileSync(path, content());
    const refused = await init("https://127.0.0.1:1", "--ca-file", path);
    expect(refused.code).toBe(exitCodes.usage);
    expect(errorOf(refused).message).toContain(told);
    expect(refused.err).not.toContain("QUJDQUJD");
    expect(existsSync(join(home, "data", "ca.pem"))).toBe(false);
  });
});
