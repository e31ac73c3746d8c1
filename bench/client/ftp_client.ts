import {
  ControlConnection,
  ReplyError,
  type ServerAddress,
} from "./control_connection.ts";
import { DataConnection } from "./data_connection.ts";

/** Whom to log in as. */
export interface Account {
  readonly user: string;
  readonly password: string;
}

/** As much of an FTP client as a benchmark needs. */
export class FtpClient {
  readonly #control: ControlConnection;

  constructor(control: ControlConnection) {
    this.#control = control;
  }

  /** Connects, takes the greeting, sends USER and PASS. */
  static async login(
    address: ServerAddress,
    account: Account,
  ): Promise<FtpClient> {
    const control = await ControlConnection.connect(address);
    await control.expect("2", "connecting");
    control.send(`USER ${account.user}`);
    const reply = await control.expect("23", "USER");
    if (reply.code >= 300) await control.command(`PASS ${account.password}`);
    return new FtpClient(control);
  }

  async binary(): Promise<void> {
    await this.#control.command("TYPE I");
  }

  /** Opens a passive data connection and starts `command` on it. */
  async #open(command: string): Promise<DataConnection> {
    const control = this.#control;
    const data = await DataConnection.connect(
      control.remoteAddress,
      await this.#passivePort(),
    );
    control.send(command);
    try {
      await control.expect("1", command);
    } catch (error) {
      data.close();
      throw error;
    }
    return data;
  }

  /** EPSV on IPv6, else PASV, whose address is not looked at (RFC 2428). */
  async #passivePort(): Promise<number> {
    if (this.#control.isIpv6) {
      const reply = await this.#control.command("EPSV");
      const port = /\|\|\|(\d+)\|/.exec(reply.text)?.[1];
      if (port === undefined) throw new ReplyError("EPSV", reply);
      return Number(port);
    }
    const reply = await this.#control.command("PASV");
    const parts = /\d+,\d+,\d+,\d+,(\d+),(\d+)/.exec(reply.text);
    if (parts === null) throw new ReplyError("PASV", reply);
    return Number(parts[1]) * 256 + Number(parts[2]);
  }

  /** Starts RETR; the end is `finish()`. */
  openRetrieve(name: string): Promise<DataConnection> {
    return this.#open(`RETR ${name}`);
  }

  /** Starts STOR; the end is `finish()`. */
  openStore(name: string): Promise<DataConnection> {
    return this.#open(`STOR ${name}`);
  }

  /** Takes the reply that ends a transfer. */
  async finish(): Promise<void> {
    await this.#control.expect("2", "the transfer");
  }

  /** Takes the reply that ends a transfer, whatever it is. */
  async finishAnyhow(): Promise<void> {
    await this.#control.reply();
  }

  /** A whole download. @returns bytes */
  retrieve(name: string): Promise<number> {
    return this.receive(`RETR ${name}`);
  }

  /** A whole download or listing, by its command. @returns bytes */
  async receive(command: string): Promise<number> {
    const data = await this.#open(command);
    const bytes = await data.receiveAll();
    await this.finish();
    return bytes;
  }

  /** A whole upload of `bytes` bytes. */
  async store(name: string, bytes: number): Promise<void> {
    const data = await this.openStore(name);
    await data.send(bytes);
    await this.finish();
    data.close();
  }

  async remove(name: string): Promise<void> {
    await this.#control.command(`DELE ${name}`);
  }

  async quit(): Promise<void> {
    await this.#control.command("QUIT");
    this.#control.close();
  }

  close(): void {
    this.#control.close();
  }
}
