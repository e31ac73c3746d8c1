import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { TemporaryFolder } from "./files.ts";
import { FtpClient } from "./ftp_client.ts";
import { startServer, type TestServer } from "./server.ts";

/** A shared folder with links that lead out, and a client logged in. */
export class AttackFixture {
  readonly folder: TemporaryFolder;
  readonly server: TestServer;
  readonly client: FtpClient;

  private constructor(
    folder: TemporaryFolder,
    server: TestServer,
    client: FtpClient,
  ) {
    this.folder = folder;
    this.server = server;
    this.client = client;
  }

  /** Users: `user` may all, `reader` may read, `renamer` may rename too. */
  static async start(): Promise<AttackFixture> {
    const folder = new TemporaryFolder();
    mkdirSync(folder.at("root"));
    mkdirSync(folder.at("outside"));
    writeFileSync(folder.at("outside", "secret"), "secret");
    writeFileSync(folder.at("root", "file"), "0123456789");
    mkdirSync(folder.at("root", "sub"));
    symlinkSync(folder.at("outside"), folder.at("root", "escape"));
    symlinkSync("../outside", folder.at("root", "relative-escape"));
    symlinkSync(folder.at("outside", "secret"), folder.at("root", "leak"));
    symlinkSync("/proc/self/root", folder.at("root", "proc"));
    const directory = folder.at("root");
    const password = "pass";
    const server = await startServer({
      directory,
      users: [
        { username: "reader", password, directory, permissions: "elr" },
        { username: "renamer", password, directory, permissions: "elrf" },
      ],
    });
    return new AttackFixture(folder, server, await FtpClient.login(server));
  }

  async close(): Promise<void> {
    this.client.destroy();
    await this.server.close();
    this.folder.remove();
  }
}
