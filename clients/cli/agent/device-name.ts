// --device-name: what this machine is called on the account's list of devices.
import { UsageError } from "../terminal/exit-code.ts";

/** Characters that the agent takes; it cuts what it keeps to 64. */
const LENGTH_MAX = 256;

export type DeviceNameOption = { deviceName?: string };

export const deviceNameOption = [
  "--device-name <name>",
  "what this machine is called on the list of devices (its host name)",
] as const;

/** A name that can be one. Throws UsageError. */
export function demandDeviceName(name: string, what = "--device-name"): string {
  if (name.trim() === "" || name.length > LENGTH_MAX)
    throw new UsageError(`${what} has 1 to ${LENGTH_MAX} characters`, "for one, workbench");
  return name;
}

/** As the agent takes it. Throws UsageError. */
export const deviceNameOf = ({ deviceName }: DeviceNameOption) =>
  deviceName === undefined ? {} : { deviceName: demandDeviceName(deviceName) };
