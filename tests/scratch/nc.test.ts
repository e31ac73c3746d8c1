import { test } from "vitest";
import { writeFileSync } from "node:fs";
import { ClientFixture } from "../support/client_fixture.ts";
import { run } from "../support/program.ts";
test("p", async () => {
  const f = await ClientFixture.start();
  const A = ["-u","user","-p","pass","-P",String(f.server.port),"-t","5","-r","1","-d","stdout"];
  const go = async (p: string, ...a: (string|Buffer)[]) => { const r = await run(p, [...A, ...a], { cwd: f.local.path, env:{HOME:f.local.path} }); console.log(p, a.join(" "), r.code, r.text.slice(0, 2600)); };
  await go("ncftpls", f.url("sub/"));
  writeFileSync(f.local.at("back\\slash.txt"), "x");
  await go("ncftpput", "-V", "-m", "127.0.0.1", "oc", "back\\slash.txt");
  writeFileSync(f.local.atBytes(Buffer.from("gr\xfc.txt","latin1")), "x");
  await go("ncftpput", "-V", "-m", "127.0.0.1", "oc", Buffer.from("gr\xfc.txt","latin1"));
  writeFileSync(f.remote.at("up"), f.big.subarray(0,12345));
  writeFileSync(f.local.at("up"), f.big);
  await go("ncftpput", "-V", "-z",  "127.0.0.1", "/", "up");
  await f.close();
}, 40000);
