// The main process of an Electron program: it asks Electron for a window once Electron is ready, and reads a secret for it.
const { app, ipcMain } = require("electron");
const { createClient, errors } = require("@postern/client");

app.whenReady().then(async () => {
  const { TOKEN, REFERENCE } = process.env;
  const client = await createClient({ auth: TOKEN, integrationName: "shop", integrationVersion: "1.0.0" });
  ipcMain.handle("secret", () => client.secrets.resolve(REFERENCE));
  ipcMain.handle("wrong", () => client.secrets.resolve("op://Demo/NOTHING/password").catch(told));
  app.on("will-quit", () => client.close());
  app.emit("program-ready");
});

/** A structured clone keeps these of an error, and not its class. */
const told = (error) => ({ isItsClass: error instanceof errors.ItemNotFoundError, name: error.name });
