import { expect } from "vitest";
import {
  type MemoryClient,
  type MemoryConnection,
  type MemoryServer,
  type MemoryTlsSession,
  readAll,
  type TlsConfig,
  type TlsOptions,
} from "../../adapters/memory.ts";
import { greeted, type Stage, text, utf8 } from "./_dialogue.ts";

/** Any text will do where TLS is pretended. */
export const CONFIG: TlsConfig = { cert: "certificate", key: "key" };

/** Options of a server with TLS. */
export function withTls(
  tls: Partial<TlsOptions> = {},
): { readonly tls: TlsOptions } {
  return { tls: { config: CONFIG, ...tls } };
}

/** AUTH TLS and the handshake. */
export async function auth(client: MemoryClient): Promise<MemoryTlsSession> {
  expect(await client.command("AUTH TLS")).toBe("234 AUTH TLS successful.");
  return await client.control.joinTls();
}

/** PBSZ and PROT P. */
export async function protect(client: MemoryClient): Promise<void> {
  expect(await client.command("PBSZ 0")).toBe("200 PBSZ=0 successful.");
  expect(await client.command("PROT P")).toBe("200 Protection set to Private");
}

/** A client who has done everything before the first transfer. */
export interface SecureStage extends Stage {
  /** Of the control connection. */
  readonly session: MemoryTlsSession;
}

/** A server with a client who is logged in by TLS, data protected. */
export async function secured(
  tls: Partial<TlsOptions> = {},
  options: Parameters<typeof greeted>[0] = {},
): Promise<SecureStage> {
  const stage = await greeted({ ...withTls(tls), ...options });
  const session = await auth(stage.client);
  expect(await stage.client.logIn()).toMatch(/^230 /);
  await protect(stage.client);
  return { ...stage, session };
}

/** RETR over a protected connection; what came, and the last reply. */
export async function download(
  client: MemoryClient,
  session: MemoryTlsSession | null,
  command: string,
): Promise<{ readonly content: string; readonly reply: string }> {
  const data = await client.passive();
  expect(await client.command(command)).toMatch(/^1[25][05] /);
  let content = "";
  try {
    await data.joinTls(session);
    content = text(await readAll(data));
  } catch {
    // The reply tells.
  }
  data.close();
  return { content, reply: await client.reply() };
}

/** STOR over a protected connection; the connection, not finished. */
export async function uploading(
  client: MemoryClient,
  session: MemoryTlsSession | null,
  command: string,
  content: string,
): Promise<MemoryConnection> {
  const data = await client.passive();
  expect(await client.command(command)).toMatch(/^1[25][05] /);
  await data.joinTls(session);
  await data.write(utf8(content));
  return data;
}

/** A file of the server, or `null` when there is none. */
export function fileOrNull(stage: MemoryServer, path: string): string | null {
  try {
    return text(stage.files.readFile(path));
  } catch {
    return null;
  }
}
