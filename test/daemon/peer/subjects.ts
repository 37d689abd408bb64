// Subjects for tests of the parts behind the socket.
import type { Subject } from "../../../daemon/peer/subject.ts";

export function subject(name: string, family = name): Subject {
  return {
    kind: "process",
    key: `process|${name}`,
    family,
    program: `/usr/bin/${name}`,
    throughCommand: false,
    pid: 42,
  };
}
