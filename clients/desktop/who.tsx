// Who asks: the program as the agent saw it, and what the program says of itself, told apart.
import type { ComponentChildren } from "preact";
import { nameOf, type Prompt, type PromptAsker, shown } from "./prompt.ts";

/** The asking program in a word or two: its script, where the agent saw that open. */
export function askerName({ program, script, isScriptSeen }: PromptAsker): string {
  return script !== undefined && isScriptSeen === true ? nameOf(script) : nameOf(program);
}

/** What an asker says that it runs, in a word. Undefined where it says nothing, or was seen to. */
export function askerClaim({ script, isScriptSeen, claim }: PromptAsker): string | undefined {
  if (script !== undefined && isScriptSeen !== true) return nameOf(script);
  return claim === undefined ? undefined : shown(claim, 60);
}

/** Programs above the asker that are named. A person looks for the one that they started, which is near. */
const ABOVE_MAX = 4;

export function WhoAsks({ who, prompt }: { who: PromptAsker; prompt: Prompt }) {
  const { program, script, isScriptSeen, claim, terminal, folder, startedBy, integration, pid } = who;
  const isSeen = script !== undefined && isScriptSeen === true;
  return (
    <dl class="facts">
      <Fact name="Program">
        {isSeen ? (
          <>
            <bdi>{shown(script)}</bdi>
            <span class="soft">
              {" "}
              run by <bdi>{shown(program)}</bdi>
            </span>
          </>
        ) : (
          <bdi>{shown(program)}</bdi>
        )}
        <span class="soft"> process {pid}</span>
      </Fact>
      {script !== undefined && !isSeen && (
        <Fact name="Says it runs" isClaim>
          <bdi>{shown(script)}</bdi>
        </Fact>
      )}
      {claim !== undefined && (
        <Fact name="Says it runs" isClaim>
          <bdi>{shown(claim)}</bdi>
        </Fact>
      )}
      {integration !== undefined && (
        <Fact name="Calls itself" isClaim>
          <bdi>
            {shown(integration.name, 64)} {shown(integration.version, 64)}
          </bdi>
        </Fact>
      )}
      {startedBy.length > 0 && (
        <Fact name="Started by">
          {startedBy.slice(0, ABOVE_MAX).map((path, at) => (
            <span title={shown(path)}>
              {at > 0 && <span class="soft"> in </span>}
              <bdi>{nameOf(path)}</bdi>
            </span>
          ))}
          {startedBy.length > ABOVE_MAX && <span class="soft"> and {startedBy.length - ABOVE_MAX} more</span>}
        </Fact>
      )}
      {(terminal !== undefined || folder !== undefined) && (
        <Fact name="Where">
          {terminal !== undefined && <bdi>{shown(terminal, 60)}</bdi>}
          {terminal !== undefined && folder !== undefined && <span class="soft"> in </span>}
          {folder !== undefined && <bdi>{shown(folder)}</bdi>}
        </Fact>
      )}
      {prompt.waiters > 1 && <Fact name="Waiting">{prompt.waiters} requests of it</Fact>}
    </dl>
  );
}

function Fact({ name, isClaim = false, children }: { name: string; isClaim?: boolean; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>
        {children}
        {isClaim && <OwnWords />}
      </dd>
    </div>
  );
}

/** Marks the text before it as what a program says of itself. */
export function OwnWords() {
  return (
    <>
      {" "}
      <span class="claim">its own words</span>
    </>
  );
}
