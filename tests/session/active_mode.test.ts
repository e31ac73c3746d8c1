import { expect, test } from "vitest";
import { settle } from "../../adapters/memory.ts";
import {
  clientPort,
  dialogue,
  type Exchange,
  expectSilence,
  loggedIn,
  nextReply,
} from "./_dialogue.ts";

const ESTABLISHED = "200 Active data connection established.";
const CANNOT = "425 Can't connect to specified address.";

test("PORT connects, answers, and the transfer uses the connection", async () => {
  await using stage = await loggedIn();
  const { client } = stage;
  stage.files.writeFile("/a", "hello");
  await using mine = await clientPort(stage);
  for (const command of [mine.port, mine.eprt]) {
    const accepted = mine.accept();
    await dialogue(client, [[command, ESTABLISHED]]);
    const data = await accepted;
    // From the address that the client reached the server at.
    expect(data.remote.hostname).toBe("127.0.0.1");
    await dialogue(client, [["RETR a", /^125 /, "226 Transfer complete."]]);
    const chunk = await data.read();
    expect(new TextDecoder().decode(chunk ?? undefined)).toBe("hello");
    expect(await data.read()).toBe(null);
    data.close();
  }
});

test("EPRT connects over IPv6", async () => {
  await using stage = await loggedIn({ hostname: "::1" });
  await using mine = await clientPort(stage, "::1");
  await dialogue(stage.client, [[mine.eprt, ESTABLISHED]]);
  const data = await mine.accept();
  expect(data.remote.hostname).toBe("::1");
  data.close();
});

test("whatever is no PORT is refused, and nobody is connected to", async () => {
  await using stage = await loggedIn();
  const malformed = [
    "1,1,1,1,1",
    "1,1,1,1,1,1,1",
    "a,1,1,1,1,1",
    "1,1,1,1,1,a",
    "256,1,1,1,1,1",
    "1,1,1,256,1,1",
    "1,1,1,1,256,1",
    "1,1,1,1,1,256",
    "-1,1,1,1,1,1",
    "1,1,1,1,1,-1",
    "1.1,1,1,1,1,1",
    ",,,,,",
    "1,1,1,1,1,",
    "::1",
    "?!?",
  ];
  await dialogue(
    stage.client,
    malformed.map((text): Exchange => [
      `PORT ${text}`,
      "501 Invalid PORT format.",
    ]),
  );
  expect(stage.transport.openConnections).toBe(1);
});

test("whatever is no EPRT is refused, and so is another protocol", async () => {
  await using stage = await loggedIn();
  const malformed = [
    "",
    "|",
    "|1|127.0.0.1|",
    "|1|127.0.0.1|51201",
    "|1|127.0.0.1|51201|x",
    "|1|127.0.0.1|65536|",
    "|1|127.0.0.1|-1|",
    "|1|127.0.0.1|a|",
    "|1|127.0.0.1||",
    "|1|127.0.0.256|51201|",
    "|1|127.0.1|51201|",
    "|1|localhost|51201|",
    "|1|::1|51201|",
    "1|127.0.0.1|51201",
  ].filter((text) => text !== "");
  await dialogue(
    stage.client,
    malformed.map((text): Exchange => [
      `EPRT ${text}`,
      "501 Invalid EPRT format.",
    ]),
  );
  await dialogue(stage.client, [
    ["EPRT |2|::1|51201|", "522 Network protocol not supported (use 1)."],
    ["EPRT |3|127.0.0.1|51201|", "501 Unknown network protocol (use 1)."],
    ["EPRT |a|127.0.0.1|51201|", "501 Unknown network protocol (use 1)."],
  ]);
  await using six = await loggedIn({ hostname: "::1" });
  await dialogue(six.client, [
    ["EPRT |1|127.0.0.1|51201|", "522 Network protocol not supported (use 2)."],
    ["EPRT |3|::1|51201|", "501 Unknown network protocol (use 2)."],
    ["EPRT |2|1::2::3|51201|", "501 Invalid EPRT format."],
    ["EPRT |2|127.0.0.1|51201|", "501 Invalid EPRT format."],
    ["PORT 127,0,0,1,200,1", /^501 Rejected data connection to foreign/],
  ]);
});

test("any delimiter will do for EPRT", async () => {
  await using stage = await loggedIn();
  await using mine = await clientPort(stage);
  for (const delimiter of ["!", "#", "~"]) {
    await dialogue(stage.client, [
      [mine.eprt.replaceAll("|", delimiter), ESTABLISHED],
    ]);
    (await mine.accept()).close();
  }
});

test("another host than the client's is not connected to", async () => {
  const warnings: string[] = [];
  await using stage = await loggedIn({
    log: ({ level, message }) => level === "warn" && warnings.push(message),
  });
  const text = "Rejected data connection to foreign address 10.9.8.7:51201.";
  await dialogue(stage.client, [
    ["PORT 10,9,8,7,200,1", `501 ${text}`],
    ["EPRT |1|10.9.8.7|51201|", `501 ${text}`],
    // Foreign is told before privileged.
    ["PORT 10,9,8,7,0,21", /^501 Rejected .* 10\.9\.8\.7:21\.$/],
  ]);
  expect(warnings.slice(0, 2)).toEqual([text, text]);
  expect(stage.transport.openConnections).toBe(1);
});

test("another host is connected to where that is permitted", async () => {
  await using stage = await loggedIn({ permitForeignAddresses: true });
  await using mine = await clientPort(stage, "10.9.8.7");
  await dialogue(stage.client, [[mine.port, ESTABLISHED]]);
  expect((await mine.accept()).local.hostname).toBe("10.9.8.7");
});

test("a port below 1024 is refused, unless that is permitted", async () => {
  await using stage = await loggedIn();
  await dialogue(stage.client, [
    [
      "PORT 127,0,0,1,3,255",
      '501 PORT against the privileged port "1023" refused.',
    ],
    [
      "EPRT |1|127.0.0.1|22|",
      '501 PORT against the privileged port "22" refused.',
    ],
    ["PORT 127,0,0,1,4,0", CANNOT],
  ]);
  await using open = await loggedIn({ permitPrivilegedPorts: true });
  const listener = await open.transport.listen({
    hostname: "127.0.0.1",
    port: 1023,
  });
  await dialogue(open.client, [["PORT 127,0,0,1,3,255", ESTABLISHED]]);
  listener.close();
});

test("nobody listens there: 425, and the session goes on", async () => {
  await using stage = await loggedIn();
  await dialogue(stage.client, [
    ["PORT 127,0,0,1,200,1", CANNOT],
    ["STAT", /\n Data connection closed\.\n/],
    ["NOOP", /^200 /],
  ]);
  expect(stage.transport.openConnections).toBe(1);
});

test("nobody answers within 30 s: 421, and the session goes on", async () => {
  await using stage = await loggedIn();
  const { client, clock, transport } = stage;
  transport.silent.add("127.0.0.1");
  await client.send("PORT 127,0,0,1,200,1\r\n");
  await clock.advance(29_999);
  await expectSilence(client);
  await clock.advance(1);
  expect(await nextReply(client)).toBe("421 Active data channel timed out.");
  await dialogue(client, [
    ["STAT", /\n Data connection closed\.\n/],
    ["ABOR", "225 No transfer to abort."],
  ]);
});

test("while PORT connects, ABOR stops it and other commands wait", async () => {
  await using stage = await loggedIn();
  const { client, transport } = stage;
  transport.silent.add("127.0.0.1");
  await dialogue(client, [["PORT 127,0,0,1,200,1"], ["PWD"], [
    "NOOP",
    /^200 /,
  ]]);
  await client.send("ABOR\r\n");
  expect(await nextReply(client)).toBe(CANNOT);
  expect(await nextReply(client)).toBe(
    "225 ABOR command successful; data channel closed.",
  );
  expect(await nextReply(client)).toMatch(/^257 /);
  await expectSilence(client);
});

test("a client that drops while PORT connects leaves nothing behind", async () => {
  await using stage = await loggedIn();
  const { client, transport, server, clock } = stage;
  transport.silent.add("127.0.0.1");
  await client.send("PORT 127,0,0,1,200,1\r\n");
  await settle();
  client.control.reset();
  await settle();
  expect(server.sessionCount).toBe(0);
  expect(clock.pending).toBe(0);
  expect(transport.openConnections).toBe(0);
});

test("PORT drops what was made ready before", async () => {
  await using stage = await loggedIn();
  const { client, transport } = stage;
  await client.command("PASV");
  await using mine = await clientPort(stage);
  expect(transport.openListeners).toBe(3);
  await dialogue(client, [[mine.port, ESTABLISHED]]);
  expect(transport.openListeners).toBe(2);
  const first = await mine.accept();
  await dialogue(client, [[mine.port, ESTABLISHED]]);
  expect(await first.read()).toBe(null);
  await dialogue(client, [["EPSV", /^229 /]]);
  expect(await (await mine.accept()).read()).toBe(null);
});

test("a client that leaves while a place is asked for is not connected to", async () => {
  let grant = (_place: () => void): void => {};
  let given = 0;
  await using stage = await loggedIn({
    admission: {
      data: () => new Promise((resolve) => grant = resolve),
      session: () => Promise.resolve(() => {}),
    },
  });
  await using mine = await clientPort(stage);
  let connected = false;
  void mine.accept().then(() => connected = true, () => {});
  await stage.client.send(`${mine.port}\r\n`);
  await settle();
  await stage.client.control.closeWrite();
  await settle();
  expect(stage.server.sessionCount).toBe(0);
  grant(() => given++);
  await settle();
  expect({ connected, given }).toEqual({ connected: false, given: 1 });
  expect(stage.server.transferCount).toBe(0);
});
