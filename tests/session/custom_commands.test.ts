import { expect, test } from "vitest";
import {
  type CommandSpec,
  ConfigError,
  DEFAULT_COMMANDS,
  FileError,
  reply,
} from "../../adapters/memory.ts";
import { dialogue, fetched, greeted, loggedIn, stored } from "./_dialogue.ts";

const ECHO: CommandSpec = {
  argument: "required",
  login: "needed",
  help: "Syntax: ECHO <SP> text (say it again).",
  feature: "ECHO",
  run: (_context, argument) => reply(200, argument),
};

test("a command that was removed is unknown to FEAT, HELP and OPTS", async () => {
  await using stage = await greeted({
    commands: { MLST: null, EPSV: null, REST: null, "SITE CHMOD": null },
  });
  const { client } = stage;
  const feat = await client.command("FEAT");
  for (const name of ["MLST", "EPSV", "REST"]) {
    expect(feat).not.toContain(name);
    await dialogue(client, [
      [name, `500 Command "${name}" not understood.`],
      [`HELP ${name}`, "501 Unrecognized command."],
    ]);
  }
  expect(feat).toContain("\n SIZE\n");
  expect(await client.command("HELP")).not.toMatch(/MLST|EPSV|REST/);
  expect(await client.command("SITE HELP")).not.toContain("CHMOD");
  await dialogue(client, [
    ["OPTS MLST size;", '501 Unsupported command "MLST".'],
    ["SITE CHMOD 777 /", '500 Command "SITE CHMOD" not understood.'],
  ]);
});

test("a command that was added obeys the rules of its columns", async () => {
  await using stage = await greeted({ commands: { ECHO } });
  const { client } = stage;
  await dialogue(client, [
    ["ECHO", "501 Syntax error: command needs an argument."],
    ["ECHO x", "530 Log in with USER and PASS first."],
  ]);
  await client.logIn();
  await dialogue(client, [
    ["echo  Hi ", "200  Hi "],
    ["HELP echo", `214 ${ECHO.help}`],
    ["HELP", /\bECHO\b/],
    ["FEAT", /\n ECHO\n/],
  ]);
});

test("a sub-command of SITE is added with its permission and its help", async () => {
  const seen: string[] = [];
  await using stage = await loggedIn({
    commands: {
      "SITE MD5": {
        argument: "two",
        login: "needed",
        action: "read",
        path: "second",
        help: "Syntax: SITE MD5 <SP> how path (checksum).",
        async run({ files }, argument, path) {
          seen.push(`${argument} ${path}`);
          return reply(200, `${(await files.stat(path)).size}`);
        },
      },
    },
  });
  stage.files.writeFile("/a b", "abc");
  await dialogue(stage.client, [
    ["SITE MD5", "501 Syntax error: command needs an argument."],
    ["SITE MD5 x", "501 Syntax error: command needs two arguments."],
    ["site md5 hex a b", "200 3"],
    ["SITE MD5 hex ../nope", "550 No such file or directory."],
    [
      "SITE HELP",
      "214-The following SITE commands are recognized:\n" +
      " CHMOD\n HELP\n MD5\n214 Help SITE command successful.",
    ],
    ["SITE HELP MD5", "214 Syntax: SITE MD5 <SP> how path (checksum)."],
    ["HELP SITE MD5", "214 Syntax: SITE MD5 <SP> how path (checksum)."],
  ]);
  expect(seen).toEqual(["hex /a b", "hex /nope"]);
});

test("a command that was replaced can use the one it replaces", async () => {
  const { STOR } = DEFAULT_COMMANDS;
  if (STOR === undefined) throw new Error("Cannot find STOR");
  await using stage = await loggedIn({
    commands: {
      STOR: {
        ...STOR,
        run: (context, argument, path) =>
          path.endsWith(".exe")
            ? reply(553, "Not wanted here.")
            : STOR.run(context, argument, path),
      },
    },
  });
  const { client } = stage;
  expect(await client.upload("STOR a.exe", "x")).toBe("553 Not wanted here.");
  expect(await client.upload("STOR a.txt", "x")).toBe("226 Transfer complete.");
  expect(stored(stage, "/a.txt")).toBe("x");
});

test("a command of one's own can stream, transfer and end the session", async () => {
  await using stage = await loggedIn({
    commands: {
      XDIR: {
        argument: "none",
        login: "needed",
        help: "Syntax: XDIR.",
        run: () => ({
          stream: {
            code: 250,
            text: "Now:",
            body: (async function* () {
              yield await Promise.resolve(["250 a", "b"]);
              yield [];
              yield ["c"];
            })(),
            end: "Done.",
          },
        }),
      },
      XGET: {
        argument: "none",
        login: "needed",
        data: "transfer",
        help: "Syntax: XGET.",
        run: ({ session }) => ({
          transfer: {
            kind: "listing",
            username: session.username,
            command: "XGET",
            path: "/",
            realPath: "/",
            chunks: (async function* () {
              yield await Promise.resolve(new TextEncoder().encode("made"));
            })(),
            cancel: () => Promise.resolve(),
          },
        }),
      },
      XBYE: {
        argument: "none",
        login: "free",
        help: "Syntax: XBYE.",
        run: () => ({ reply: reply(221, "Off you go."), close: true }),
      },
    },
  });
  const { client } = stage;
  await dialogue(client, [
    ["XDIR", "250-Now:\n 250 a\n b\n c\n250 Done."],
  ]);
  expect(await fetched(client, "XGET")).toBe("made");
  await dialogue(client, [["XBYE", "221 Off you go."]]);
  expect(await client.isEnded()).toBe(true);
});

test("a handler that throws is answered and the session goes on", async () => {
  const errors: string[] = [];
  const broken = (error: unknown): CommandSpec => ({
    argument: "optional",
    login: "needed",
    help: "Syntax: none.",
    run: () => {
      throw error;
    },
  });
  await using stage = await loggedIn({
    log: ({ level, message }) => level === "error" && errors.push(message),
    commands: {
      XONE: broken(new Error("secret /etc/path")),
      XTWO: { ...broken(new Error("secret /etc/path")), path: "whole" },
      XTHREE: broken(
        new FileError("custom", "secret", { reply: "ask the owner" }),
      ),
    },
  });
  await dialogue(stage.client, [
    ["XONE", "451 Requested action aborted: local error in processing."],
    ["XTWO x", "550 Requested action not taken: internal error."],
    ["XTHREE", "550 ask the owner."],
    ["NOOP", /^200 /],
  ]);
  expect(errors).toEqual([
    "Cannot execute XONE: Error: secret /etc/path",
    "Cannot execute XTWO: Error: secret /etc/path",
  ]);
});

test("a name that is no command's is refused when the server is made", async () => {
  for (const name of ["", "echo", "SITE", "SITE  X", "A B", "FOO BAR", "É"]) {
    const made = greeted({ commands: { [name]: ECHO } });
    if (name === "SITE") {
      await using stage = await made;
      await dialogue(stage.client, [["SITE", /^501 /]]);
    } else await expect(made).rejects.toThrow(ConfigError);
  }
});
