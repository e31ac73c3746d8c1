import { ipFamily } from "../protocol/address.ts";
import { type Reply, reply } from "../protocol/reply.ts";
import type { Connection, Endpoint } from "../spi/transport.ts";
import { type DataHost, replyLogged } from "./data_host.ts";

/** An attempt to connect to a port of the client. */
export class ActiveEndpoint {
  readonly kind = "connecting";
  readonly #host: DataHost;
  readonly #controller = new AbortController();
  /** PORT has had its reply, or shall have none. */
  #answered = false;

  constructor(host: DataHost) {
    this.#host = host;
  }

  /**
   * Connects, and sends the reply in any case: 200 before a waiting transfer
   * can begin, or the reason why not. `null` when there is no connection.
   */
  async connect(target: Endpoint): Promise<Connection | null> {
    const host = this.#host;
    const { activeTimeoutMs } = host.settings;
    const cancelTimer = activeTimeoutMs === 0
      ? () => {}
      : host.clock.after(activeTimeoutMs, () => this.#timeOut());
    try {
      const connection = await host.transport.connect({
        ...target,
        ...sourceFor(target, host.local),
        upgradable: host.mayProtect(),
        signal: this.#controller.signal,
      });
      if (!this.#answered) {
        this.#answer(reply(200, "Active data connection established."));
        return connection;
      }
      connection.close();
      return null;
    } catch {
      this.refuse();
      return null;
    } finally {
      cancelTimer();
    }
  }

  /** Answers PORT, whose connection nobody waits for any more. */
  refuse(): void {
    this.#answer(reply(425, "Can't connect to specified address."));
  }

  drop(): void {
    this.#answered = true;
    this.#controller.abort();
  }

  #timeOut(): void {
    if (this.#answered) return;
    this.#answered = true;
    replyLogged(
      this.#host,
      "info",
      reply(421, "Active data channel timed out."),
    );
    this.#controller.abort();
  }

  #answer(answer: Reply): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#host.reply(answer);
  }
}

/**
 * From the address that the client knows us by, so that its firewall knows it
 * too.
 */
function sourceFor(
  target: Endpoint,
  { hostname }: Endpoint,
): { readonly localHostname?: string } {
  return ipFamily(hostname) === ipFamily(target.hostname)
    ? { localHostname: hostname }
    : {};
}
