import { test } from "vitest";
import { ClientFixture } from "../support/client_fixture.ts";
import { run } from "../support/program.ts";
test("p", async () => {
  const f = await ClientFixture.start();
  const r = await run("tnftp", ["-n","-v","-d",f.server.hostname,String(f.server.port)], { input: "user user pass\n"+process.env["SCRIPT"]!, cwd: f.local.path });
  console.log(r.text.slice(-4000), r.code);
  await f.close();
}, 40000);
