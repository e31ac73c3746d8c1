import { describe, test } from "vitest";
import {
  FileError,
  type FileErrorCode,
  MemoryFileSystem,
} from "../../adapters/memory.ts";
import { dialogue, loggedIn, passwords } from "./_dialogue.ts";

/** A file system in which everything about files fails alike. */
function failing(error: unknown): MemoryFileSystem {
  const files = new MemoryFileSystem();
  const fail = () => Promise.reject(error);
  for (
    const name of [
      "stat",
      "open",
      "makeDirectory",
      "removeDirectory",
      "remove",
      "rename",
      "setModified",
      "setMode",
    ] as const
  ) files[name] = fail;
  files.list = () =>
    ({
      [Symbol.asyncIterator]: () => ({ next: fail }),
    }) as unknown as ReturnType<MemoryFileSystem["list"]>;
  return files;
}

const COMMANDS = [
  "CWD x",
  "DELE x",
  "LIST x",
  "MDTM x",
  "MFMT 20200101000000 x",
  "MKD x",
  "MLSD x",
  "MLST x",
  "NLST x",
  "RETR x",
  "RMD x",
  "RNFR x",
  "SITE CHMOD 644 x",
  "SIZE x",
  "STAT x",
  "STOR x",
  "APPE x",
];

async function onFiles(fileSystem: MemoryFileSystem) {
  const stage = await loggedIn({
    authorizer: passwords(fileSystem, { anonymous: "" }),
  });
  await dialogue(stage.client, [["TYPE I", /^200 /]]);
  return stage;
}

describe("an error of the file system", () => {
  const texts: Partial<Record<FileErrorCode, string>> = {
    "exists": "File exists",
    "is-a-directory": "Is a directory",
    "not-empty": "Directory not empty",
    "permission-denied": "Permission denied",
    "not-permitted": "Operation not permitted",
    "read-only": "Read-only file system",
    "no-space": "No space left on device",
    "name-too-long": "File name too long",
    "invalid": "Invalid argument",
    "io": "Input/output error",
  };

  test("is told in the words of the C library and without a path", async () => {
    for (const [code, text] of Object.entries(texts)) {
      const error = new FileError(code as FileErrorCode, "/real/path: oops");
      await using stage = await onFiles(failing(error));
      await dialogue(
        stage.client,
        COMMANDS.map((command) => [command, `550 ${text}.`]),
      );
    }
  });

  test("of one's own is told in one's own words, by every command", async () => {
    const error = new FileError("custom", "x", { reply: "come back later" });
    await using stage = await onFiles(failing(error));
    await dialogue(
      stage.client,
      COMMANDS.map((command) => [command, "550 come back later."]),
    );
  });

  test("of any other kind is a 550 that tells nothing", async () => {
    await using stage = await onFiles(failing(new TypeError("/real/path")));
    await dialogue(
      stage.client,
      COMMANDS.map((
        command,
      ) => [command, "550 Requested action not taken: internal error."]),
    );
    await dialogue(stage.client, [["NOOP", /^200 /]]);
  });
});

test("a path that leads out of the home is refused by every command", async () => {
  await using stage = await loggedIn();
  const { client, files } = stage;
  files.makeLink("/out", "../../etc");
  await dialogue(client, [["TYPE I", /^200 /]]);
  for (const command of COMMANDS) {
    const line = `${command}`.replace(/x$/, "out/x");
    await dialogue(client, [[
      line,
      "550 '/out/x' points to a path which is outside the user's root " +
      "directory.",
    ]]);
  }
  for (const command of ["CWD out", "LIST out", "MLSD out", "STOU out/x"]) {
    await dialogue(client, [[
      command,
      /^550 '\/out(\/x.*)?' points to a path/,
    ]]);
  }
});
