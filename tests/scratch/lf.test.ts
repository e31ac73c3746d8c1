import { test } from "vitest";
import { ClientFixture } from "../support/client_fixture.ts";
import { run } from "../support/program.ts";
test("p", async () => {
  const f = await ClientFixture.start();
  const script = process.env["SCRIPT"]!.replace("HOST", f.host);
  const t = performance.now();
  const r = await run("lftp", ["--norc"], { input: script, cwd: f.local.path });
  console.log(r.text.slice(-16000), r.code, performance.now() - t);
  await f.close();
}, 40000);
