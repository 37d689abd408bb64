// A thread that looks at one new PIN and ends. What zxcvbn knows takes 30 MB, which end with it.
import { parentPort, workerData } from "node:worker_threads";
import { loadPinGuessing } from "./guessed-pin.ts";

const { pin, names } = workerData as { readonly pin: string; readonly names: readonly string[] };

// No top-level await: the bundle is CommonJS. A failure ends the thread with its error.
void loadPinGuessing(names).then((isGuessed) => parentPort?.postMessage(isGuessed(pin)));
