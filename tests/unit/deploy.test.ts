import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { tomlParser } from "../../adapters/_toml_parser.ts";
import { inheritedSockets } from "../../adapters/_systemd.ts";
import type { Config } from "../../lib/cli/config.ts";
import { configObjections } from "../../lib/cli/config_checks.ts";
import { loadConfig } from "../../lib/cli/config_load.ts";
import { parseConfigText } from "../../lib/cli/config_text.ts";
import { wantedListeners } from "../../lib/cli/listeners.ts";
import { parseCommandLineOptions } from "../../lib/cli/options.ts";
import { FakeCliHost } from "./cli_fake_host.ts";

function read(name: string): string {
  return readFileSync(
    fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url)),
    "utf8",
  );
}

/** The settings of a unit, all of one name together. */
function settings(unit: string, name: string): readonly string[] {
  return [...read(unit).matchAll(new RegExp(`^${name}=(.*)$`, "gm"))]
    .map(([, value]) => value!);
}

async function configOf(text: string, name: string): Promise<Config> {
  const { config } = parseConfigText(text, name, await tomlParser());
  expect([...configObjections(config)]).toEqual([]);
  return config;
}

/** A YAML document as Python reads it, which is on every Debian. */
function yaml(name: string): readonly Record<string, never>[] | null {
  const program = "import json,sys,yaml\n" +
    "print(json.dumps(list(yaml.safe_load_all(sys.stdin))))";
  const { status, stdout } = spawnSync("/usr/bin/python3", ["-c", program], {
    input: read(name),
    encoding: "utf8",
  });
  return status === 0 ? JSON.parse(stdout) : null;
}

describe("the files for services", () => {
  test("hold a configuration that is well", async () => {
    const config = await configOf(read("anyftpd.toml"), "anyftpd.toml");
    expect(config.listen).toHaveLength(2);
  });

  test("start the command with options that it has", () => {
    const [line] = settings("anyftpd.service", "ExecStart");
    const [node, flag, program, ...args] = line!.split(" ");
    expect(node).toBe("/usr/bin/node");
    expect(flag).toBe("--no-memory-reducer");
    expect(program).toBe("/usr/bin/anyftpd");
    expect(parseCommandLineOptions(args)).toMatchObject({
      kind: "serve",
      source: { file: "/etc/anyftpd/anyftpd.toml" },
    });
    expect(settings("anyftpd.service", "Type")).toEqual(["notify-reload"]);
  });

  test("let systemd wait longer than transfers may", async () => {
    const { graceMs = 10_000 } = await configOf(read("anyftpd.toml"), "a.toml");
    const [seconds] = settings("anyftpd.service", "TimeoutStopSec");
    expect(Number(seconds) * 1000).toBeGreaterThan(graceMs);
  });

  test("may write where the configuration wants to", async () => {
    const config = await configOf(read("anyftpd.toml"), "a.toml");
    expect(settings("anyftpd.service", "ReadWritePaths"))
      .toEqual([config.directory]);
    expect(config.log?.xferlog).toMatch(/^\/var\/log\/anyftpd\//);
    expect(settings("anyftpd.service", "LogsDirectory")).toEqual(["anyftpd"]);
  });

  test("name sockets as the command knows them", () => {
    const units = ["anyftpd.socket", "anyftpd-ftps.socket"];
    const names = units.flatMap((unit) => settings(unit, "FileDescriptorName"));
    const sockets = inheritedSockets({
      LISTEN_FDS: "2",
      LISTEN_PID: "7",
      LISTEN_FDNAMES: names.join(":"),
    }, 7);
    const request = parseCommandLineOptions([]);
    if (request.kind !== "serve") throw new Error("not to be served");
    expect(wantedListeners(request.options, sockets)).toEqual([
      { descriptor: 3, implicitTls: false },
      { descriptor: 4, implicitTls: true },
    ]);
  });

  test("give a container variables that hold", async () => {
    const text = read("Dockerfile");
    const host = new FakeCliHost();
    const variables = text.replaceAll(/\\\n\s*/g, "")
      .match(/^ENV ANYFTPD_.*$/m)![0].slice(4);
    for (const [, name, value] of variables.matchAll(/(\w+)=('[^']*'|\S*)/g)) {
      host.env[name!] = value!.replaceAll("'", "");
    }
    host.env.ANYFTPD_MASQUERADE_ADDRESS = "203.0.113.5";
    const { config } = await loadConfig({ file: null, sets: [] }, host);
    expect(config).toEqual({
      directory: "/srv/ftp",
      listen: [{ port: 2121 }],
      passivePorts: { from: 50000, to: 50009 },
      masqueradeAddress: "203.0.113.5",
      masqueradeNetworks: { private: "local" },
      log: { format: "json" },
    });
    expect(text).toContain("EXPOSE 2121 50000-50009\n");
    expect(text).toMatch(
      /^ENTRYPOINT \["node", "--no-memory-reducer", "\/usr\/local\/bin\/anyftpd"\]$/m,
    );
  });

  test("give a cluster all ports that the configuration names", async () => {
    const text = read("kubernetes.yaml");
    const [, block = ""] = /anyftpd\.toml: \|\n((?: {4}.*\n|\n)+)/.exec(text)!;
    const config = await configOf(block.replaceAll(/^ {4}/gm, ""), "a.toml");
    const [, args] = /args: (\[.*\])/.exec(text)!;
    expect(parseCommandLineOptions(JSON.parse(args!)).kind).toBe("serve");
    const range = config.passivePorts as { from: number; to: number };
    const wanted = [config.listen![0]!.port!];
    for (let port = range.from; port <= range.to; port++) wanted.push(port);
    const ports = (pattern: RegExp): readonly number[] =>
      [...text.matchAll(pattern)].map(([, port]) => Number(port));
    expect(ports(/containerPort: (\d+)/g)).toEqual(wanted);
    expect(ports(/targetPort: (\d+)/g)).toEqual(wanted);
    for (const file of [config.users!, config.tls!.cert!, config.tls!.key!]) {
      const folder = file.slice(0, file.lastIndexOf("/"));
      expect(text).toContain(`mountPath: ${folder} }`);
    }
    const documents = yaml("kubernetes.yaml");
    if (documents !== null) {
      expect(documents.map((each) => each["kind"])).toEqual([
        "ConfigMap",
        "Deployment",
        "Service",
      ]);
    }
  });
});
