import type { CliHost } from "./host.ts";

/** What a supervisor is told, in order; nobody hears it when there is none. */
export interface Supervised {
  /** It serves, for the first time or after a reload. */
  ready(): void;
  /** It reads its configuration again. */
  reloading(): void;
  /** It ends when transfers do. */
  stopping(): void;
  /** Nothing more is told. */
  end(): void;
}

/** Tells the supervisor how it goes, and that it goes on (sd_notify(3)). */
export function superviseBy(host: CliHost): Supervised {
  const { supervisor, platform: { clock } } = host;
  const notify = (state: string): void => supervisor?.notify(state);
  let cancel = (): void => {};
  const beat = (): void => {
    notify("WATCHDOG=1");
    cancel = clock.after(period, beat);
  };
  // Half of the time, as sd_watchdog_enabled(3) asks for.
  const period = (supervisor?.watchdogMs ?? 0) / 2;
  if (period > 0) cancel = clock.after(period, beat);
  return {
    ready: () => notify("READY=1"),
    reloading: () => notify("RELOADING=1"),
    stopping: () => notify("STOPPING=1"),
    end: () => cancel(),
  };
}
