/** The version of this package; `package.json` and `deno.json` say the same. */
export const VERSION = "0.1.0";
