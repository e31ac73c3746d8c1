import { describe, expect, test } from "vitest";
import { settle } from "../../adapters/memory.ts";
import {
  clientPort,
  dialogue,
  greeted,
  loggedIn,
  nextReply,
} from "./_dialogue.ts";

/** The lines of STAT without an argument, from the one about the user on. */
function status(user: string, type: string, ...data: string[]): string {
  return [
    "211-FTP server status:",
    " Connected to: 127.0.0.1:21",
    ` ${user}`,
    ` TYPE: ${type}; STRUcture: File; MODE: Stream`,
    ...data.map((line) => ` ${line}`),
    "211 End of status.",
  ].join("\n");
}

describe("STAT without an argument", () => {
  const closed = "Data connection closed.";

  test("tells how far the login is, and nothing of the server", async () => {
    await using stage = await greeted();
    await dialogue(stage.client, [
      ["STAT", status("Waiting for username.", "ASCII", closed)],
      ["USER anonymous", /^331 /],
      ["STAT", status("Waiting for password.", "ASCII", closed)],
      ["PASS", /^230 /],
      ["STAT", status("Logged in as: anonymous", "ASCII", closed)],
      ["TYPE I", /^200 /],
      ["STAT", status("Logged in as: anonymous", "Binary", closed)],
    ]);
  });

  test("tells what the data connection does", async () => {
    await using stage = await loggedIn();
    const { client, clock, transport } = stage;
    const as = "Logged in as: anonymous";
    const open = (sent: number, received: number, seconds: string) =>
      status(
        as,
        "ASCII",
        "Data connection open:",
        `Total bytes sent: ${sent}`,
        `Total bytes received: ${received}`,
        `Transfer elapsed time: ${seconds} secs`,
      );
    await dialogue(client, [
      ["PASV", /^227 /],
      [
        "STAT",
        status(as, "ASCII", "Passive data channel waiting for connection."),
      ],
    ]);
    const data = await client.passive();
    await clock.advance(1_500);
    await dialogue(client, [
      ["STAT", open(0, 0, "1.5")],
      ["STOR a", /^125 /],
    ]);
    await data.write(new Uint8Array(10));
    await clock.advance(250);
    await dialogue(client, [["STAT", open(0, 10, "1.75")]]);
    await data.closeWrite();
    expect(await nextReply(client)).toMatch(/^226 /);
    await dialogue(client, [["STAT", status(as, "ASCII", closed)]]);
    stage.files.writeFile("/b", "x".repeat(2000));
    transport.window = 500;
    const second = await client.passive();
    await dialogue(client, [["RETR b", /^1/]]);
    // Nothing is counted before the connection has taken it.
    await dialogue(client, [["STAT", open(0, 0, "0")]]);
    second.reset();
    expect(await nextReply(client)).toMatch(/^426 /);
  });

  test("tells of a data connection in active mode as well", async () => {
    await using stage = await loggedIn();
    const { client, transport } = stage;
    await using mine = await clientPort(stage);
    await dialogue(client, [
      [mine.port, /^200 /],
      ["STAT", /\n Data connection open:\n/],
      ["ABOR", /^225 /],
      ["STAT", /\n Data connection closed\.\n/],
    ]);
    transport.silent.add("127.0.0.1");
    await dialogue(client, [
      ["PORT 127,0,0,1,200,1"],
      ["STAT", /\n Data connection closed\.\n/],
      ["ABOR", /^425 /, /^225 /],
    ]);
  });

  test("tells of a connection that the client has closed", async () => {
    await using stage = await loggedIn();
    const { client } = stage;
    (await client.passive()).close();
    await settle();
    await dialogue(client, [["STAT", /\n Data connection closed\.\n/]]);
  });
});

describe("STAT with a path", () => {
  test("is a listing on the control connection, indented", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.makeFolders("/d/sub");
    files.writeFile("/d/213 End of status.", "x");
    const line = (kind: string, links: number, size: number, name: string) =>
      ` ${kind}   ${links} owner    group    ${
        String(size).padStart(8)
      } Jan 01 00:00 ${name}`;
    const file = line("-rw-r--r--", 1, 1, "213 End of status.");
    await dialogue(client, [
      [
        "STAT d",
        `213-Status of "/d":\n${file}\n${line("drwxr-xr-x", 2, 0, "sub")}\n` +
        "213 End of status.",
      ],
      [
        "STAT d/213 End of status.",
        `213-Status of "/d/213 End of status.":\n${file}\n213 End of status.`,
      ],
      ["STAT d/sub", '213-Status of "/d/sub":\n213 End of status.'],
      ["STAT missing", "550 No such file or directory."],
      ["STAT d*", "550 Globbing not supported."],
    ]);
  });

  test("takes options as LIST does", async () => {
    await using stage = await loggedIn();
    stage.files.makeFolders("/d/sub");
    await dialogue(stage.client, [
      ["CWD d", /^250 /],
      ["STAT -la", /^213-Status of "\/d":\n d.* sub\n213 /],
      ["STAT -l sub", '213-Status of "/d/sub":\n213 End of status.'],
    ]);
  });

  test("lists a folder of any size", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    for (let at = 1000; at < 2500; at++) files.writeFile(`/d/${at}`, "");
    const lines = (await client.command("STAT d")).split("\n");
    expect(lines.length).toBe(1502);
    expect(lines.at(-2)).toMatch(/ 2499$/);
  });
});
