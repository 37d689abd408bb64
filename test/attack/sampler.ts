// A program without any grant. It asks for things of several classes, in a random order, and prints the microseconds and the outcome of each answer.
// Reads one line of JSON: the socket, the method, the parameters of each class, and the number of samples a class.
import { text } from "node:stream/consumers";
import { openChannel } from "../../clients/typescript/channel.ts";

export type Sampling = {
  readonly socket: string;
  readonly method: string;
  readonly classes: Readonly<Record<string, object>>;
  readonly samples: number;
};

/** The times of each class, and its different outcomes. */
export type Sampled = Readonly<Record<string, { readonly us: number[]; readonly outcomes: string[] }>>;

if (import.meta.main) {
  const { socket, method, classes, samples } = JSON.parse(await text(process.stdin)) as Sampling;
  const channel = await openChannel(socket, { name: "rogue", version: "1" });
  const sampled = Object.fromEntries(
    Object.keys(classes).map((name) => [name, { us: [], outcomes: new Set<string>() }]),
  );
  const ask = async (params: object) => {
    const began = performance.now();
    const outcome = await channel.call(method as never, params as never).then(
      (result: unknown) => JSON.stringify(result),
      ({ errorName, message, hint }: { errorName: string; message: string; hint?: string }) =>
        JSON.stringify([errorName, message, hint]),
    );
    return { us: (performance.now() - began) * 1000, outcome };
  };
  const names = Object.keys(classes);
  for (let turn = -samples / 10; turn < samples; turn++)
    for (const name of names.toSorted(() => Math.random() - 0.5)) {
      const { us, outcome } = await ask(classes[name] ?? {});
      const own = sampled[name] as { us: number[]; outcomes: Set<string> };
      own.outcomes.add(outcome);
      // The first tenth warms both programs up.
      if (turn >= 0) own.us.push(us);
    }
  channel.close();
  const shown = Object.entries(sampled).map(([name, { us, outcomes }]) => [name, { us, outcomes: [...outcomes] }]);
  process.stdout.write(JSON.stringify(Object.fromEntries(shown)));
}
