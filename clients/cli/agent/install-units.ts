// The units that start the agent with the user's session. The service unit runs the agent's program itself, since systemd passes the
// socket only to the process that it starts.

export type UnitParts = {
  readonly node: string;
  readonly options: readonly string[];
  readonly program: string;
  readonly home: string;
};

/** The socket unit: systemd listens, and starts the agent at the first connection. */
export function systemdSocket(): string {
  return `[Unit]
Description=Postern secrets agent, socket

[Socket]
ListenStream=%t/postern/agent.sock
SocketMode=0600
DirectoryMode=0700
FileDescriptorName=postern

[Install]
WantedBy=sockets.target
`;
}

/** The service unit. It allows the agent its own files, Unix sockets, and the network for the account service. */
export function systemdService({ node, options, program }: UnitParts): string {
  return `[Unit]
Description=Postern secrets agent
Requires=postern.socket

[Service]
ExecStart=${[node, ...options, program].map(quoted).join(" ")}
Restart=on-failure
UMask=0077
LimitCORE=0
NoNewPrivileges=yes
LockPersonality=yes
PrivateTmp=yes
ProtectSystem=strict
ProtectControlGroups=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
UnsetEnvironment=NODE_OPTIONS NODE_PATH NODE_V8_COVERAGE LD_PRELOAD LD_LIBRARY_PATH
ReadWritePaths=%h/.local/share/postern

[Install]
WantedBy=default.target
`;
}

/** systemd's quoting (systemd.syntax(7)): spaces and quotes in quotes, percent signs doubled. */
function quoted(word: string): string {
  const escaped = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /[\s"'\\]/.test(word) ? `"${escaped}"` : escaped;
}

/** The launchd agent. It starts the agent at login. The agent opens its socket itself. */
export function launchdPlist({ node, options, program, home }: UnitParts): string {
  const words = [node, ...options, program].map((word) => `    <string>${xml(word)}</string>`).join("\n");
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>dev.postern.agent</string>
  <key>ProgramArguments</key>
  <array>
${words}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
    <key>HOME</key>
    <string>${xml(home)}</string>
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>Umask</key>
  <integer>63</integer>
  <key>ProcessType</key>
  <string>Background</string>
</dict>
</plist>
`;
}

function xml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
