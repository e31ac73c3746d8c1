import { messageOf } from "../base/errors.ts";
import type { CliHost } from "./host.ts";
import {
  changeListeners,
  closeListeners,
  type OpenListener,
  wantedListeners,
} from "./listeners.ts";
import type { Logger } from "./logger.ts";
import type { CliOptions } from "./options.ts";
import type { Plan } from "./serve.ts";
import type { Serving } from "./serving.ts";
import { openService, type Service } from "./service.ts";
import type { Supervised } from "./supervise.ts";
import { announceTls } from "./tls.ts";

/** What runs now. */
export interface Running {
  plan: Plan;
  service: Service;
  readonly server: Serving;
  /** Changed in place. */
  readonly listeners: OpenListener[];
  readonly logger: Logger;
  /** Does not try again to listen. */
  cancelRetry: () => void;
}

/** Before it is tried again to listen where that could not be. */
const RETRY_MS = 5_000;

/**
 * Looks at the files again when a signal says so, until the answer is called.
 * On a terminal that signal means its end, and ends the command.
 *
 * @param planAgain reads the configuration; throws when it does not hold
 */
export function reloadOnSignal(
  running: Running,
  planAgain: () => Promise<Plan>,
  host: CliHost,
  supervised: Supervised,
): () => void {
  if (!hasFiles(running) || host.stderr.isTerminal) return () => {};
  if (running.plan.loaded.file === null) {
    return host.onReload(() => {
      supervised.reloading();
      // Never rejects.
      void reloadParts(running, host).then(() => supervised.ready());
    });
  }
  // One after the other, or the older file might win.
  let last = Promise.resolve();
  const reload = async (): Promise<void> => {
    supervised.reloading();
    try {
      await reloadNow(running, planAgain, host);
    } catch (error) {
      running.logger.log(
        "error",
        `${messageOf(error)}; the old configuration serves on`,
      );
    }
    supervised.ready();
  };
  return host.onReload(() => {
    last = last.then(reload);
  });
}

/** Whether there is anything to look at. */
function hasFiles({ plan, service }: Running): boolean {
  return plan.loaded.file !== null || service.tls !== null ||
    service.users !== null || plan.options.config?.log !== undefined;
}

async function reloadNow(
  running: Running,
  planAgain: () => Promise<Plan>,
  host: CliHost,
): Promise<void> {
  const { logger } = running;
  const plan = await planAgain();
  const service = await openService(
    plan.options,
    plan.password,
    host,
    logger,
    plan.loaded.where,
    running.service,
  );
  await apply(plan, service, running, host);
  const sessions = running.server.sessionCount;
  logger.log(
    "info",
    `configuration read again; ${sessions} open session(s) keep the old one, ` +
      "but for limits and rates",
    { sessions },
  );
}

/** Without a configuration file: certificate, users and logs. */
async function reloadParts(running: Running, host: CliHost): Promise<void> {
  const { server, service, plan, logger } = running;
  service.users?.reload();
  const failed = (error: unknown): void =>
    logger.log("error", `${messageOf(error)}; the old one serves on`);
  const attempt = (reload: () => void, done: string): void => {
    try {
      reload();
      logger.log("info", done);
    } catch (error) {
      failed(error);
    }
  };
  if (service.tls !== null) {
    attempt(() => server.reloadTls(), "certificate read again.");
  }
  const { log } = plan.options.config ?? {};
  if (log === undefined) return;
  attempt(() => logger.configure(plan.options), "log opened again.");
  if (log.xferlog === undefined) return;
  try {
    host.openLogFile(log.xferlog);
    // Worker processes have it open too.
    await server.follow(service, plan);
    logger.log("info", "xferlog opened again.");
  } catch (error) {
    failed(error);
  }
}

/** From here on only a port that is taken, say, can go wrong. */
async function apply(
  plan: Plan,
  service: Service,
  running: Running,
  host: CliHost,
): Promise<void> {
  const { server, listeners, logger } = running;
  const before = running.plan.options;
  warnOfRestart(before, plan.options, logger);
  if (socketsOf(before) !== socketsOf(plan.options)) {
    closeListeners(listeners, server);
  }
  try {
    // What can fail comes first: all of it is changed, or nothing.
    logger.configure(plan.options);
    try {
      await server.follow(service, plan);
    } catch (error) {
      logger.configure(before);
      throw error;
    }
    running.plan = plan;
    running.service = service;
    if (service.tls?.certificate.file !== before.tls?.certfile) {
      announceTls(service.tls, logger);
    }
  } finally {
    await listenAgain(running, host);
  }
}

/**
 * Listens where the plan says. Where that cannot be, it is tried again and
 * again: whoever reloads a server wants it back, and a program that listens
 * nowhere would end.
 */
async function listenAgain(running: Running, host: CliHost): Promise<void> {
  const { server, listeners, logger, plan } = running;
  const { clock } = host.platform;
  running.cancelRetry();
  const isComplete = await changeListeners(
    wantedListeners(plan.options, host.supervisor?.sockets ?? []),
    listeners,
    server,
    logger,
    clock,
  );
  if (isComplete) return;
  logger.log("warn", `trying again in ${RETRY_MS / 1000} s`);
  running.cancelRetry = clock.after(
    RETRY_MS,
    () =>
      void listenAgain(running, host).catch((error: unknown) => {
        logger.log("error", messageOf(error));
      }),
  );
}

/** What listening sockets are opened with. */
function socketsOf({ tls, config = {} }: CliOptions): string {
  const { clearCommands = "refused" } = config.tls ?? {};
  const { backlog = 100, noDelay = true } = config;
  return JSON.stringify([tls !== null, clearCommands, backlog, noDelay]);
}

function warnOfRestart(
  before: CliOptions,
  after: CliOptions,
  logger: Logger,
): void {
  for (const key of ["concurrency", "workers", "useOpenssl"] as const) {
    if (before[key] === after[key]) continue;
    logger.log("warn", `${key}: the change needs a restart`);
  }
}
