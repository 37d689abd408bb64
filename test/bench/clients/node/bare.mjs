// A bare socket program: a socket and JSON, as one would write it without a client.
import { connect } from "node:net";
import { measured } from "./figures.mjs";

const request = JSON.parse(process.env.LINE);
const agent = connect(process.env.SOCKET).setEncoding("utf8");
const waiting = new Map();
let rest = "";
let id = 0;

agent.on("data", (text) => {
  const lines = (rest + text).split("\n");
  rest = lines.pop();
  for (const line of lines) {
    const answer = JSON.parse(line);
    const resolve = waiting.get(answer.id);
    waiting.delete(answer.id);
    resolve(answer.result?.secret);
  }
});

const resolve = () =>
  new Promise((told) => {
    waiting.set(++id, told);
    agent.write(`${JSON.stringify({ ...request, id })}\n`);
  });

if (!(await resolve())) throw new Error("the secret is empty");
console.log(JSON.stringify(await measured(resolve, Number(process.argv[2]))));
agent.destroy();
