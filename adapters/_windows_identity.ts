import process from "node:process";
import { type WindowsApi, windowsApi } from "./_windows_api.ts";

/**
 * Acts as one user after the other, on Windows, where a thread may have the
 * token of another user than its process. A section gives this thread the
 * token, acts and takes it back without giving way; other threads keep that of
 * the process.
 */
export class WindowsIdentities {
  readonly #api: WindowsApi;
  #inside = false;

  private constructor(api: WindowsApi) {
    this.#api = api;
  }

  /** `null` where this program cannot call C. */
  static open(): WindowsIdentities | null {
    const api = windowsApi();
    return api === null ? null : new WindowsIdentities(api);
  }

  /**
   * What `act` answers, called with the rights of a token. It must not give
   * way: no promise, no pool of threads.
   *
   * @throws {Error} Windows refuses the token; what `act` throws
   */
  as<T>(token: bigint, act: () => T): T {
    // A section in a section would end with the wrong rights.
    if (this.#inside) throw new Error("Cannot change identity: in a section");
    if (Number(this.#api.ImpersonateLoggedOnUser(token)) === 0) {
      throw new Error("Cannot act as a user: Windows refuses");
    }
    this.#inside = true;
    try {
      const result = act();
      if (result instanceof Promise) {
        throw new Error("Cannot act as a user: the act gives way");
      }
      return result;
    } finally {
      // Nobody may go on with the rights of a user, says its documentation.
      if (Number(this.#api.RevertToSelf()) === 0) process.abort();
      this.#inside = false;
    }
  }

  /** Gives a token up. */
  close(token: bigint): void {
    this.#api.CloseHandle(token);
  }
}
