import {
  wideString,
  wideText,
  type WindowsApi,
  windowsApi,
} from "./_windows_api.ts";

/** A user as Windows knows it. */
export interface WindowsAccount {
  readonly name: string;
  /** The profile folder; empty before the user's first login at the machine. */
  readonly home: string;
}

/** `SID_NAME_USE`: a person, and no group, computer or service. */
const SID_TYPE_USER = 1;

/** SECURITY_MAX_SID_SIZE, and room for its text and for a domain. */
const SID_BYTES = 68;
const TEXT_UNITS = 256;
const PATH_UNITS = 32_768;

const LOCAL_MACHINE = 0x8000_0002n;
const PROFILES =
  "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\";
/** RRF_RT_REG_SZ, which has variables in texts filled in. */
const TEXT_VALUE = 2;

const LOGON32_LOGON_INTERACTIVE = 2;
const LOGON32_PROVIDER_DEFAULT = 0;

/** Errors of LogonUser that tell why, for the log. */
const REASONS: Readonly<Record<number, string>> = {
  1326: "wrong name or password",
  1327: "the account is restricted",
  1328: "not at this hour",
  1329: "not at this computer",
  1330: "the password has expired",
  1331: "the account is disabled",
  1385: "the account may not log on here",
  1793: "the account has expired",
  1907: "the password must be changed",
  1909: "the account is locked",
};

/** The users of this Windows. Each question may take as long as a domain. */
export class WindowsAccounts {
  readonly #api: WindowsApi;

  private constructor(api: WindowsApi) {
    this.#api = api;
  }

  /** `null` where this program cannot call C. */
  static open(): WindowsAccounts | null {
    const api = windowsApi();
    return api === null ? null : new WindowsAccounts(api);
  }

  /** `null` when there is no such user. */
  find(username: string): WindowsAccount | null {
    // Windows would look for what is before a zero.
    if (username === "" || username.includes("\0")) return null;
    const sid = new Uint8Array(SID_BYTES);
    const domain = new Uint8Array(TEXT_UNITS * 2);
    const use = new Uint8Array(4);
    const found = this.#api.LookupAccountNameW(
      null,
      wideString(username),
      sid,
      uint32(sid.length),
      domain,
      uint32(TEXT_UNITS),
      use,
    );
    if (Number(found) === 0 || use[0] !== SID_TYPE_USER) return null;
    return { name: username, home: this.#profile(this.#sidText(sid)) };
  }

  /** A token for the user, to be closed; or why there is none. */
  logOn(
    username: string,
    password: string,
  ): { readonly token: bigint } | { readonly reason: string } {
    if (`${username}${password}`.includes("\0")) {
      return { reason: "wrong name or password" };
    }
    const token = new Uint8Array(8);
    const ok = this.#api.LogonUserW(
      wideString(username),
      // `name@domain` brings its own.
      username.includes("@") ? null : wideString("."),
      wideString(password),
      LOGON32_LOGON_INTERACTIVE,
      LOGON32_PROVIDER_DEFAULT,
      token,
    );
    if (Number(ok) !== 0) {
      return { token: new DataView(token.buffer).getBigUint64(0, true) };
    }
    const error = Number(this.#api.GetLastError());
    return { reason: REASONS[error] ?? `Windows says ${error}` };
  }

  #sidText(sid: Uint8Array<ArrayBuffer>): string {
    const pointer = new Uint8Array(8);
    if (Number(this.#api.ConvertSidToStringSidW(sid, pointer)) === 0) return "";
    const address = new DataView(pointer.buffer).getBigUint64(0, true);
    const text = new Uint8Array(TEXT_UNITS * 2);
    this.#api.lstrcpynW(text, address, TEXT_UNITS);
    this.#api.LocalFree(address);
    return wideText(text);
  }

  #profile(sid: string): string {
    const path = new Uint8Array(PATH_UNITS * 2);
    const error = this.#api.RegGetValueW(
      LOCAL_MACHINE,
      wideString(PROFILES + sid),
      wideString("ProfileImagePath"),
      TEXT_VALUE,
      null,
      path,
      uint32(path.length),
    );
    return Number(error) === 0 ? wideText(path) : "";
  }
}

function uint32(value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Uint32Array([value]).buffer);
}
