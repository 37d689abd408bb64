// Tools that the tests need beyond npm. They are looked for on PATH. As root on Debian, missing ones are installed.
// Otherwise the tests that need them skip and report it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A program, or the path of a file, and the Debian packages that it needs. */
const tools: Readonly<Record<string, string>> = {
  nc: "netcat-openbsd",
  "ssh-keygen": "openssh-client",
  ssh: "openssh-client",
  sshd: "openssh-server",
  "xdg-open": "xdg-utils",
  "dbus-daemon": "dbus",
  gdbus: "libglib2.0-bin",
  "systemd-inhibit": "systemd",
  "/usr/lib/python3/dist-packages/dbus/__init__.py": "python3-dbus",
  "/usr/lib/python3/dist-packages/gi/__init__.py": "python3-gi",
  strace: "strace",
  setpriv: "util-linux",
  chromium: "chromium",
  openssl: "openssl",
  less: "less",
  vi: "vim-tiny",
  dash: "dash",
  zsh: "zsh",
  fish: "fish",
  ruby: "ruby",
  javac: "default-jdk-headless",
  gcc: "gcc libc6-dev",
  clang: "clang libclang-rt-dev",
  "musl-gcc": "musl-tools",
  "qemu-aarch64": "qemu-user",
  "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
  readelf: "binutils",
  "pinentry-tty": "pinentry-tty",
  "pinentry-curses": "pinentry-curses",
  "pinentry-qt": "pinentry-qt",
  "pinentry-gtk-2": "pinentry-gtk2",
  Xvfb: "xvfb",
  xdotool: "xdotool",
  import: "imagemagick",
  tmux: "tmux",
  pkttyagent: "polkitd dbus python3-dbus python3-gi",
  "fprintd-enroll": "fprintd libpam-fprintd",
};

/**
 * The folder for tools that are built or downloaded only for tests. It lies beside npm's packages and is removed with
 * them.
 */
const cache = fileURLToPath(new URL("../node_modules/.cache/postern-tests", import.meta.url));

/** Python packages in exact versions, in their own folder. */
const pythonPackages = { folder: join(cache, "python"), dotenv: "python-dotenv==1.2.4" } as const;

/** Docker's readers of env files, built from Docker's own packages. */
const readerSource = fileURLToPath(new URL("./cli/env-readers", import.meta.url));

/** The path of the program, whether it exists or not. The name changes with its sources. */
function readerProgram(): string {
  const hash = createHash("sha256");
  for (const name of ["main.go", "go.mod", "go.sum"]) hash.update(readFileSync(join(readerSource, name)));
  return join(cache, `env-reader-${hash.digest("hex").slice(0, 16)}`);
}

/** The folder with python-dotenv for PYTHONPATH, if it could be installed. */
export function pythonDotenv(): string | undefined {
  return existsSync(join(pythonPackages.folder, "dotenv")) && hasTool("python3") ? pythonPackages.folder : undefined;
}

/** The program that reads env files as Docker does, if it could be built. */
export function dockerReader(): string | undefined {
  const program = readerProgram();
  return existsSync(program) ? program : undefined;
}

function installReaders(): void {
  if (pythonDotenv() === undefined && hasTool("python3")) {
    process.stdout.write(`test: installing ${pythonPackages.dotenv}\n`);
    const words = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", pythonPackages.folder];
    spawnSync("python3", [...words, pythonPackages.dotenv], { stdio: "inherit" });
  }
  if (dockerReader() === undefined && hasTool("go")) {
    process.stdout.write("test: building Docker's readers of env files\n");
    spawnSync("go", ["build", "-o", readerProgram(), "."], { stdio: "inherit", cwd: readerSource });
  }
}

/** Whether a program is on PATH. */
export function hasTool(program: string): boolean {
  return program.startsWith("/") ? existsSync(program) : toolPath(program) !== undefined;
}

/** The path of a program on PATH. */
export function toolPath(program: string): string | undefined {
  const found = spawnSync("sh", ["-c", `command -v -- "$0"`, program], { encoding: "utf8" });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

/** Installs missing tools where it may, as root on Debian, and prints each step. */
export function installTools(): void {
  installPackages();
  installReaders();
}

function installPackages(): void {
  const missing = Object.entries(tools).filter(([program]) => !hasTool(program));
  if (missing.length === 0) return;
  const packages = missing.flatMap(([, names]) => names.split(" "));
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
