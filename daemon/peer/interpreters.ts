// The options of the interpreters, as data. Each is one executable for many programs, so only its command line says what it runs.

/** The options of an interpreter. A name is a letter with its sign (`-e`), or a whole word (`--eval`). */
export type Interpreter = {
  /** Options with a value: the rest of the word, or the next word. */
  readonly valued?: readonly string[];
  /** Letters whose value is the rest of the word, if there is one. */
  readonly tailed?: readonly string[];
  /** Letters that take the next word, while further letters may follow: `-euo pipefail`. */
  readonly ahead?: readonly string[];
  /** Options after which no file is run: the code is a value of theirs, or comes from standard input. */
  readonly code?: readonly string[];
  /** Options whose value names a module, which the interpreter looks for itself. */
  readonly module?: readonly string[];
  /** Options whose value is the script. */
  readonly file?: readonly string[];
  /** Options that load other code beside the script. It is compared with `NAME=VALUE`. */
  readonly loads?: RegExp;
  /** Words before the script, as in `deno run`. */
  readonly commands?: readonly string[];
  /** Words after which the code is in no file. */
  readonly codeCommands?: readonly string[];
  /** Options and words after which nothing is claimed: the interpreter looks for the program in a way of its own, or runs none. */
  readonly other?: readonly string[];
  /** Whether a lone `-` ends the options. Otherwise it means standard input. */
  readonly dashEnds?: true;
  /** Whether options may begin with `+`. */
  readonly plus?: true;
  /** Whether an option is always a whole word, also with one `-`. Some take single words so too. */
  readonly wholeWords?: true | readonly string[];
  /** Whether the word after the options may be a URL. */
  readonly urls?: true;
  /** Options after which the script is looked for along PATH. */
  readonly alongPath?: readonly string[];
  /** Options after which the word behind the options is a file. Without any of them it is a class, unless it ends like a source. */
  readonly fileAfter?: readonly string[];
  /** Whether it keeps the script's file open while it runs. */
  readonly keepsOpen?: true;
  /** Variables of the environment that load other code. */
  readonly variables: RegExp;
};

const nodeVariables = "NODE_(OPTIONS|PATH|REPL_EXTERNAL_MODULE|COMPILE_CACHE)";

/** The options with a value of Node 18 to 26. */
const node: Interpreter = {
  valued: [
    ...["-r", "-C", "--require", "--import", "--loader", "--experimental-loader", "--conditions", "--title"],
    ...["--allow-fs-read", "--allow-fs-write", "--build-sea", "--build-snapshot-config", "--diagnostic-dir"],
    ...["--bench-isolation", "--bench-name-pattern", "--bench-reporter", "--bench-reporter-destination"],
    ...["--bench-samples", "--bench-warmup", "--cpu-prof-dir", "--cpu-prof-interval", "--cpu-prof-name"],
    ...["--debug-port", "--inspect-port", "--inspect-publish-uid", "--disable-proto", "--disable-warning"],
    ...["--dns-result-order", "--env-file", "--env-file-if-exists", "--es-module-specifier-resolution"],
    ...["--experimental-config-file", "--experimental-default-type", "--experimental-package-map"],
    ...["--experimental-policy", "--policy-integrity", "--experimental-sea-config"],
    ...["--experimental-specifier-resolution", "--experimental-test-isolation", "--experimental-test-tag-filter"],
    ...["--heap-prof-dir", "--heap-prof-interval", "--heap-prof-name", "--heapsnapshot-near-heap-limit"],
    ...["--heapsnapshot-signal", "--icu-data-dir", "--input-type", "--localstorage-file"],
    ...["--max-http-header-size", "--max-old-space-size-percentage", "--openssl-config"],
    ...["--network-family-autoselection-attempt-timeout", "--redirect-warnings", "--report-dir"],
    ...["--report-directory", "--report-filename", "--report-signal", "--secure-heap", "--secure-heap-min"],
    ...["--snapshot-blob", "--stack-trace-limit", "--test-concurrency", "--test-coverage-branches"],
    ...["--test-coverage-exclude", "--test-coverage-functions", "--test-coverage-include"],
    ...["--test-coverage-lines", "--test-global-setup", "--test-isolation", "--test-name-pattern"],
    ...["--test-random-seed", "--test-reporter", "--test-reporter-destination", "--test-rerun-failures"],
    ...["--test-shard", "--test-skip-pattern", "--test-timeout", "--tls-cipher-list", "--tls-keylog"],
    ...["--trace-event-categories", "--trace-event-file-pattern", "--trace-require-module"],
    ...["--unhandled-rejections", "--use-largepages", "--v8-pool-size", "--vfs-load", "--vfs-mount"],
    ...["--watch-kill-signal", "--watch-path"],
  ],
  code: ["-e", "--eval", "-p", "--print", "-i", "--interactive"],
  // With --check nothing is run, and --run starts another program.
  other: ["-c", "--check", "--run"],
  loads:
    /^(-r|--(require|import|(experimental-)?loader|inspect(-brk|-wait)?|env-file(-if-exists)?|snapshot-blob|openssl-config|test-global-setup|test-reporter|vfs-(load|mount)|experimental-(config-file|default-config-file|package-map|policy)))=/,
  urls: true,
  variables: new RegExp(`^${nodeVariables}$`),
};

const shell: Interpreter = {
  valued: ["--rcfile", "--init-file", "--emulate"],
  ahead: ["-o", "+o", "-O", "+O"],
  code: ["-c", "-s"],
  loads: /^--(rcfile|init-file)=/,
  wholeWords: ["-rcfile", "-init-file"],
  dashEnds: true,
  plus: true,
  keepsOpen: true,
  variables: /^(BASH_ENV|ENV|SHELLOPTS|BASHOPTS|PS4|PROMPT_COMMAND|ZDOTDIR|FPATH|BASH_FUNC_.*)$/,
};

const python: Interpreter = {
  valued: ["-W", "-X", "--check-hash-based-pycs"],
  code: ["-c"],
  module: ["-m"],
  // After -i further code comes from standard input.
  loads: /^(-i|-X=(presite|pycache_prefix))/,
  variables:
    /^PYTHON(STARTUP|PATH|HOME|USERBASE|INSPECT|BREAKPOINT|PLATLIBDIR|PYCACHEPREFIX|WARNINGS|_PRESITE|EXECUTABLE)$/,
};

export const interpreters: Readonly<Record<string, Interpreter>> = {
  node,
  nodejs: node,
  bun: {
    valued: [
      ...["-r", "-F", "-c", "-d", "-l", "--preload", "--require", "--import", "--filter", "--config", "--define"],
      ...["--loader", "--elide-lines", "--shell", "--watch-kill-signal", "--cpu-prof-name", "--cpu-prof-dir"],
      ...["--cpu-prof-interval", "--heap-prof-name", "--heap-prof-dir", "--heap-prof-interval", "--install"],
      ...["--port", "--conditions", "--fetch-preconnect", "--max-http-header-size", "--dns-result-order"],
      ...["--redirect-warnings", "--disable-warning", "--title", "--unhandled-rejections", "--console-depth"],
      ...["--user-agent", "--cron-title", "--cron-period", "--main-fields", "--extension-order", "--drop"],
      ...["--tsconfig-override", "--feature", "--jsx-factory", "--jsx-fragment", "--jsx-import-source"],
      ...["--jsx-runtime", "--env-file", "--cwd"],
    ],
    code: ["-e", "--eval", "-p", "--print", "--interactive"],
    loads: /^(-[rcd]|--(preload|require|import|config|define|tsconfig-override|env-file|inspect(-brk|-wait)?))=/,
    commands: ["run"],
    codeCommands: ["repl", "exec"],
    other: ["x", "test", "create", "install", "add", "build"],
    variables: new RegExp(`^(${nodeVariables}|BUN_(?!INSTALL$).*)$`),
  },
  deno: {
    valued: [
      ...["-c", "-L", "--config", "--log-level", "--ext", "--import-map", "--node-modules-linker", "--lock"],
      ...["--cert", "--min-dep-age", "--inspect-publish-uid", "--location", "--seed", "--preload", "--require"],
      ...["--conditions", "--minimum-dependency-age"],
    ],
    // Flags of V8 are not code, but one of them (--allow-natives-syntax) opens what is closed to code.
    loads: /^(-c|--(config|import-map|preload|require|env-file|inspect(-brk|-wait)?|v8-flags))=/,
    commands: ["run", "serve"],
    codeCommands: ["eval", "repl"],
    other: ["task", "x", "test", "bench", "jupyter", "lsp", "install", "add", "compile", "check", "cache"],
    urls: true,
    variables: new RegExp(`^(${nodeVariables}|DENO_(?!(INSTALL|INSTALL_ROOT|NO_PROMPT|NO_UPDATE_CHECK)$).*)$`),
  },
  python,
  pypy: python,
  ruby: {
    valued: ["-C", "-X", "-E", "-I", "-r", "--encoding", "--external-encoding", "--internal-encoding"],
    tailed: ["-0", "-F", "-K", "-T", "-W", "-i", "-x"],
    code: ["-e"],
    loads: /^-[Ir]=/,
    alongPath: ["-S"],
    variables: /^(RUBY(OPT|LIB|PATH|SHELL)|GEM_(HOME|PATH)|BUNDLE_(GEMFILE|PATH))$/,
  },
  java: {
    valued: [
      ...["-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path", "--add-modules"],
      ...["--enable-native-access", "-d", "--describe-module", "--add-reads", "--add-exports", "--add-opens"],
      ...["--limit-modules", "--patch-module", "--source"],
    ],
    module: ["-m", "--module"],
    fileAfter: ["-jar", "--source"],
    loads:
      /^(-cp|-classpath|-p|--(class|module|upgrade-module)-path|--patch-module|-javaagent:.*|-agent(lib|path):.*|-Xbootclasspath.*|-Xrun.*|-Xdebug|-Djava\..*|-XX:(VMOptionsFile|Flags|OnError|OnOutOfMemoryError).*|@.*)=/,
    wholeWords: true,
    keepsOpen: true,
    variables: /^(JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|_JAVA_OPTIONS|CLASSPATH)$/,
  },
  perl: {
    valued: ["-I"],
    tailed: ["-0", "-C", "-D", "-F", "-M", "-V", "-d", "-i", "-m", "-x"],
    code: ["-e", "-E"],
    loads: /^-[IMmd]=/,
    alongPath: ["-S"],
    variables: /^PERL(5OPT|5LIB|LIB|5DB)$/,
  },
  php: {
    valued: ["-c", "-d", "-z", "-t", "--php-ini", "--define", "--zend-extension", "--docroot"],
    code: ["-r", "-B", "-R", "-E", "-F", "-a", "-S", "--run", "--interactive", "--server"],
    file: ["-f", "--file"],
    loads: /^(-[cdz]|--(php-ini|define|zend-extension))=/,
    variables: /^PHP(RC|_INI_SCAN_DIR)$/,
  },
  lua: { valued: ["-l"], code: ["-e", "-i"], loads: /^-l=/, variables: /^LUA_(INIT|PATH|CPATH)/ },
  sh: shell,
  bash: shell,
  dash: shell,
  zsh: shell,
  ksh: shell,
  fish: {
    valued: ["-C", "-d", "-o", "-f", "-p", "--init-command", "--debug", "--debug-output", "--features", "--profile"],
    code: ["-c", "--command"],
    loads: /^(-C|--init-command)=/,
    keepsOpen: true,
    variables: /^(fish_function_path|XDG_CONFIG_HOME|XDG_DATA_DIRS)$/,
  },
};
