// Asks git about the tree, and makes the tag.
import { execFileSync } from "node:child_process";
import type { Fault } from "./fault.ts";

const MAIN = "main";

const git = (root: string, ...words: string[]) =>
  execFileSync("git", words, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();

export const tagName = (version: string): string => `v${version}`;

/** The reasons against tagging this tree. A tag must name a commit that everybody has. */
export function treeFaults(root: string, version: string): Fault[] {
  const branch = git(root, "branch", "--show-current");
  const changed = git(root, "status", "--porcelain");
  const tag = tagName(version);
  return [
    ...(branch === MAIN
      ? []
      : [
          {
            what: branch === "" ? "no branch is checked out" : `the branch is ${branch}, not ${MAIN}`,
            next: `bring it into ${MAIN}, and release from there`,
          },
        ]),
    ...(changed === ""
      ? []
      : [
          {
            what: `the tree is not clean: ${changed.split("\n").length} paths`,
            next: "commit them, or take them away",
          },
        ]),
    ...(git(root, "tag", "--list", tag) === ""
      ? []
      : [
          {
            what: `the tag ${tag} is there already`,
            next: "raise the version in package.json, and run npm run generate",
          },
        ]),
  ];
}

/** Tags the checked-out commit. `text` describes the version. */
export function tag(root: string, version: string, text: string): void {
  // Here lines with # are headings, and no comments of git.
  git(
    root,
    "tag",
    "--annotate",
    "--cleanup=whitespace",
    "--message",
    `Postern ${version}\n\n${text}`,
    tagName(version),
  );
}

export const commit = (root: string): string => git(root, "rev-parse", "--short", "HEAD");
