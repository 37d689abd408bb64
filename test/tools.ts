// What the tests need beyond npm. Looked for on PATH; on Debian as root what is missing is installed; otherwise the
// tests that need it skip aloud.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Program and the Debian package that brings it. */
const tools: Readonly<Record<string, string>> = {
  nc: "netcat-openbsd",
  "ssh-keygen": "openssh-client",
  strace: "strace",
  setpriv: "util-linux",
  chromium: "chromium",
  dash: "dash",
  zsh: "zsh",
  fish: "fish",
};

/** Whether a program is on PATH. */
export function hasTool(program: string): boolean {
  return toolPath(program) !== undefined;
}

/** Where on PATH a program is. */
export function toolPath(program: string): string | undefined {
  const found = spawnSync("sh", ["-c", `command -v -- "$0"`, program], { encoding: "utf8" });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

/** Installs what is missing where it may (root on Debian), telling what it does. */
export function installTools(): void {
  const missing = Object.entries(tools).filter(([program]) => !hasTool(program));
  if (missing.length === 0) return;
  const packages = missing.map(([, name]) => name);
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) {
    process.stdout.write(
      `test: missing ${missing.map(([program]) => program).join(", ")}; install ${packages.join(" ")} to run every test\n`,
    );
    return;
  }
  process.stdout.write(`test: installing ${packages.join(" ")}\n`);
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["update", "-qq"], { stdio: "inherit", env: environment });
  spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], {
    stdio: "inherit",
    env: environment,
  });
}
