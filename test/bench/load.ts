// The load, in its own process. It sends encoded lines over open connections and times the answers. The echo and the agent get the same load. It
// prints one JSON line.
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const [path = "", line = "", connectionsText = "1", inFlightText = "1", countText = "1000"] = process.argv.slice(2);
const connections = Number(connectionsText);
const inFlight = Number(inFlightText);
const count = Number(countText);
const NEWLINE = 0x0a;
// Two requests in flight may not have the same id.
const [before, after] = JSON.stringify({ ...JSON.parse(line), id: "ID" }).split('"ID"');
let ids = 0;
const request = () => `${before}${++ids}${after}\n`;

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket));
    socket.once("error", reject);
  });
}

/** Keeps `inFlight` requests open until `total` are answered. Returns the time of each in microseconds. */
function drive(socket: Socket, total: number): Promise<number[]> {
  const times: number[] = [];
  const started: number[] = [];
  let sent = 0;
  const send = () => {
    started.push(performance.now());
    sent++;
    socket.write(request());
  };
  return new Promise((resolve, reject) => {
    let held = 0;
    socket.on("data", (chunk: Buffer) => {
      if (chunk.includes('"error":{')) return reject(new Error("the server answered an error"));
      // `indexOf` searches natively. A loop over megabytes of bytes would take longer than the answer.
      for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) {
        times.push((performance.now() - (started[held++] ?? 0)) * 1000);
        if (times.length === total) return resolve(times);
        if (sent < total) send();
      }
    });
    socket.once("close", () => reject(new Error("the server closed the connection")));
    for (let index = 0; index < Math.min(inFlight, total); index++) send();
  });
}

// The first request goes alone. It may wait for approval, and its answer must be a result.
const first = await open();
const start = once(first, "data");
await drive(first, 1);
const answer = String((await start)[0]).slice(0, 200);
if (!answer.includes('"result"')) throw new Error(`the server answered no result: ${answer}`);
first.removeAllListeners("data");
await drive(first, Math.min(2000, count));

const sockets = [first, ...(await Promise.all(Array.from({ length: connections - 1 }, open)))];
for (const socket of sockets) socket.removeAllListeners("data");
const began = performance.now();
const times = (await Promise.all(sockets.map((socket) => drive(socket, Math.ceil(count / connections)))))
  .flat()
  .sort((a, b) => a - b);
const seconds = (performance.now() - began) / 1000;
const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
process.stdout.write(`${JSON.stringify({ p50: at(0.5), p99: at(0.99), perSecond: times.length / seconds })}\n`);
process.exit(0);
