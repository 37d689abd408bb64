// What programs/official.py prints, with the official package and with ours.
import { SECRET } from "../demo-agent.ts";

export const officialOutput = [
  SECRET,
  String(SECRET.length),
  "itemNotFound",
  "['Demo', 'Personal']",
  "6",
  "2 Shop, renamed True",
  "True",
  "[('Shop, renamed', True)]",
  "True True",
  "[None, None, 'itemNotFound']",
  "item couldn't be found",
  "3 48",
  'the secret reference could not be parsed: secret reference has invalid format - must be "op://<vault>/<item>/[section/]field[?attribute=<attribute-value>]"',
  "",
].join("\n");
