// The floor of a start: bare Node that listens on a socket and answers.
require("node:net")
  .createServer((socket) => {
    socket.on("data", () => socket.write("{}\n"));
    socket.on("error", () => socket.destroy());
  })
  .listen(process.argv[2]);
