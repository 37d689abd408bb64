// What an interpreter says it runs. The command lines here are read as text; interpreters.test.ts starts the interpreters themselves.
import { describe, expect, test } from "vitest";
import { interpreterAt, readCommandLine } from "../../../daemon/peer/command-line.ts";

/** `app.js`, `module http.server`, `class shop.Main`, `code`, or `nothing`; then `+ other` where other code is loaded. */
function said(executable: string, words: readonly string[]): string {
  const interpreter = interpreterAt(executable);
  if (interpreter === undefined) return "no interpreter";
  const { runs, loadsOther } = readCommandLine(interpreter, words.slice(1));
  const what =
    runs === undefined
      ? "nothing"
      : runs.is === "file"
        ? runs.path
        : runs.is === "code"
          ? "code"
          : `${runs.is} ${runs.name}`;
  return `${what}${loadsOther && runs?.is !== "code" ? " + other" : ""}`;
}

const rows: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  "/usr/bin/node": [
    ["node app.js --flag", "app.js"],
    ["node app.js -e code", "app.js"],
    ["node -- -odd.js", "-odd.js"],
    ["node", "nothing"],
    ["node -", "code"],
    ["node - app.js", "code"],
    ["node -e code app.js", "code"],
    ["node --eval code", "code"],
    ["node --eval=code app.js", "code"],
    ["node -eCODE app.js", "code"],
    ["node -p code", "code"],
    ["node -pe code app.js", "code"],
    ["node --print=code app.js", "code"],
    ["node --no-warnings -i app.js", "code"],
    ["node --check app.js", "nothing"],
    ["node --run start", "nothing"],
    ["node --title name --stack-trace-limit=50 app.js", "app.js"],
    ["node --max-old-space-size=100 --enable-source-maps app.js", "app.js"],
    ["node --conditions dev -C prod app.js", "app.js"],
    ["node --no-warnings --require hook.js app.js x", "app.js + other"],
    ["node --require=hook.js app.js", "app.js + other"],
    ["node -r hook.js app.js", "app.js + other"],
    ["node --import=data:text/javascript,code app.js", "app.js + other"],
    ["node --import data:text/javascript,code app.js", "app.js + other"],
    ["node --loader hook.js app.js", "app.js + other"],
    ["node --experimental-loader=hook.js app.js", "app.js + other"],
    ["node --experimental_loader hook.js app.js", "app.js + other"],
    ["node --inspect app.js", "app.js + other"],
    ["node --inspect-brk=0 app.js", "app.js + other"],
    ["node --env-file .env app.js", "app.js + other"],
    ["node --snapshot-blob x.blob app.js", "app.js + other"],
    ["node --entry-url data:text/javascript,code", "code"],
    ["node --entry-url file:///srv/app%20one.js", "/srv/app one.js"],
  ],
  "/usr/bin/bun": [
    ["bun main.ts", "main.ts"],
    ["bun run main.ts", "main.ts"],
    ["bun --smol run --watch main.ts", "main.ts"],
    ["bun run run", "run"],
    ["bun -e code main.ts", "code"],
    ["bun -ecode main.ts", "code"],
    ["bun --eval=code main.ts", "code"],
    ["bun -pcode", "code"],
    ["bun exec code", "code"],
    ["bun --preload ./pre.ts main.ts", "main.ts + other"],
    ["bun --preload=./pre.ts main.ts", "main.ts + other"],
    ["bun -r ./pre.ts main.ts", "main.ts + other"],
    ["bun -r./pre.ts run main.ts", "main.ts + other"],
    ["bun --define A:B main.ts", "main.ts + other"],
    ["bun x cowsay", "nothing"],
  ],
  "/usr/bin/deno": [
    ["deno run --allow-net main.ts", "main.ts"],
    ["deno main.ts", "main.ts"],
    ["deno --log-level debug run -A main.ts", "main.ts"],
    ["deno run --location http://here main.ts", "main.ts"],
    ["deno run npm:cowsay", "module npm:cowsay"],
    ["deno run https://example.com/x.ts", "module https://example.com/x.ts"],
    ["deno run data:text/javascript,code", "code"],
    ["deno run -", "code"],
    ["deno eval code", "code"],
    ["deno -q eval code", "code"],
    ["deno task start", "nothing"],
    ["deno run --preload pre.ts main.ts", "main.ts + other"],
    ["deno run --preload=pre.ts main.ts", "main.ts + other"],
    ["deno run --import-map map.json main.ts", "main.ts + other"],
    ["deno run -c deno.json main.ts", "main.ts + other"],
  ],
  "/usr/bin/python3.11": [
    ["python3 -I -S tool.py", "tool.py"],
    ["python3 -W ignore -Werror tool.py", "tool.py"],
    ["python3 -X importtime -Xdev tool.py", "tool.py"],
    ["python3 -bBX utf8 tool.py -c x", "tool.py"],
    ["python3 --check-hash-based-pycs always tool.py", "tool.py"],
    ["python3 -", "code"],
    ["python3 - tool.py", "code"],
    ["python3 -c code", "code"],
    ["python3 -cCODE tool.py", "code"],
    ["python3 -Ic code tool.py", "code"],
    ["python3 -IcCODE tool.py", "code"],
    ["python3 -m http.server 80", "module http.server"],
    ["python3 -mhttp.server tool.py", "module http.server"],
    ["python3 -Im pip tool.py", "module pip"],
    ["python3 -i tool.py", "tool.py + other"],
    ["python3 -X pycache_prefix=/tmp/x tool.py", "tool.py + other"],
  ],
  "/usr/bin/ruby3.1": [
    ["ruby run.rb -e x", "run.rb"],
    ["ruby -w -C dir run.rb", "run.rb"],
    ["ruby -Cdir -W0 -Ku -E utf-8 run.rb", "run.rb"],
    ["ruby --encoding utf-8 --disable=gems run.rb", "run.rb"],
    ["ruby -", "code"],
    ["ruby -e code run.rb", "code"],
    ["ruby -eCODE run.rb", "code"],
    ["ruby -lne code run.rb", "code"],
    ["ruby -I lib run.rb", "run.rb + other"],
    ["ruby -Ilib run.rb", "run.rb + other"],
    ["ruby -r json run.rb", "run.rb + other"],
    ["ruby -rjson run.rb", "run.rb + other"],
    ["ruby -wrjson run.rb", "run.rb + other"],
    ["ruby -S rake", "module rake"],
  ],
  "/usr/bin/bash": [
    ["bash -eu -o pipefail deploy.sh", "deploy.sh"],
    ["bash -euo pipefail deploy.sh", "deploy.sh"],
    ["bash +o posix -O extglob deploy.sh -c x", "deploy.sh"],
    ["bash - deploy.sh", "deploy.sh"],
    ["bash -- deploy.sh", "deploy.sh"],
    ["-bash", "nothing"],
    ["bash -il", "nothing"],
    ["bash -c code name", "code"],
    ["bash -ceu code name", "code"],
    ["bash -euo pipefail -c code", "code"],
    ["bash -euoc pipefail code", "code"],
    ["bash -s deploy.sh", "code"],
    ["bash --rcfile rc deploy.sh", "deploy.sh + other"],
    ["bash -init-file rc deploy.sh", "deploy.sh + other"],
  ],
  "/usr/bin/dash": [
    ["sh -eu deploy.sh", "deploy.sh"],
    ["sh - deploy.sh", "deploy.sh"],
    ["sh -c code name", "code"],
    ["sh -uc code name", "code"],
    ["sh -s", "code"],
  ],
  "/usr/lib/jvm/java-17/bin/java": [
    ["java -jar app.jar x", "app.jar"],
    ["java -jar -Xmx1g app.jar", "app.jar"],
    ["java -Xmx1g -ea -Dmode=x -jar app.jar", "app.jar"],
    ["java --add-modules java.sql Main.java", "Main.java"],
    ["java --source 17 Main", "Main"],
    ["java shop.Main", "class shop.Main"],
    ["java -m shop/shop.Main", "module shop/shop.Main"],
    ["java --module=shop/shop.Main", "module shop/shop.Main"],
    ["java -cp lib:app.jar shop.Main", "class shop.Main + other"],
    ["java -classpath lib shop.Main", "class shop.Main + other"],
    ["java --class-path=lib shop.Main", "class shop.Main + other"],
    ["java -javaagent:spy.jar -jar app.jar", "app.jar + other"],
    ["java -agentlib:jdwp=server=y -jar app.jar", "app.jar + other"],
    ["java -XX:Flags=f -jar app.jar", "app.jar + other"],
    ["java -Xbootclasspath/a:x.jar -jar app.jar", "app.jar + other"],
    ["java @options -jar app.jar", "nothing + other"],
  ],
  "/usr/bin/perl5.36.0": [
    ["perl -w run.pl", "run.pl"],
    ["perl -0777 -i.bak run.pl", "run.pl"],
    ["perl -lne code run.pl", "code"],
    ["perl -Ecode", "code"],
    ["perl -MEvil run.pl", "run.pl + other"],
    ["perl -I lib run.pl", "run.pl + other"],
    ["perl -d:Trace run.pl", "run.pl + other"],
  ],
  "/usr/bin/php8.2": [
    ["php -n app.php", "app.php"],
    ["php -f app.php x", "app.php"],
    ["php -r code", "code"],
    ["php -d auto_prepend_file=x app.php", "app.php + other"],
  ],
  "/usr/bin/fish": [
    ["fish deploy.fish", "deploy.fish"],
    ["fish --command=code", "code"],
    ["fish -C code deploy.fish", "deploy.fish + other"],
  ],
  "/usr/bin/cat": [["cat file", "no interpreter"]],
  "/usr/bin/constructor": [["constructor file", "no interpreter"]],
};

describe.each(Object.entries(rows))("behind %s", (executable, lines) => {
  test.each(lines)("`%s` says %s", (line, expected) => {
    expect(said(executable, line.split(" "))).toBe(expected);
  });
});

test("an option without its value, and an empty word, say nothing", () => {
  for (const words of [
    ["node", "--title"],
    ["node", ""],
    ["node", "--require"],
    ["deno", "run"],
  ])
    expect(said(`/usr/bin/${words[0]}`, words)).toMatch(/^nothing/);
});
