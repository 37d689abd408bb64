// Go: programs compiled with our module and with the official one. Both are compiled with cgo, as Go does where there is a compiler.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type GoProject,
  hasGo,
  makeGoProject,
  makeOfficialProject,
  OURS,
  THEIRS,
} from "../../toolchains/go/project.ts";
import type { Absent, Client, Entry } from "./contestant.ts";

const programs = fileURLToPath(new URL("./go", import.meta.url));
const LANGUAGE = "Go";

/** A start of ours is to be this many times faster. The official module brings a WebAssembly runtime. */
const START_TIMES = 5;

export async function goRace(
  bridge: Absent | undefined,
): Promise<{ readonly entry: Entry; readonly remove: () => void }> {
  if (!hasGo) return { entry: { language: LANGUAGE, absent: "Go is not on this machine" }, remove: () => undefined };
  const ours = makeGoProject();
  const theirs = bridge === undefined ? makeOfficialProject() : undefined;
  const remove = () => {
    ours.remove();
    theirs?.remove();
  };
  const nothing = [await compile(ours, "nothing")] as const;
  const client = async (project: GoProject): Promise<Client> => ({
    command: [await compile(project, "resolve")],
    byToken: [await compile(project, "token")],
    nothing,
  });
  const official =
    theirs === undefined
      ? (bridge ?? { absent: "the official Go module cannot be fetched" })
      : await client(theirs).catch((error: unknown) => {
          remove();
          throw error;
        });
  const entry = {
    language: LANGUAGE,
    floor: [await compile(ours, "floor")] as const,
    bare: [await compile(ours, "bare")] as const,
    own: await client(ours),
    official,
    startTimes: START_TIMES,
  };
  return { entry, remove };

  /** Compiles a program of this folder. Where the project has our module, its import line says so. */
  async function compile(project: GoProject, name: string): Promise<string> {
    const figures = "figures/figures.go";
    project.write(figures, readFileSync(join(programs, figures), "utf8"));
    const text = readFileSync(join(programs, name, "main.go"), "utf8");
    project.write(`${name}/main.go`, project === ours ? text.replace(`"${THEIRS}"`, `onepassword "${OURS}"`) : text);
    const made = join(project.folder, "made", name);
    const ran = await project.run(["go", "build", "-o", made, `./${name}`], { CGO_ENABLED: "1" });
    if (ran.code !== 0) throw new Error(ran.err);
    return made;
  }
}
