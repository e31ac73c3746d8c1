import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { expect } from "vitest";
import { Command } from "../support/command.ts";
import { sampleBytes, sha256, TemporaryFolder } from "../support/files.ts";
import { requireProgram, run } from "../support/program.ts";
import { cleanEnvironment } from "./_packed.ts";

/**
 * Starts the command by `program` for a folder with a file, lets curl list,
 * fetch and store, and stops it.
 *
 * @returns what it logged
 */
export async function serveToCurl(
  program: readonly [string, ...string[]],
  cwd: string,
): Promise<string> {
  const curl = requireProgram("curl", "curl");
  const folder = new TemporaryFolder();
  const content = sampleBytes(300_000);
  writeFileSync(folder.at("file.bin"), content);
  const command = new Command(
    ["-D", "-w", "-i", "127.0.0.1", "-p", "0", folder.path],
    { program, cwd, env: cleanEnvironment() },
  );
  try {
    const { port } = await command.listening();
    const url = `ftp://127.0.0.1:${port}`;
    const listing = await run(curl, ["-sS", `${url}/`]);
    expect(listing.text).toMatch(/ 300000 .* file\.bin\r?\n/);
    const fetched = await run(curl, ["-sS", `${url}/file.bin`]);
    expect(sha256(fetched.stdout)).toBe(sha256(content));
    const stored = await run(
      curl,
      ["-sS", "-T", folder.at("file.bin"), `${url}/copy.bin`],
    );
    expect(stored.text.trim()).toBe("");
    expect(sha256(readFileSync(join(folder.path, "copy.bin")))).toBe(
      sha256(content),
    );
    // The server itself: npx and others stand before it.
    const pid = Number(/, pid=(\d+) <<</.exec(command.stderr)![1]);
    process.kill(pid, "SIGTERM");
    await command.exit;
    expect(command.stderr).toMatch(/>>> shutting down FTP server, .* <<<\n/);
    return command.stderr;
  } finally {
    await command.close();
    folder.remove();
  }
}
