import { test } from "vitest";
import { FtpClient } from "../support/ftp_client.ts";
import { TemporaryFolder } from "../support/files.ts";
import { startServer } from "../support/server.ts";
test("p", async () => {
  const f = new TemporaryFolder(); 
  const s = await startServer({ directory: f.path, passiveTimeoutMs: 700 });
  const c = await FtpClient.login(s);
  const d = await c.openData("PASV"); await d.reset();
  console.log((await c.cmd("STOR x")).raw);
  console.log((await c.reply()).raw);
  await new Promise(r=>setTimeout(r,300));
  console.log(c.unread);
  await s.close(); f.remove();
});
