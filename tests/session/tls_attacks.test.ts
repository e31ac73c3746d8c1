// What attackers do to FTP over TLS, and what comes of it.

import { expect, test } from "vitest";
import { type LogRecord, settle } from "../../adapters/memory.ts";
import { dialogue, greeted, nextReply, utf8 } from "./_dialogue.ts";
import { download, secured, withTls } from "./_tls.ts";

test("D2: what comes behind AUTH in clear ends the session", async () => {
  const records: LogRecord[] = [];
  await using stage = await greeted({
    ...withTls(),
    log: (record) => records.push(record),
  });
  const { client, server } = stage;
  await client.send("AUTH TLS\r\nUSER anonymous\r\n");
  expect(await client.isEnded()).toBe(true);
  client.close();
  await settle();
  expect(server.sessionCount).toBe(0);
  expect(records.map(({ message }) => message))
    .toContain("Clear text behind AUTH; connection closed.");
});

test("clear text in place of the handshake ends the session", async () => {
  await using stage = await greeted(withTls());
  const { client } = stage;
  expect(await client.command("AUTH TLS")).toMatch(/^234 /);
  await client.send("USER anonymous\r\nPASS x\r\n");
  expect(await client.isEnded()).toBe(true);
});

test("D3: PROT C after PASV does not open what was protected", async () => {
  await using stage = await secured({ data: "required" });
  const { client, files, session } = stage;
  files.writeFile("/a", "secret");
  const data = await client.passive();
  await dialogue(client, [
    ["PROT C", "534 SSL/TLS required on the data channel."],
  ]);
  expect(await client.command("RETR a")).toMatch(/^150 |^125 /);
  expect(data.unread).toBe(0);
  await data.joinTls(session);
  expect(await nextReply(client)).toMatch(/^226 /);
  data.close();
});

test("D3: REIN with a port open leads to no clear transfer", async () => {
  await using stage = await secured({ data: "required" });
  const { client, files } = stage;
  files.writeFile("/a", "secret");
  const data = await client.passive();
  await dialogue(client, [["REIN", /^230 /]]);
  await client.logIn();
  await dialogue(client, [
    ["RETR a", "550 SSL/TLS required on the data channel."],
  ]);
  expect(data.unread).toBe(0);
  data.close();
});

test("a handshake that stalls costs a bounded time, on both connections", async () => {
  await using stage = await greeted(withTls({ handshakeTimeoutMs: 10_000 }));
  const { client, clock, server } = stage;
  expect(await client.command("AUTH TLS")).toMatch(/^234 /);
  await clock.advance(9_999);
  expect(server.sessionCount).toBe(1);
  await clock.advance(1);
  expect(await client.isEnded()).toBe(true);
  await settle();
  expect(server.sessionCount).toBe(0);

  await using other = await secured({ handshakeTimeoutMs: 10_000 });
  other.files.writeFile("/a", "content");
  const data = await other.client.passive();
  expect(await other.client.command("RETR a")).toMatch(/^1[25][05] /);
  await other.clock.advance(10_000);
  expect(await nextReply(other.client)).toBe("522 SSL handshake failed.");
  data.close();
  const { content } = await download(other.client, other.session, "RETR a");
  expect(content).toBe("content");
});

test("garbage in place of a data handshake is answered, the session stays", async () => {
  await using stage = await secured();
  const { client, files, session } = stage;
  files.writeFile("/a", "content");
  for (const attack of ["garbage", "finish", "reset"]) {
    const data = await client.passive();
    expect(await client.command("STOR b")).toMatch(/^1[25][05] /);
    if (attack === "garbage") await data.write(utf8("GET / HTTP/1.1\r\n"));
    else if (attack === "finish") await data.closeWrite();
    else data.reset();
    expect(await nextReply(client)).toBe("522 SSL handshake failed.");
    data.close();
  }
  const { content } = await download(client, session, "RETR a");
  expect(content).toBe("content");
});

test("500 half-open handshakes do not hinder a client", async () => {
  await using stage = await secured({ handshakeTimeoutMs: 10_000 }, {
    maxConnections: 0,
    backlog: 1_000,
  });
  const { client, clock, files, server, session, transport } = stage;
  files.writeFile("/a", "content");
  await server.listen({ hostname: "127.0.0.1", port: 990 }, {
    implicitTls: true,
  });
  const strangers = await Promise.all(
    Array.from(
      { length: 500 },
      () => transport.dial({ hostname: "127.0.0.1", port: 990 }),
    ),
  );
  while (server.sessionCount < 501) await settle();
  const { content } = await download(client, session, "RETR a");
  expect(content).toBe("content");
  await clock.advance(10_000);
  await settle();
  expect(server.sessionCount).toBe(1);
  for (const stranger of strangers) stranger.close();
});
