// Certificates that are renewed while the server runs.

import { expect, test } from "vitest";
import {
  ConfigError,
  FtpServer,
  type LogRecord,
  MemoryAuthorizer,
  memoryPlatform,
  type TlsConfig,
} from "../../adapters/memory.ts";
import { greeted } from "./_dialogue.ts";
import { auth, CONFIG, download, protect, secured, withTls } from "./_tls.ts";

const OTHER: TlsConfig = { cert: "another", key: "key" };

test("reloadTls serves new sessions, old ones keep theirs", async () => {
  await using stage = await secured();
  const { files, server, session } = stage;
  files.writeFile("/a", "content");
  expect(session.config.cert).toBe(CONFIG.cert);
  server.reloadTls(OTHER);
  const second = await stage.connect();
  const fresh = await auth(second);
  expect(fresh.config.cert).toBe(OTHER.cert);
  const { content } = await download(stage.client, session, "RETR a");
  expect(content).toBe("content");
  second.close();
});

test("a function is asked for each session", async () => {
  let config = CONFIG;
  await using stage = await greeted(withTls({ config: () => config }));
  const sessions = [await auth(stage.client)];
  for (const next of [OTHER, OTHER]) {
    config = next;
    const client = await stage.connect();
    sessions.push(await auth(client));
    client.close();
  }
  expect(sessions.map(({ config: { cert } }) => cert))
    .toEqual([CONFIG.cert, OTHER.cert, OTHER.cert]);
  // The same certificate is the same context.
  expect(sessions[1]?.config).toBe(sessions[2]?.config);
});

test("one that cannot be had is logged once, and the last one serves", async () => {
  const records: LogRecord[] = [];
  let broken = false;
  await using stage = await greeted({
    ...withTls({
      config: () => {
        if (broken) throw new ConfigError("Cannot read cert.pem: it is gone");
        return CONFIG;
      },
    }),
    log: (record) => records.push(record),
  });
  broken = true;
  for (let round = 0; round < 2; round++) {
    const client = await stage.connect();
    expect((await auth(client)).config.cert).toBe(CONFIG.cert);
    client.close();
  }
  const errors = records.filter(({ level }) => level === "error");
  expect(errors.map(({ message }) => message)).toEqual([
    "Cannot use the new certificate: Cannot read cert.pem: it is gone",
  ]);
  expect(() => stage.server.reloadTls()).toThrow("it is gone");
  broken = false;
  stage.server.reloadTls();
});

test("each session has a context of its own where resumption is required", async () => {
  await using stage = await secured({ resumption: "required" });
  const second = await stage.connect();
  const other = await auth(second);
  expect(other.config).not.toBe(stage.session.config);
  expect(other.config.cert).toBe(stage.session.config.cert);
  await second.logIn();
  await protect(second);
  second.close();
});

test("what a transport cannot do is a mistake in the configuration", () => {
  const authorizer = new MemoryAuthorizer();
  const without = (member: "checkTls" | "bindsTlsSessions" | "stopsTls") => {
    const platform = memoryPlatform();
    Object.defineProperty(platform.transport, member, { value: undefined });
    return platform;
  };
  const server = (
    platform: ReturnType<typeof memoryPlatform>,
    tls: Parameters<typeof withTls>[0] = {},
  ) => new FtpServer(platform, { authorizer, ...withTls(tls) });
  expect(() => server(without("checkTls")))
    .toThrow("Cannot use TLS: the transport has none");
  expect(() => server(without("bindsTlsSessions"), { resumption: "required" }))
    .toThrow(ConfigError);
  expect(() => server(without("stopsTls"), { clearCommands: "allowed" }))
    .toThrow("Cannot allow tls.clearCommands: memory cannot end TLS");
  expect(() => new FtpServer(memoryPlatform(), { authorizer }).reloadTls())
    .toThrow("Cannot reload TLS: there is none");
});
