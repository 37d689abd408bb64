// What Electron is to the main process of a program, as far as a bundle can tell: the module, and the marks on `process`. It plays the
// window, which asks twice. electron-stage.cjs BUNDLE.
const { EventEmitter } = require("node:events");
const Module = require("node:module");

const handlers = new Map();
const app = Object.assign(new EventEmitter(), { whenReady: () => Promise.resolve(), isPackaged: true });
const electron = { app, ipcMain: { handle: (name, handler) => handlers.set(name, handler) } };

Object.defineProperty(process.versions, "electron", { value: "40.0.0" });
Object.defineProperty(process, "type", { value: "browser" });
const load = Module._load;
Module._load = (name, ...rest) => (name === "electron" ? electron : load(name, ...rest));

app.once("program-ready", async () => {
  console.log(await handlers.get("secret")());
  const { isItsClass, name } = structuredClone(await handlers.get("wrong")());
  console.log(isItsClass, name);
  app.emit("will-quit");
});
require(process.argv[2]);
