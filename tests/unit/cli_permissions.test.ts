import { describe, expect, test } from "vitest";
import { flagFor, permissionHost } from "../../adapters/_deno_permissions.ts";
import type { CliNeeds, CliNote } from "../../lib/cli/host.ts";
import { PermissionError } from "../../lib/cli/permission_error.ts";
import { FakeCliHost } from "./cli_fake_host.ts";

/** A host that has to ask for what the command needs. */
class AskingHost extends FakeCliHost {
  readonly needs: CliNeeds[] = [];
  answer: () => readonly CliNote[] = () => [];

  permit(needs: CliNeeds): Promise<readonly CliNote[]> {
    this.needs.push(needs);
    try {
      return Promise.resolve(this.answer());
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

describe("main()", () => {
  test("asks for what the options need, once, before it uses it", async () => {
    const host = new AskingHost();
    host.folders.clear();
    const { exit } = await host.start(
      "-w -i 127.0.0.1 -p 2100 -u ann --password-file secret /srv",
    );
    // The folder is not there; it was asked for first.
    expect(await exit).toBe(2);
    expect(host.needs).toEqual([{
      directory: "/srv",
      write: true,
      interface: "127.0.0.1",
      port: 2100,
      passwordFile: "secret",
      usersFile: null,
      external: null,
      certificateFiles: null,
      variable: null,
    }]);
  });

  test("needs the variable only when the password is nowhere else", async () => {
    const variables: (string | null)[] = [];
    for (const line of ["", "-u ann", "-u ann -P x", "--help", "--nope"]) {
      const host = new AskingHost();
      host.answer = () => {
        throw new PermissionError("no", "no");
      };
      const { exit } = await host.start(line);
      await exit;
      variables.push(...host.needs.map(({ variable }) => variable));
    }
    expect(variables).toEqual([null, "ANYFTPD_PASSWORD", null]);
  });

  test("ends with one line, a hint and 1 when it is refused", async () => {
    const host = new AskingHost();
    host.answer = () => {
      throw new PermissionError("Cannot start: not\nallowed", "Allow\tit");
    };
    const { exit } = await host.start("");
    expect(await exit).toBe(1);
    const [line, hint, ...rest] = host.stderr.text.split("\n");
    expect(line).toMatch(/^anyftpd: error: Cannot start: not\S+allowed$/);
    expect(hint).toMatch(/^Allow\S+it$/);
    expect(rest).toEqual([""]);
    expect(host.transport.openListeners).toBe(0);
  });

  test("logs what it does without", async () => {
    const host = new AskingHost();
    host.answer = () => [
      { level: "info", message: "no addresses" },
      { level: "debug", message: "no names" },
    ];
    const { exit } = await host.start("");
    host.signal("SIGINT");
    expect(await exit).toBe(0);
    expect(host.stderr.text).toMatch(/^\[I [^\]]*\] no addresses$/m);
    expect(host.stderr.text).not.toContain("no names");
  });
});

describe("the options of Deno", () => {
  test("name a thing, or all of a kind", () => {
    expect(flagFor({ name: "net" })).toBe("--allow-net");
    expect(flagFor({ name: "net", host: "[::1]:21" })).toBe(
      "--allow-net=[::1]:21",
    );
    expect(flagFor({ name: "read", path: "/a b" })).toBe("--allow-read=/a b");
    // A comma would begin a second path.
    expect(flagFor({ name: "read", path: "/a,b" })).toBe("--allow-read");
  });

  test("hold IPv6 addresses in brackets", () => {
    expect(permissionHost("::1")).toBe("[::1]");
    expect(permissionHost("::1", 21)).toBe("[::1]:21");
    expect(permissionHost("127.0.0.1", 21)).toBe("127.0.0.1:21");
  });
});
