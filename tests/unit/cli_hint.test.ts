import { expect, test } from "vitest";
import { hintFor } from "../../lib/cli/hint.ts";

test("hintFor() names the option that lets foreign data connections in", () => {
  const record = { level: "warn", time: 0 } as const;
  const refused = "Rejected data connection from foreign address 10.0.0.9:4.";
  expect(hintFor({ ...record, message: refused })).toContain(
    "--permit-foreign-addresses",
  );
  expect(hintFor({ ...record, message: "Command too long." })).toBeNull();
});
