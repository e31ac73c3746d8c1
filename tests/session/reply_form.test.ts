import { expect, test } from "vitest";
import {
  MemoryAuthorizer,
  MemoryFileSystem,
  memoryServer,
} from "../../adapters/memory.ts";
import { dialogue, greeted, nextReply } from "./_dialogue.ts";

const SHORT = "x".repeat(75);
const LONG = "x".repeat(76);

/** A server whose three messages are the same. */
async function saying(message: string) {
  const authorizer = new MemoryAuthorizer();
  authorizer.addAnonymous({
    fileSystem: new MemoryFileSystem(),
    loginMessage: message,
    quitMessage: message,
  });
  const server = await memoryServer({ authorizer, banner: message });
  return { server, client: await server.dial() };
}

test("a message of up to 75 characters is one line", async () => {
  const { server, client } = await saying(SHORT);
  await using _server = server;
  expect(await nextReply(client)).toBe(`220 ${SHORT}`);
  expect(await client.logIn()).toBe(`230 ${SHORT}`);
  expect(await client.command("QUIT")).toBe(`221 ${SHORT}`);
});

test("a longer message is a reply of two lines", async () => {
  const { server, client } = await saying(LONG);
  await using _server = server;
  expect(await nextReply(client)).toBe(`220-${LONG}\n220 `);
  expect(await client.logIn()).toBe(`230-${LONG}\n230 `);
  expect(await client.command("QUIT")).toBe(`221-${LONG}\n221 `);
});

test("a message with line breaks is a legal reply of several lines", async () => {
  const message = "Welcome\n220 not the end\r\n\nrules\n";
  const { server, client } = await saying(message);
  await using _server = server;
  for (const [code, command] of [[220, ""], [230, "PASS"], [221, "QUIT"]]) {
    if (command === "PASS") await client.command("USER anonymous");
    if (command !== "") await client.send(`${command}\r\n`);
    expect(await nextReply(client)).toBe(
      `${code}-Welcome\n 220 not the end\n \n rules\n${code} `,
    );
  }
});

test("the body of a long reply is indented, so that no line ends it early", async () => {
  await using stage = await greeted();
  const { client } = stage;
  for (const command of ["FEAT", "HELP", "STAT", "SITE HELP"]) {
    const lines = (await client.command(command)).split("\n");
    const code = lines[0]?.slice(0, 3);
    expect(lines.length).toBeGreaterThan(2);
    expect(lines[0]).toMatch(/^\d{3}-\S/);
    expect(lines.at(-1)).toMatch(new RegExp(`^${code} \\S`));
    for (const line of lines.slice(1, -1)) expect(line).toMatch(/^ \S/);
  }
});

test("a banner is asked for each session", async () => {
  let count = 0;
  await using server = await memoryServer({
    banner: ({ id, remote }) => `${++count} ${id} ${remote.hostname}`,
  });
  const greetings = [];
  for (const from of ["10.0.0.1", "10.0.0.2"]) {
    greetings.push(await nextReply(await server.dial(from)));
  }
  expect(greetings).toEqual(["220 1 1 10.0.0.1", "220 2 2 10.0.0.2"]);
});

test("what a client said comes back without line breaks and NUL", async () => {
  await using stage = await greeted();
  await dialogue(stage.client, [
    ["A\nB\0C\rD", '500 Command "A?B?C?D" not understood.'],
    ["OPTS a\n221", '501 Unsupported command "a?221".'],
    ["SITE a\n230 x", '500 Command "SITE A?230" not understood.'],
  ]);
});
