// The line of /proc/PID/stat. Its second field is the program's own name, which may hold spaces, brackets and newlines. So fields are counted
// from the last closing bracket, which the kernel wrote after the name.

/** The used fields of the line, with the numbers of proc(5). */
export type ProcessStat = {
  readonly pid: number;
  /** R, S, D, Z (ended, not yet reaped), X … */
  readonly state: string;
  readonly ppid: number;
  /** The session, by the pid of its leader. */
  readonly sessionId: number;
  /** Its process group. A shell makes one for each job. */
  readonly group: number;
  /** Device number of the controlling terminal, 0 without one. */
  readonly ttyDevice: number;
  /** The process group in the foreground of that terminal: the keys are its. -1 without a terminal. */
  readonly foregroundGroup: number;
  /** Clock ticks from boot to the process's start. Together with the pid it names a process until the next boot. */
  readonly startTicks: number;
  /** Address of the bottom of the stack, in decimal. Each exec gives a new one. "0" where the kernel hides it. */
  readonly stackStart: string;
};

/** The least number of fields after the name: up to startstack, number 28 of proc(5). */
const FIELDS_MIN = 28 - 2;

/** Parses the line. Undefined where it is no such line (the process ended while it was read). */
export function parseStat(line: string): ProcessStat | undefined {
  const open = line.indexOf(" (");
  const close = line.lastIndexOf(") ");
  if (open === -1 || close < open) return undefined;
  const fields = line
    .slice(close + 2)
    .trimEnd()
    .split(" ");
  // Field 3 of proc(5), the state, is the first here.
  const at = (field: number): string => fields[field - 3] ?? "";
  const numbers = [line.slice(0, open), at(4), at(5), at(6), at(7), at(8), at(22)].map(integer);
  const [pid, ppid, group, sessionId, ttyDevice, foregroundGroup, startTicks] = numbers;
  const stackStart = at(28);
  if (fields.length < FIELDS_MIN || !/^[A-Za-z]$/.test(at(3)) || !/^\d{1,20}$/.test(stackStart)) return undefined;
  if (
    pid === undefined ||
    ppid === undefined ||
    group === undefined ||
    sessionId === undefined ||
    ttyDevice === undefined ||
    foregroundGroup === undefined ||
    startTicks === undefined
  )
    return undefined;
  return { pid, state: at(3), ppid, group, sessionId, ttyDevice, foregroundGroup, startTicks, stackStart };
}

function integer(text: string): number | undefined {
  const value = /^-?\d{1,20}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
