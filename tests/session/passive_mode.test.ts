import { expect, test } from "vitest";
import {
  ConfigError,
  type LogRecord,
  MemoryClient,
  type MemoryServer,
  settle,
} from "../../adapters/memory.ts";
import {
  dialogue,
  drained,
  expectSilence,
  loggedIn,
  nextReply,
} from "./_dialogue.ts";

/** The port of a 227 or 229 reply. */
function portOf(reply: string): number {
  const extended = /\(\|\|\|(\d+)\|\)/.exec(reply);
  if (extended !== null) return Number(extended[1]);
  const numbers = /,(\d+),(\d+)\)\.$/.exec(reply);
  return Number(numbers?.[1]) * 256 + Number(numbers?.[2]);
}

async function dial(
  stage: MemoryServer,
  reply: string,
  from = "127.0.0.1",
  hostname = "127.0.0.1",
) {
  return await stage.transport.dial({ hostname, port: portOf(reply), from });
}

test("PASV shows the address and the port to connect to", async () => {
  await using stage = await loggedIn();
  const { client } = stage;
  stage.files.writeFile("/a", "hello");
  const reply = await client.command("PASV");
  expect(reply).toMatch(
    /^227 Entering passive mode \(127,0,0,1,\d{1,3},\d{1,3}\)\.$/,
  );
  const data = await dial(stage, reply);
  await dialogue(client, [[
    "RETR a",
    "125 Data connection already open. Transfer starting.",
    "226 Transfer complete.",
  ]]);
  expect(await drained(data)).toBe("hello");
});

test("EPSV shows the port only, for its own protocol or none", async () => {
  await using stage = await loggedIn();
  const { client } = stage;
  for (const command of ["EPSV", "EPSV 1", "epsv"]) {
    const reply = await client.command(command);
    expect(reply).toMatch(
      /^229 Entering extended passive mode \(\|\|\|\d+\|\)\.$/,
    );
    const data = await dial(stage, reply);
    await dialogue(client, [["NLST", /^125 /, /^226 /]]);
    expect(await drained(data)).toBe("");
  }
  await dialogue(client, [
    ["EPSV 2", "522 Network protocol not supported (use 1)."],
    ["EPSV 3", "501 Unknown network protocol (use 1)."],
    ["EPSV x", "501 Unknown network protocol (use 1)."],
  ]);
});

test("EPSV on IPv6 is of protocol 2", async () => {
  await using stage = await loggedIn({ hostname: "::1" });
  const { client } = stage;
  for (const command of ["EPSV", "EPSV 2"]) {
    const data = await dial(stage, await client.command(command), "::1", "::1");
    await dialogue(client, [["NLST", /^125 /, /^226 /]]);
    data.close();
  }
  await dialogue(client, [
    ["EPSV 1", "522 Network protocol not supported (use 2)."],
    ["EPSV 3", "501 Unknown network protocol (use 2)."],
  ]);
});

test("EPSV ALL shuts the other three out", async () => {
  await using stage = await loggedIn();
  await dialogue(stage.client, [
    ["EPSV all", "220 Other commands other than EPSV are now disabled."],
    ["PASV", "501 PASV not allowed after EPSV ALL."],
    ["PORT 127,0,0,1,200,1", "501 PORT not allowed after EPSV ALL."],
    ["EPRT |1|127.0.0.1|51201|", "501 EPRT not allowed after EPSV ALL."],
    ["EPSV", /^229 /],
  ]);
});

test("a second PASV closes the first port and an open connection", async () => {
  await using stage = await loggedIn();
  const { client, transport } = stage;
  const first = await client.command("PASV");
  const second = await client.command("EPSV");
  expect(transport.openListeners).toBe(2);
  await expect(dial(stage, first)).rejects.toThrow(/refused/);
  const idle = await dial(stage, second);
  await settle();
  expect(transport.openListeners).toBe(1);
  const third = await client.command("PASV");
  expect(await idle.read()).toBe(null);
  const data = await dial(stage, third);
  await dialogue(client, [["NLST", /^125 /, /^226 /]]);
  data.close();
});

test("one connection is accepted, a second one is not", async () => {
  await using stage = await loggedIn();
  const reply = await stage.client.command("PASV");
  const data = await dial(stage, reply);
  await settle();
  await expect(dial(stage, reply)).rejects.toThrow(/refused/);
  data.close();
});

test("a stranger is turned away and the port stays for the client", async () => {
  const warnings: string[] = [];
  await using stage = await loggedIn({
    log: ({ level, message }) => level === "warn" && warnings.push(message),
  });
  const { client } = stage;
  const reply = await client.command("PASV");
  const stranger = await dial(stage, reply, "10.9.8.7");
  const text =
    `Rejected data connection from foreign address 10.9.8.7:${stranger.local.port}.`;
  expect(await nextReply(client)).toBe(`425 ${text}`);
  expect(await stranger.read()).toBe(null);
  expect(warnings).toEqual([text]);
  // Told once only: strangers cannot fill the client's connection.
  const another = await dial(stage, reply, "10.9.8.8");
  expect(await another.read()).toBe(null);
  await expectSilence(client);
  const data = await dial(stage, reply);
  await dialogue(client, [["NLST", /^125 /, /^226 /]]);
  data.close();
});

test("a stranger does not stop the time that the client has", async () => {
  await using stage = await loggedIn();
  const { client, clock } = stage;
  const reply = await client.command("PASV");
  await clock.advance(20_000);
  await dial(stage, reply, "10.9.8.7");
  expect(await nextReply(client)).toMatch(/^425 /);
  await clock.advance(9_999);
  await expectSilence(client);
  await clock.advance(1);
  expect(await nextReply(client)).toBe("421 Passive data channel timed out.");
});

test("a stranger is welcome where that is permitted, with a warning", async () => {
  const warnings: string[] = [];
  await using stage = await loggedIn({
    permitForeignAddresses: true,
    log: ({ level, message }) => level === "warn" && warnings.push(message),
  });
  const { client } = stage;
  const data = await dial(stage, await client.command("PASV"), "10.9.8.7");
  await dialogue(client, [["NLST", /^125 /, /^226 /]]);
  expect(await drained(data)).toBe("");
  expect(warnings.join()).toContain("10.9.8.7");
});

test("nobody comes within 30 s: 421, and the session goes on", async () => {
  await using stage = await loggedIn();
  const { client, clock, transport } = stage;
  await client.command("PASV");
  await clock.advance(29_999);
  await expectSilence(client);
  await clock.advance(1);
  expect(await nextReply(client)).toBe("421 Passive data channel timed out.");
  expect(transport.openListeners).toBe(1);
  await dialogue(client, [
    ["STAT", /\n Data connection closed\.\n/],
    ["ABOR", "225 No transfer to abort."],
  ]);
});

test("a masquerade address is shown by 227, its map first", async () => {
  await using stage = await loggedIn({
    hostname: "0.0.0.0",
    masqueradeAddress: "203.0.113.1",
    masqueradeAddressMap: { "127.0.0.1": "203.0.113.2" },
  });
  const { transport, client } = stage;
  // Dialled as 0.0.0.0, which is what the server then takes for its own.
  expect(await client.command("PASV")).toMatch(/\(203,0,113,1,\d+,\d+\)/);
  const control = await transport.dial({ hostname: "127.0.0.1", port: 21 });
  const other = new MemoryClient(control, transport);
  await nextReply(other);
  await other.logIn();
  expect(await other.command("PASV")).toMatch(/\(203,0,113,2,\d+,\d+\)/);
  expect(await other.command("EPSV")).toMatch(/\(\|\|\|\d+\|\)/);
});

test("a function tells each client its address, or that there is none", async () => {
  const records: LogRecord[] = [];
  let answer: () => string | null = () => "203.0.113.9";
  await using stage = await loggedIn({
    masqueradeAddress: ({ remote, username }) => {
      expect([remote.hostname, username]).toEqual(["127.0.0.1", "anonymous"]);
      return Promise.resolve().then(() => answer());
    },
    log: (record) => records.push(record),
  });
  const { client, transport } = stage;
  expect(await client.command("PASV")).toMatch(/\(203,0,113,9,\d+,\d+\)/);
  answer = () => null;
  expect(await client.command("PASV")).toMatch(/\(127,0,0,1,\d+,\d+\)/);
  await client.command("ABOR");
  const wrong = [
    () => "ftp.example.org",
    () => {
      throw new Error("no network");
    },
  ];
  for (const each of wrong) {
    answer = each;
    expect(await client.command("PASV"))
      .toBe("425 Can't open passive connection.");
    expect(transport.openListeners).toBe(1);
  }
  expect(records.filter(({ level }) => level === "error")).toHaveLength(2);
  expect(await client.command("EPSV")).toMatch(/^229 /);
});

test("ports come from the range, else from the system with a warning", async () => {
  const warnings: string[] = [];
  await using stage = await loggedIn({
    passivePorts: { from: 40000, to: 40001 },
    log: ({ level, message }) => level === "warn" && warnings.push(message),
  });
  const { client, transport } = stage;
  const ports = new Set<number>();
  for (let times = 0; times < 20; times++) {
    ports.add(portOf(await client.command("EPSV")));
  }
  expect([...ports].sort()).toEqual([40000, 40001]);
  expect(warnings).toEqual([]);
  await client.command("REIN");
  await client.logIn();
  const busy = await transport.listen({ hostname: "127.0.0.1", port: 40000 });
  transport.forbiddenPorts.add(40001);
  const reply = await client.command("EPSV");
  expect(portOf(reply)).toBeGreaterThan(40001);
  expect(warnings).toEqual([
    "Can't find a valid passive port in the configured range. " +
    "A random kernel-assigned port will be used.",
  ]);
  busy.close();
  const data = await dial(stage, reply);
  data.close();
});

test("ports that make no sense are refused when the server is made", async () => {
  for (
    const passivePorts of [
      [],
      [0],
      [70000],
      [1.5],
      { from: 2, to: 1 },
      { from: 0, to: 1 },
    ]
  ) {
    await expect(loggedIn({ passivePorts })).rejects.toThrow(ConfigError);
  }
});
