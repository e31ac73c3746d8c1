import type { SessionSnapshot } from "../session/snapshot.ts";
import type { Clock } from "../spi/clock.ts";
import type { LiveScreen } from "./host.ts";
import { liveFrame } from "./live_frame.ts";

/** Between two looks, while something is transferred and at any time. */
const BUSY_MS = 250;

/** While sessions do nothing but to grow older. */
const IDLE_MS = 1_000;

/** What a live view is made of. */
export interface LiveViewParts {
  readonly screen: LiveScreen;
  readonly clock: Clock;
  readonly colour: boolean;
  readonly unicode: boolean;
  /** Everybody who is connected now. It must not reject. */
  sessions(): Promise<readonly SessionSnapshot[]>;
}

/**
 * Keeps the screen up to date: four times a second while files move, once a
 * second while somebody is connected, and not at all while nobody is, until
 * `wake` says that something happened.
 */
export class LiveView {
  readonly #parts: LiveViewParts;
  #shown = "";
  #looking = false;
  /** A look was due while another was under way. */
  #again = false;
  #lastLook = -Infinity;
  /** Of the clock; when the next look is due. */
  #due = Infinity;
  #cancel: () => void = () => {};
  #closed = false;

  constructor(parts: LiveViewParts) {
    this.#parts = parts;
  }

  /** Something happened: looks as soon as it may. */
  wake(): void {
    const { clock } = this.#parts;
    this.#lookAt(Math.max(clock.now(), this.#lastLook + BUSY_MS));
  }

  /** The screen has lost what it showed, or is of another size. */
  redraw(): void {
    this.#shown = "";
    this.wake();
  }

  /** Takes the view from the screen. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancel();
    this.#parts.screen.close();
  }

  #lookAt(time: number): void {
    if (this.#closed || time >= this.#due) return;
    this.#cancel();
    this.#due = time;
    const { clock } = this.#parts;
    this.#cancel = clock.after(Math.max(0, time - clock.now()), () => {
      this.#due = Infinity;
      void this.#look(); // never rejects
    });
  }

  async #look(): Promise<void> {
    // A worker that hangs is waited for; then the view is of now.
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    const { clock } = this.#parts;
    this.#lastLook = clock.now();
    const sessions = await this.#parts.sessions();
    this.#looking = false;
    if (this.#closed) return;
    this.#draw(sessions);
    if (this.#again) this.wake();
    this.#again = false;
    if (sessions.length === 0) return;
    const isBusy = sessions.some(({ transfer }) => transfer !== null);
    this.#lookAt(this.#lastLook + (isBusy ? BUSY_MS : IDLE_MS));
  }

  #draw(sessions: readonly SessionSnapshot[]): void {
    const { screen, clock, colour, unicode } = this.#parts;
    const lines = liveFrame(sessions, clock.wallTime(), {
      columns: screen.columns,
      rows: screen.rows,
      width: (text) => screen.width(text),
      colour,
      unicode,
    });
    const frame = lines.join("\n");
    if (frame === this.#shown) return;
    this.#shown = frame;
    screen.draw(lines);
  }
}
