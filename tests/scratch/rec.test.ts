import { test } from "vitest";
import { writeFileSync } from "node:fs";
import { recordServer } from "../oracle/compare.ts";
test("rec", async () => {
  const kind = (process.env["KIND"] ?? "pyftpdlib") as "pyftpdlib";
  const r = await recordServer(kind);
  writeFileSync(`/tmp/rec-${kind}.json`, JSON.stringify(r, null, 1));
  console.log(r.length);
}, 120000);
