// Whether the environment of a process makes it load code that its command line does not name. Only that yes or no leaves this file: the
// values are the process's own, and are kept nowhere.
import { type Interpreter, interpreters } from "./interpreters.ts";

/** Bytes of an environment that are read. Usual ones have a few thousand. A longer one could hide a variable, so it counts as a yes. */
export const ENVIRONMENT_BYTES_MAX = 128 * 1024;

/** Variables of the dynamic loader and of libraries that load further ones. They work in every program. */
const everywhere = /^(LD_.*|GCONV_PATH|OPENSSL_(CONF|MODULES|ENGINES))$/;

/**
 * Whether a variable that loads code is set. `environment` is undefined where it cannot be read or is too long, which counts as a yes. A
 * program that is no interpreter may hold one, so all variables count there.
 */
export function environmentLoads(interpreter: Interpreter | undefined, environment: string | undefined): boolean {
  if (environment === undefined) return true;
  const those = interpreter === undefined ? all : [interpreter.variables];
  return environment.split("\0").some((entry) => {
    const equals = entry.indexOf("=");
    // An empty one does nothing.
    if (equals <= 0 || equals === entry.length - 1) return false;
    const name = entry.slice(0, equals);
    return everywhere.test(name) || those.some((variables) => variables.test(name));
  });
}

const all = [...new Set(Object.values(interpreters).map(({ variables }) => variables))];
