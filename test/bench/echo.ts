// The lower bound: a Node server that parses each line and answers {jsonrpc, id, result}.
import { createServer } from "node:net";

const [path = ""] = process.argv.slice(2);
createServer((socket) => {
  let held = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    held += text;
    for (let at = held.indexOf("\n"); at !== -1; at = held.indexOf("\n")) {
      const { id } = JSON.parse(held.slice(0, at)) as { id: number };
      held = held.slice(at + 1);
      socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, result: {} })}\n`);
    }
  });
  socket.on("error", () => socket.destroy());
}).listen(path, () => process.stdout.write("listening\n"));
