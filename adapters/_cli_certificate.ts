import { X509Certificate } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ConfigError, messageOf } from "../lib/base/errors.ts";
import type {
  CertificateRequest,
  CliCertificate,
  CliHost,
} from "../lib/cli/host.ts";
import { certificateFiles } from "./_certificate_files.ts";
import { HOSTNAME, isGranted } from "./_deno_permissions.ts";
import { selfSigned } from "./_self_signed.ts";
import { stateFolder } from "./_state_folder.ts";
import { certificatesIn } from "./_tls_pem.ts";

const FILE = "self-signed.pem";

/** One that is about to end is made anew. */
const LAST_DAYS_MS = 30 * 86_400_000;

/** See {@linkcode CliHost.certificate}. */
export async function certificate(
  request: CertificateRequest,
  env: CliHost["env"],
): Promise<CliCertificate> {
  const { certfile, keyfile, minVersion, settings = {} } = request;
  const file = certfile ?? await keptFile(env, request.addresses);
  const config = certificateFiles({
    cert: file,
    ...(keyfile === null ? {} : { key: keyfile }),
    ...settings,
    minVersion,
  });
  return {
    config,
    file,
    isSelfSigned: certfile === null,
    fingerprint: certificatesIn("cert", config().cert)[0]?.fingerprint256 ?? "",
  };
}

/** The certificate that we made and kept, or a new one. */
async function keptFile(
  env: CliHost["env"],
  addresses: readonly string[],
): Promise<string> {
  const folder = stateFolder(env);
  if (folder === null) {
    throw new ConfigError(
      "Cannot keep a certificate: the variable HOME is not set; " +
        "use --certfile",
    );
  }
  const file = join(folder, FILE);
  const now = Date.now();
  if (await isGood(file, now)) return file;
  const text = await selfSigned(
    [...ownNames(), "localhost", ...addresses, "127.0.0.1", "::1"],
    now,
  );
  // Whoever starts at the same moment finds a whole file, of either.
  const fresh = `${file}.${process.pid}`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(fresh, text, { mode: 0o600, flag: "wx" });
    await rename(fresh, file);
  } catch (cause) {
    await rm(fresh, { force: true }).catch(() => {});
    throw new ConfigError(
      `Cannot keep a certificate in "${folder}": ${reason(cause)}`,
      { cause },
    );
  }
  return file;
}

/** Whether the file is there, can be used, and will be for some time. */
async function isGood(file: string, now: number): Promise<boolean> {
  try {
    const { validTo } = new X509Certificate(await readFile(file));
    if (Date.parse(validTo) < now + LAST_DAYS_MS) return false;
    certificateFiles({ cert: file });
    return true;
  } catch {
    return false;
  }
}

function ownNames(): readonly string[] {
  return isGranted(HOSTNAME) ? [hostname()] : [];
}

/** "ENOENT: no such file or directory, open 'x'" */
function reason(error: unknown): string {
  return /^[A-Z]+: ([^,]+)/.exec(messageOf(error))?.[1] ?? messageOf(error);
}
