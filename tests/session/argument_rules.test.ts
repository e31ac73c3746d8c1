import { describe, expect, test } from "vitest";
import { DEFAULT_COMMANDS } from "../../adapters/memory.ts";
import { dialogue, greeted, loggedIn } from "./_dialogue.ts";

const NEEDS_ARGUMENT = "501 Syntax error: command needs an argument.";
const NEEDS_TWO = "501 Syntax error: command needs two arguments.";
const NO_ARGUMENT = "501 Syntax error: command does not accept arguments.";
const NEEDS_LOGIN = "530 Log in with USER and PASS first.";

const WITH_ARGUMENT = [
  "ALLO",
  "APPE",
  "DELE",
  "EPRT",
  "MDTM",
  "MFMT",
  "MKD",
  "MODE",
  "OPTS",
  "PORT",
  "REST",
  "RETR",
  "RMD",
  "RNFR",
  "RNTO",
  "SITE",
  "SITE CHMOD",
  "SIZE",
  "STOR",
  "STRU",
  "TYPE",
  "USER",
  "XMKD",
  "XRMD",
];

const WITHOUT_ARGUMENT = [
  "ABOR",
  "CDUP",
  "FEAT",
  "NOOP",
  "PASV",
  "PWD",
  "QUIT",
  "REIN",
  "SYST",
  "XCUP",
  "XPWD",
];

const WITHOUT_LOGIN = [
  "FEAT",
  "HELP",
  "NOOP",
  "OPTS",
  "PASS",
  "QUIT",
  "SITE",
  "SITE HELP",
  "STAT",
  "SYST",
  "USER",
];

describe("the rules for arguments and login", () => {
  test("a command without the argument that it needs", async () => {
    for (const enter of [greeted, loggedIn]) {
      await using stage = await enter();
      for (const name of WITH_ARGUMENT) {
        await dialogue(stage.client, [
          [name, NEEDS_ARGUMENT],
          [`${name.toLowerCase()} `, NEEDS_ARGUMENT],
        ]);
      }
    }
  });

  test("a command with an argument that it cannot have", async () => {
    for (const enter of [greeted, loggedIn]) {
      await using stage = await enter();
      for (const name of WITHOUT_ARGUMENT) {
        await dialogue(stage.client, [[`${name} x`, NO_ARGUMENT]]);
      }
    }
  });

  test("a command before the login, unless it is free", async () => {
    await using stage = await greeted();
    const names = [
      ...Object.keys(DEFAULT_COMMANDS),
      "XCUP",
      "XCWD",
      "XMKD",
      "XPWD",
      "XRMD",
    ].filter((name) => !WITHOUT_LOGIN.includes(name));
    expect(names.length).toBeGreaterThan(30);
    for (const name of names) {
      const line = WITH_ARGUMENT.includes(name) ? `${name} x` : name;
      await dialogue(stage.client, [[line, NEEDS_LOGIN]]);
    }
    await dialogue(stage.client, [["STAT /", NEEDS_LOGIN]]);
  });

  test("free commands before the login", async () => {
    await using stage = await greeted();
    await dialogue(stage.client, [
      ["FEAT", /^211-/],
      ["HELP", /^214-/],
      ["NOOP", /^200 /],
      ["OPTS UTF8 ON", /^200 /],
      ["STAT", /^211-/],
      ["SYST", "215 UNIX Type: L8"],
      ["SITE HELP", /^214-/],
      ["PASS", "503 Login with USER first."],
      ["QUIT", "221 Goodbye."],
    ]);
    expect(await stage.client.isEnded()).toBe(true);
  });

  test("what is wrong first is told first", async () => {
    await using stage = await greeted();
    const { client } = stage;
    await dialogue(client, [
      ["FOO", '500 Command "FOO" not understood.'],
      ["RETR", NEEDS_ARGUMENT],
      ["RETR x", NEEDS_LOGIN],
      ["PWD x", NO_ARGUMENT],
      ["SITE CHMOD 777", NEEDS_LOGIN],
      ["STAT *", NEEDS_LOGIN],
    ]);
    await client.logIn();
    await dialogue(client, [
      ["SITE CHMOD 777", NEEDS_TWO],
      ["SITE CHMOD 777 ", NEEDS_TWO],
      ["MFMT x", NEEDS_TWO],
      ["MFMT 20200101000000", NEEDS_TWO],
      ["STAT /missing*", "550 Globbing not supported."],
      ["STAT a?", "550 Globbing not supported."],
      ["STAT [a]", "550 Globbing not supported."],
      ["STAT /missing", "550 No such file or directory."],
    ]);
  });
});
