import { type NativeFunctions, nativeFunctions } from "./_native_library.ts";

const ADVAPI32 = {
  LogonUserW: {
    parameters: ["buffer", "buffer", "buffer", "u32", "u32", "buffer"],
    result: "i32",
  },
  ImpersonateLoggedOnUser: { parameters: ["address"], result: "i32" },
  RevertToSelf: { parameters: [], result: "i32" },
  LookupAccountNameW: {
    parameters: [
      "buffer",
      "buffer",
      "buffer",
      "buffer",
      "buffer",
      "buffer",
      "buffer",
    ],
    result: "i32",
  },
  ConvertSidToStringSidW: { parameters: ["buffer", "buffer"], result: "i32" },
  RegGetValueW: {
    parameters: [
      "address",
      "buffer",
      "buffer",
      "u32",
      "buffer",
      "buffer",
      "buffer",
    ],
    result: "u32",
  },
} as const;

const KERNEL32 = {
  CloseHandle: { parameters: ["address"], result: "i32" },
  GetLastError: { parameters: [], result: "u32" },
  LocalFree: { parameters: ["address"], result: "address" },
  lstrcpynW: { parameters: ["buffer", "address", "i32"], result: "address" },
} as const;

/** The functions of Windows that users are looked up and acted as by. */
export type WindowsApi = NativeFunctions<
  keyof typeof ADVAPI32 | keyof typeof KERNEL32
>;

/** `null` where this program cannot call C. */
export function windowsApi(): WindowsApi | null {
  const advapi = nativeFunctions("advapi32.dll", ADVAPI32);
  const kernel = nativeFunctions("kernel32.dll", KERNEL32);
  return advapi === null || kernel === null ? null : { ...advapi, ...kernel };
}

/** A text as Windows has it: UTF-16 that ends in a zero. */
export function wideString(text: string): Uint8Array<ArrayBuffer> {
  const units = new Uint16Array(text.length + 1);
  for (let at = 0; at < text.length; at++) units[at] = text.charCodeAt(at);
  return new Uint8Array(units.buffer);
}

/** The text in memory that Windows has filled, up to the zero. */
export function wideText(bytes: Uint8Array<ArrayBuffer>): string {
  const units = new Uint16Array(bytes.buffer, 0, bytes.length >> 1);
  const end = units.indexOf(0);
  return String.fromCharCode(...units.subarray(0, end < 0 ? undefined : end));
}
