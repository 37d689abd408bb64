// The little of node-ipc 14.0.0 that listen.ts uses; the package ships no types.
declare module "node-ipc" {
  import type { Server, Socket } from "node:net";

  export class IPCModule {
    config: Record<string, unknown>;
    server: {
      /** The listening server, there once start() has returned. */
      server: Server;
      sockets: Socket[];
      on(event: "connect", listener: (socket: Socket) => void): void;
      on(event: "error", listener: (error: Error) => void): void;
      start(): void;
    };
    serve(path: string, onStart: () => void): void;
  }
}
