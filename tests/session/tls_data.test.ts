// Protected data connections: RFC 4217 sections 9 and 10.

import { expect, test } from "vitest";
import {
  MemoryFileSystem,
  settle,
  type TransferOutcome,
} from "../../adapters/memory.ts";
import {
  clientPort,
  dialogue,
  greeted,
  nextReply,
  passwords,
  utf8,
} from "./_dialogue.ts";
import {
  auth,
  download,
  fileOrNull,
  protect,
  secured,
  uploading,
  withTls,
} from "./_tls.ts";

const MUST_RESUME =
  "522 TLS session of the control connection must be resumed.";

test("150 comes before the handshake, and the session is resumed", async () => {
  await using stage = await secured();
  stage.files.writeFile("/a", "content");
  for (let round = 0; round < 50; round++) {
    const { content, reply } = await download(
      stage.client,
      stage.session,
      "RETR a",
    );
    expect(content).toBe("content");
    expect(reply).toBe("226 Transfer complete.");
  }
});

test("we are the TLS server in active mode too", async () => {
  await using stage = await secured();
  const { client, files, session } = stage;
  files.writeFile("/a", "content");
  await using port = await clientPort(stage);
  expect(await client.command(port.port)).toMatch(/^200 /);
  await client.send("RETR a\r\n");
  expect(await client.reply()).toMatch(/^125 |^150 /);
  const data = await port.accept();
  await data.joinTls(session);
  expect(data.tls?.resumed).toBe(true);
  expect(await nextReply(client)).toBe("226 Transfer complete.");
});

test("an upload without close_notify is not complete", async () => {
  const outcomes: TransferOutcome[] = [];
  await using stage = await secured({}, {
    hooks: {
      incompleteFileReceived: ({ outcome }) => void outcomes.push(outcome),
    },
  });
  const { client, session } = stage;
  const data = await uploading(client, session, "STOR a", "half");
  await data.cutOff();
  expect(await client.reply()).toMatch(/^426 /);
  data.close();
  await settle();
  expect(outcomes).toEqual(["disconnected"]);
});

test("closeNotify optional: sloppy clients are believed", async () => {
  await using stage = await secured({ closeNotify: "optional" });
  const { client, session } = stage;
  const data = await uploading(client, session, "STOR a", "all");
  await data.cutOff();
  expect(await client.reply()).toBe("226 Transfer complete.");
  data.close();
  expect(fileOrNull(stage, "/a")).toBe("all");
});

test("data required: nothing moves in clear", async () => {
  await using stage = await greeted(withTls({ data: "required" }));
  const { client } = stage;
  await client.logIn();
  const refused = "550 SSL/TLS required on the data channel.";
  await dialogue(client, [
    ["PASV", refused],
    ["EPSV", refused],
    ["PORT 127,0,0,1,10,10", refused],
    ["EPRT |1|127.0.0.1|2600|", refused],
    ["LIST", refused],
  ]);
  await auth(client);
  await client.logIn();
  await protect(client);
  await dialogue(client, [
    ["PROT C", "534 SSL/TLS required on the data channel."],
    ["EPSV", /^229 /],
  ]);
});

test("data off: PROT P is refused", async () => {
  await using stage = await greeted(withTls({ data: "off" }));
  const { client } = stage;
  await auth(client);
  await client.logIn();
  await dialogue(client, [
    ["PBSZ 0", /^200 /],
    ["PROT P", "534 SSL/TLS not allowed on the data channel."],
    ["PROT C", /^200 /],
    ["EPSV", /^229 /],
  ]);
});

test("a user's own demand holds from the login on", async () => {
  const files = new MemoryFileSystem();
  for (
    const [data, command, wrong] of [
      ["required", "PROT C", "required"],
      ["off", "PROT P", "not allowed"],
    ] as const
  ) {
    await using stage = await greeted({
      ...withTls(),
      authorizer: passwords(files, { user: "pass" }, { tls: { data } }),
    });
    const { client } = stage;
    await auth(client);
    await dialogue(client, [["PBSZ 0", /^200 /], [command, /^200 /]]);
    await client.logIn("user", "pass");
    await dialogue(client, [
      ["EPSV", `550 SSL/TLS ${wrong} on the data channel.`],
      [command, `534 SSL/TLS ${wrong} on the data channel.`],
      [command === "PROT C" ? "PROT P" : "PROT C", /^200 /],
      ["EPSV", /^229 /],
    ]);
  }
});

test("resumption required: who has another session gets nothing", async () => {
  await using stage = await secured({ resumption: "required" });
  const { client, files, session, transport } = stage;
  files.writeFile("/a", "secret");
  expect(await download(client, null, "RETR a"))
    .toEqual({ content: "", reply: MUST_RESUME });
  // A session of somebody else, with the very same certificate.
  const stranger = await transport.dial({ hostname: "127.0.0.1", port: 21 });
  await stranger.read();
  await stranger.write(utf8("AUTH TLS\r\n"));
  await stranger.read();
  const foreign = await stranger.joinTls();
  expect(await download(client, foreign, "RETR a"))
    .toEqual({ content: "", reply: MUST_RESUME });
  stranger.close();
  // The session goes on.
  expect(await download(client, session, "RETR a"))
    .toEqual({ content: "secret", reply: "226 Transfer complete." });
});

test("without the demand, a new session will do", async () => {
  await using stage = await secured();
  stage.files.writeFile("/a", "content");
  expect((await download(stage.client, null, "RETR a")).content)
    .toBe("content");
});

test("rates, REST, ASCII and ABOR are the same under TLS", async () => {
  await using stage = await secured({}, { downloadRate: 100 });
  const { client, clock, files, session } = stage;
  files.writeFile("/a", "x\r\n".repeat(100));
  await dialogue(client, [["TYPE I", /^200 /], ["REST 297", /^350 /]]);
  expect((await download(client, session, "RETR a")).content).toBe("x\r\n");
  await dialogue(client, [["TYPE A", /^200 /]]);
  files.writeFile("/b", "x\n");
  expect((await download(client, session, "RETR b")).content).toBe("x\r\n");
  await dialogue(client, [["TYPE I", /^200 /]]);

  const data = await client.passive();
  expect(await client.command("RETR a")).toMatch(/^1[25][05] /);
  await data.joinTls(session);
  let received = 0;
  const reading = (async () => {
    for (;;) {
      const chunk = await data.read();
      if (chunk === null) return;
      received += chunk.length;
    }
  })().catch(() => {});
  await clock.advance(1_000);
  expect(received).toBeGreaterThan(0);
  expect(received).toBeLessThanOrEqual(200);
  expect(await client.command("ABOR")).toMatch(/^426 /);
  expect(await client.reply()).toMatch(/^226 /);
  await reading;
  data.close();
});
