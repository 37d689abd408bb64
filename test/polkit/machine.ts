// A machine of the test's own, with the real polkitd, bus, PAM and pkttyagent: a mount namespace in which a normal user exists. Nothing of the
// real machine is changed. It takes root.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ACTION_FILE, ACTION_FOLDER } from "../../daemon/polkit/action-file.ts";
import { hasTool } from "../tools.ts";

export const USER = { name: "postern-ada", uid: 61_234, password: "a password of the system" } as const;

const POLKITD = ["/usr/lib/polkit-1/polkitd", "/usr/libexec/polkitd"].find(existsSync);
const FPRINTD = "/usr/libexec/fprintd";
const tools = ["nc", "nsenter", "setpriv", "openssl", "dbus-daemon", "pkttyagent", "pkcheck"];

/** Why the tests cannot run here. Undefined where they can. */
export const cannotRun: string | undefined =
  process.getuid?.() !== 0
    ? "not root"
    : spawnSync("unshare", ["--mount", "true"]).status !== 0
      ? "no mount namespaces"
      : POLKITD === undefined
        ? "no polkitd"
        : tools.find((tool) => !hasTool(tool));

/** The same for the finger. Its sensor alone is none: libfprint's own virtual one, to which the test writes what lies on it. */
export const cannotTouch: string | undefined =
  cannotRun ?? (existsSync(FPRINTD) ? ["fprintd-enroll"].find((tool) => !hasTool(tool)) : "no fprintd");

/** The sensor, on the machine. */
export const SENSOR = "/run/fprint/sensor";

export type Machine = {
  /** The words that run a program on it as its user. */
  asUser(words: readonly string[]): string[];
  /** The words that run a program on it as root. */
  asRoot(words: readonly string[]): string[];
  /** Runs a program on it as root, and returns its output. */
  root(words: readonly string[]): string;
  /** A folder of the user's, seen from outside too. */
  readonly home: string;
  remove(): void;
};

/** Everything that the real machine has there stays as it is: each place is covered. It ends with its stdin, and so with the test in any case. */
const SCRIPT = `set -e
mount -t tmpfs -o mode=755 none /run
mkdir /run/dbus /run/fprint
mount -t tmpfs -o mode=755 none /usr/share/polkit-1/actions
cp "$0/actions/"* /usr/share/polkit-1/actions
rm -f /usr/share/polkit-1/actions/${ACTION_FILE}
mount -t tmpfs -o mode=755 none /etc/polkit-1
mkdir /etc/polkit-1/rules.d
for file in passwd shadow group; do mount --bind "$0/$file" "/etc/$file"; done
mount --bind "$0/pam.d" /etc/pam.d
if test -d /var/lib/fprint; then mount -t tmpfs -o mode=700 none /var/lib/fprint; fi
dbus-daemon --system --nofork --nopidfile &
until test -S /run/dbus/system_bus_socket; do read -t 0.02 nothing <> "$0/never" || true; done
${POLKITD} --no-debug &
if test -n "$FP_VIRTUAL_DEVICE"; then ${FPRINTD} --no-timeout & fi
echo ready
cat > /dev/null
kill -KILL 0
`;

/** `pam` are lines before those that the machine has for polkit. With `finger` there is a sensor. */
export async function startMachine({ pam = "", finger = false } = {}): Promise<Machine> {
  const folder = mkdtempSync(join(tmpdir(), "postern-polkit-"));
  const files = join(folder, "etc");
  mkdirSync(files);
  // fprintd asks polkit too, about actions of its own.
  cpSync(ACTION_FOLDER, join(files, "actions"), { recursive: true });
  execFileSync("mkfifo", [join(files, "never")]);
  writeAccounts(files);
  const settings = ["/etc/pam.d/polkit-1", "/usr/lib/pam.d/polkit-1"].find(existsSync) ?? "";
  cpSync("/etc/pam.d", join(files, "pam.d"), { recursive: true });
  // Where the real machine asks for a finger too, the test's lines are the only ones.
  for (const name of readdirSync(join(files, "pam.d"))) withoutFinger(join(files, "pam.d", name));
  writeFileSync(join(files, "pam.d", "polkit-1"), `${pam}${readFileSync(settings, "utf8")}`);
  const home = join(folder, "home");
  mkdirSync(home, { mode: 0o700 });
  execFileSync("chown", [`${USER.uid}:${USER.uid}`, home]);
  execFileSync("chmod", ["711", folder]);
  const env = {
    PATH: process.env.PATH ?? "",
    FP_VIRTUAL_DEVICE: finger ? SENSOR : "",
    STATE_DIRECTORY: "/var/lib/fprint",
  };
  const child = spawn("unshare", ["--mount", "bash", "-c", SCRIPT, files], { detached: true, stdio: "pipe", env });
  const remove = () => {
    process.kill(-(child.pid ?? 0), "SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  await printed(child, "ready");
  const enter = ["nsenter", `--mount=/proc/${child.pid}/ns/mnt`, "--"];
  const root: Machine["root"] = (words) => {
    const [program = "", ...rest] = [...enter, ...words];
    return execFileSync(program, rest, { encoding: "utf8", stdio: "pipe" });
  };
  return {
    home,
    asUser: (words) => [
      ...enter,
      "setpriv",
      "--reuid",
      `${USER.uid}`,
      "--regid",
      `${USER.uid}`,
      "--clear-groups",
      "--",
      ...words,
    ],
    asRoot: (words) => [...enter, ...words],
    root,
    remove,
  };
}

function withoutFinger(path: string): void {
  if (!statSync(path).isFile()) return;
  const lines = readFileSync(path, "utf8").split("\n");
  writeFileSync(path, lines.filter((line) => !line.includes("pam_fprintd")).join("\n"));
}

/** The machine's users, and one more with a password. */
function writeAccounts(files: string): void {
  const hash = execFileSync("openssl", ["passwd", "-6", USER.password], { encoding: "utf8" }).trim();
  const lines = {
    passwd: `${USER.name}:x:${USER.uid}:${USER.uid}::/nonexistent:/bin/sh`,
    shadow: `${USER.name}:${hash}:20000:0:99999:7:::`,
    group: `${USER.name}:x:${USER.uid}:`,
  };
  for (const [name, line] of Object.entries(lines)) {
    const path = join(files, name);
    copyFileSync(`/etc/${name}`, path);
    writeFileSync(path, `${readFileSync(path, "utf8").trimEnd()}\n${line}\n`);
    if (name === "shadow") execFileSync("chmod", ["640", path]);
  }
}

/** Waits until a program has printed a line. */
export function printed(child: ChildProcess, line: string): Promise<void> {
  let text = "";
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (more: string) => {
        text += more;
        if (text.split("\n").slice(0, -1).includes(line)) resolve();
      });
    child.once("close", () => reject(new Error(`it ended before it printed ${line}: ${text}`)));
  });
}
