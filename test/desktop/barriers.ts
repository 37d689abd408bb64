// What keeps a person with a screen reader or a keyboard from a page, as axe-core finds it.
import axe from "axe-core";
import type { Page } from "playwright-core";

type Found = {
  readonly id: string;
  readonly impact?: string | null;
  readonly nodes: readonly { readonly html: string }[];
};

/** The serious and critical findings on a page, a line each. */
export async function barriersOn(page: Page): Promise<string[]> {
  // The page's policy forbids scripts that are not its own. The debugger may run one all the same.
  await page.evaluate(axe.source);
  const found: Found[] = await page.evaluate(async () => {
    const { violations } = await (
      globalThis as unknown as { axe: { run(): Promise<{ violations: Found[] }> } }
    ).axe.run();
    return violations;
  });
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
