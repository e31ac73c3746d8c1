import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { servingArguments } from "../../adapters/_engine_flags.ts";
import { runtimeName } from "../../adapters/_runtime.ts";
import { TemporaryFolder } from "../support/files.ts";

const folder = new TemporaryFolder();
afterAll(() => folder.remove());

test("the engine knows the flags of processes that serve", async () => {
  const module = folder.at("child.mjs");
  writeFileSync(module, 'console.log("served"); process.disconnect();\n');
  const child = fork(module, [], {
    execArgv: servingArguments(),
    silent: true,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (text) => output += text);
  }
  const [code] = await once(child, "close");
  expect([code, output]).toEqual([0, "served\n"]);
});

test.skipIf(runtimeName() === "bun")("V8 keeps what it has compiled", () => {
  expect(servingArguments()).toContain("--no-memory-reducer");
});

test.each([
  [[], []],
  [["--title=a", "-e", "code"], ["--title=a"]],
  [["-p", "-e", "code", "--title=a"], ["--title=a"]],
  [["-pe", "code"], []],
  [["--eval=code", "--print=code"], []],
])("the program's own code is no worker's: %j", (own, kept) => {
  const none = servingArguments([]);
  expect(servingArguments(own)).toEqual([...kept, ...none]);
});
