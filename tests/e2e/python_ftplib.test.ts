import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ClientFixture, SERVES_RAW_NAMES } from "../support/client_fixture.ts";
import { requireProgram, run } from "../support/program.ts";

const SCRIPT = fileURLToPath(
  new URL("clients/ftplib_client.py", import.meta.url),
);

const CHECKS = [
  "lists by LIST, NLST and MLSD",
  "lists a folder of 10,000 files",
  "downloads, also from an offset",
  "uploads, appends, resumes, in ASCII too",
  "makes, renames and removes",
  "moves names in UTF-8",
  ...(SERVES_RAW_NAMES ? ["moves names that are no UTF-8"] : []),
  "aborts a download",
  "aborts a download by urgent data",
  "takes errors for what they are",
];

describe("Python's ftplib", () => {
  let program: string;
  let fixture: ClientFixture;

  beforeAll(async () => {
    program = requireProgram("/usr/bin/python3", "python3");
    fixture = await ClientFixture.start();
  }, 30_000);

  afterAll(() => fixture?.close());

  describe.each(["pasv", "epsv", "port", "eprt"])("%s", (mode) => {
    test.each(CHECKS)("%s", async (check) => {
      const { server, local } = fixture;
      const result = await run(program, [
        SCRIPT,
        server.hostname,
        String(server.port),
        mode,
        local.path,
        check,
      ]);
      expect(result.text.trim()).toBe(
        JSON.stringify(["passed", check])
          .replace(",", ", "),
      );
    });
  });
});
