// The section of a version in CHANGELOG.md: `## 1.2.3, unreleased` while it is written, `## 1.2.3, 2026-11-29` once it is released.
import type { Fault } from "./fault.ts";

export type Section = {
  readonly version: string;
  /** The day of the release. Undefined while it is unreleased. */
  readonly day: string | undefined;
  readonly text: string;
};

const HEADING = /^## (\d+\.\d+\.\d+), (?:unreleased|(\d{4}-\d{2}-\d{2}))$/;

/** The newest section. Undefined where the first heading of that level is no version. */
export function newestSection(changelog: string): Section | undefined {
  const lines = changelog.split("\n");
  const first = lines.findIndex((line) => line.startsWith("## "));
  const found = HEADING.exec(lines[first] ?? "");
  if (found === null) return undefined;
  const rest = lines.slice(first + 1);
  const next = rest.findIndex((line) => line.startsWith("## "));
  const text = rest.slice(0, next === -1 ? undefined : next).join("\n");
  return { version: found[1] ?? "", day: found[2], text: text.trim() };
}

/** The faults of the changelog for this version. */
export function changelogFaults(changelog: string, version: string): Fault[] {
  const section = newestSection(changelog);
  if (section === undefined)
    return [
      {
        what: "CHANGELOG.md does not begin with the section of a version",
        next: `write "## ${version}, unreleased", and below it what the version brings`,
      },
    ];
  if (section.version !== version)
    return [
      {
        what: `CHANGELOG.md begins with ${section.version}, and package.json says ${version}`,
        next: "write a section for the version, or correct the version in package.json and run npm run generate",
      },
    ];
  if (!/^- ./m.test(section.text))
    return [{ what: `the section of ${version} in CHANGELOG.md has no entry`, next: "say what the version brings" }];
  return [];
}

/** The reasons in the changelog against tagging this version. */
export function undatedFaults(changelog: string): Fault[] {
  const section = newestSection(changelog);
  if (section === undefined || section.day !== undefined) return [];
  return [
    {
      what: `CHANGELOG.md calls ${section.version} unreleased`,
      next: "write the day of the release in its place, and commit that",
    },
  ];
}
