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

/** The name of an account that a shell takes as it is, or between quotes. Another one is not repeated. */
const ACCOUNT = /^[A-Za-z0-9._@ -]+$/;

function unlockCommand(account: string): string {
  if (!ACCOUNT.test(account)) return "postern unlock";
  return `postern --account ${account.includes(" ") ? `'${account}'` : account} unlock`;
}

/**
 * Tells that calls wait for an unlock of the account: once, until those calls have ended. Says nothing where stderr is no terminal. An
 * empty account means the default one.
 */
export function createUnlockNotice(name: string, account: string): (expiresAt: string) => void {
  let untilMs = 0;
  return (expiresAt) => {
    if (Date.now() < untilMs || !process.stderr.isTTY) return;
    untilMs = Date.parse(expiresAt);
    const command = unlockCommand(account);
    process.stderr.write(`${name}: waiting for your unlock\n  next: run \`${command}\` in another terminal\n`);
  };
}
