// --device-name: the name of this machine in the account's list of devices.
import { UsageError } from "../terminal/exit-code.ts";

/** Characters that the agent takes. It keeps the first 64. */
const LENGTH_MAX = 256;

export type DeviceNameOption = { deviceName?: string };

export const deviceNameOption = [
  "--device-name <name>",
  "what this machine is called on the list of devices (its host name)",
] as const;

/** Checks a device name. Throws UsageError. */
export function demandDeviceName(name: string, what = "--device-name"): string {
  if (name.trim() === "" || name.length > LENGTH_MAX)
    throw new UsageError(`${what} has 1 to ${LENGTH_MAX} characters`, "for one, workbench");
  return name;
}

/** The device name as a parameter for the agent. Throws UsageError. */
export const deviceNameOf = ({ deviceName }: DeviceNameOption) =>
  deviceName === undefined ? {} : { deviceName: demandDeviceName(deviceName) };
