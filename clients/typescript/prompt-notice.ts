// Says at the terminal that the program waits for a person, where the program has no listener of its own.

/** Prompts that are remembered as told. The agent opens no more at once. */
const TOLD_MAX = 24;

/** The code of a prompt as every agent writes it. Anything else could redraw the terminal. */
const CODE = /^[A-Za-z0-9-]{1,16}$/;

/** Tells of each prompt once, however many calls wait for it. Says nothing where stderr is no terminal. */
export function createPromptNotice(name: string): (prompt: string, code: string) => void {
  const told = new Set<string>();
  return (prompt, code) => {
    if (told.has(prompt) || !CODE.test(code) || !process.stderr.isTTY) return;
    const [oldest] = told;
    if (told.size >= TOLD_MAX && oldest !== undefined) told.delete(oldest);
    told.add(prompt);
    process.stderr.write(
      `${name}: waiting for your approval, code ${code}\n  next: run \`postern approve ${code}\` in another terminal\n`,
    );
  };
}

/** Tells that calls wait for an unlock: once, until those calls have ended. Says nothing where stderr is no terminal. */
export function createUnlockNotice(name: string): (expiresAt: string) => void {
  let untilMs = 0;
  return (expiresAt) => {
    if (Date.now() < untilMs || !process.stderr.isTTY) return;
    untilMs = Date.parse(expiresAt);
    process.stderr.write(`${name}: waiting for your unlock\n  next: run \`postern unlock\` in another terminal\n`);
  };
}
