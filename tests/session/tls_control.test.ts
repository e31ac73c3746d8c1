// AUTH, CCC and who must use them: RFC 2228 section 3, RFC 4217.

import { expect, test } from "vitest";
import {
  type LogRecord,
  MemoryFileSystem,
  readAll,
  type SessionView,
  settle,
} from "../../adapters/memory.ts";
import { dialogue, greeted, passwords, text } from "./_dialogue.ts";
import { auth, protect, secured, withTls } from "./_tls.ts";

test("AUTH upgrades the connection and forgets the login", async () => {
  await using stage = await greeted(withTls());
  const { client } = stage;
  expect(await client.logIn()).toMatch(/^230 /);
  await auth(client);
  await dialogue(client, [
    ["PWD", "530 Log in with USER and PASS first."],
    ["AUTH TLS", "503 Already using TLS."],
    ["USER anonymous", /^331 /],
    ["PASS x", /^230 /],
    ["PWD", /^257 /],
  ]);
});

test("mechanisms other than TLS are refused", async () => {
  await using stage = await greeted(withTls());
  await dialogue(stage.client, [
    ["AUTH GSSAPI", "502 Unrecognized encryption type (use TLS or SSL)."],
    ["AUTH", "501 Syntax error: command needs an argument."],
  ]);
});

test("every name of TLS is known, before and after the login", async () => {
  for (const mechanism of ["tls", "TLS-C", "SSL", "TLS-P"]) {
    await using stage = await greeted(withTls());
    const { client } = stage;
    if (mechanism !== "SSL") await client.logIn();
    expect(await client.command(`AUTH ${mechanism}`))
      .toBe(`234 AUTH ${mechanism.toUpperCase()} successful.`);
    await client.control.joinTls();
    expect(await client.logIn()).toMatch(/^230 /);
  }
});

test("without TLS there are no such commands", async () => {
  await using stage = await greeted();
  const { client } = stage;
  for (const command of ["AUTH TLS", "CCC", "PBSZ 0", "PROT P"]) {
    expect(await client.command(command)).toMatch(/^500 /);
  }
  expect(await client.command("FEAT")).not.toMatch(/AUTH|PBSZ|PROT|CCC/);
});

test("FEAT tells what can be had", async () => {
  const lines = async (
    tls: Parameters<typeof withTls>[0],
  ): Promise<string[]> => {
    await using stage = await greeted(withTls(tls));
    const features = await stage.client.command("FEAT");
    return features.split("\n").map((line) => line.trim())
      .filter((line) => /^(AUTH|CCC|PBSZ|PROT)/.test(line));
  };
  expect(await lines({})).toEqual(["AUTH SSL", "AUTH TLS", "PBSZ", "PROT"]);
  expect(await lines({ control: "off" })).toEqual(["PBSZ", "PROT"]);
  expect(await lines({ data: "off" })).toEqual([
    "AUTH SSL",
    "AUTH TLS",
    "PBSZ",
  ]);
  expect(await lines({ clearCommands: "allowed" })).toContain("CCC");
});

test("control off: AUTH is refused, implicit TLS is not", async () => {
  await using stage = await greeted(withTls({ control: "off" }));
  const { client, server, transport } = stage;
  await dialogue(client, [
    ["AUTH TLS", "534 SSL/TLS not allowed on the control channel."],
    ["USER anonymous", /^331 /],
    ["PASS x", /^230 /],
  ]);
  const where = { hostname: "127.0.0.1", port: 990 };
  await server.listen(where, { implicitTls: true });
  const control = await transport.dial(where);
  await control.joinTls();
  const seen: SessionView | undefined = server.sessions[1];
  expect(seen?.secure).toBe(true);
  control.close();
  await settle();
});

test("control required: USER and PASS wait for AUTH, the rest does not", async () => {
  await using stage = await greeted(withTls({ control: "required" }));
  const { client } = stage;
  await dialogue(client, [
    ["USER anonymous", "550 SSL/TLS required on the control channel."],
    ["PASS x", "550 SSL/TLS required on the control channel."],
    ["SYST", /^215 /],
    ["FEAT", /AUTH TLS/],
  ]);
  await auth(client);
  expect(await client.logIn()).toMatch(/^230 /);
});

test("a user's own demand is looked at when logging in", async () => {
  const files = new MemoryFileSystem();
  const careful = passwords(files, { user: "pass" }, {
    tls: { control: "required" },
  });
  await using stage = await greeted({
    ...withTls(),
    authorizer: careful,
    failedLoginDelayMs: 0,
  });
  const { client } = stage;
  expect(await client.logIn("user", "pass"))
    .toBe("530 SSL/TLS required on the control channel.");
  expect(await client.logIn("user", "wrong"))
    .toBe("530 Authentication failed.");
  await auth(client);
  expect(await client.logIn("user", "pass")).toMatch(/^230 /);

  const clear = passwords(files, { user: "pass" }, { tls: { control: "off" } });
  await using other = await greeted({
    ...withTls(),
    authorizer: clear,
    failedLoginDelayMs: 0,
  });
  await auth(other.client);
  expect(await other.client.logIn("user", "pass"))
    .toBe("530 SSL/TLS not allowed on the control channel.");
});

test("PBSZ and PROT want their order, and are forgotten with the login", async () => {
  await using stage = await greeted(withTls());
  const { client } = stage;
  await dialogue(client, [
    ["PBSZ 0", "503 PBSZ not allowed on insecure control connection."],
    ["PROT P", "503 PROT not allowed on insecure control connection."],
  ]);
  await auth(client);
  await dialogue(client, [
    ["PROT P", "503 You must issue the PBSZ command prior to PROT."],
    ["PBSZ 16384", "200 PBSZ=0 successful."],
    ["PROT S", "521 PROT S unsupported (use C or P)."],
    ["PROT E", "521 PROT E unsupported (use C or P)."],
    ["PROT X", "502 Unrecognized PROT type (use C or P)."],
    ["PROT p", "200 Protection set to Private"],
    ["PROT C", "200 Protection set to Clear"],
  ]);
  await client.logIn();
  await dialogue(client, [
    ["PROT P", "200 Protection set to Private"],
    ["REIN", /^230 /],
    ["PROT P", "503 You must issue the PBSZ command prior to PROT."],
  ]);
});

test("CCC is refused unless it is allowed, and on a clear connection", async () => {
  await using stage = await secured();
  await dialogue(stage.client, [["CCC", "534 CCC not allowed."]]);
  await using other = await greeted(withTls({ clearCommands: "allowed" }));
  await dialogue(other.client, [
    ["CCC", "533 CCC not allowed on insecure control connection."],
    ["CCC now", "501 Syntax error: command does not accept arguments."],
  ]);
});

test("CCC is refused where TLS is required, by the server or the user", async () => {
  const refused = "534 SSL/TLS required on the control channel.";
  await using stage = await secured({
    clearCommands: "allowed",
    control: "required",
  });
  await dialogue(stage.client, [["CCC", refused]]);
  await using other = await greeted({
    ...withTls({ clearCommands: "allowed" }),
    authorizer: passwords(new MemoryFileSystem(), { user: "pass" }, {
      tls: { control: "required" },
    }),
  });
  await auth(other.client);
  expect(await other.client.logIn("user", "pass")).toMatch(/^230 /);
  await dialogue(other.client, [["CCC", refused]]);
});

test("after CCC commands are clear and data stays protected", async () => {
  await using stage = await secured({ clearCommands: "allowed" });
  const { client, files, server, session } = stage;
  files.writeFile("/a", "content");
  expect(await client.command("CCC")).toBe("200 CCC command successful.");
  await client.control.stopTls();
  expect(client.control.tls).toBeNull();
  expect(server.sessions[0]?.secure).toBe(false);
  await dialogue(client, [["PWD", /^257 /]]);
  const data = await client.passive();
  expect(await client.command("RETR a")).toMatch(/^1[25][05] /);
  await data.joinTls(session);
  expect(data.tls?.resumed).toBe(true);
  expect(text(await readAll(data))).toBe("content");
  data.close();
  expect(await client.reply()).toMatch(/^226 /);
});

test("a client that does not end TLS after CCC is let go after a time", async () => {
  await using stage = await secured({
    clearCommands: "allowed",
    handshakeTimeoutMs: 5_000,
  });
  const { client, clock, server } = stage;
  expect(await client.command("CCC")).toMatch(/^200 /);
  await clock.advance(5_000);
  expect(await client.isEnded()).toBe(true);
  await settle();
  expect(server.sessionCount).toBe(0);
});

test("the view and the log tell of TLS", async () => {
  const records: LogRecord[] = [];
  await using stage = await secured({}, {
    log: (record) => records.push(record),
    logLevel: "debug",
  });
  expect(stage.server.sessions[0]?.secure).toBe(true);
  expect(stage.server.sessions[0]?.tls?.protocol).toBe("TLSv1.3");
  expect(records.map(({ message }) => message))
    .toContain("TLS on the control connection: TLSv1.3");
});

test("user who is logged in over TLS keeps TLS after REIN", async () => {
  await using stage = await secured();
  const { client } = stage;
  await dialogue(client, [["REIN", /^230 /]]);
  expect(stage.server.sessions[0]?.secure).toBe(true);
  expect(await client.logIn()).toMatch(/^230 /);
  await protect(client);
});
