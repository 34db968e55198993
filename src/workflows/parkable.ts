import { CancellationScope, condition, setHandler } from '@temporalio/workflow';
import type { FailureNote } from '../model/failure.js';
import { parkedSignal, retriedSignal } from '../model/messages.js';

/** An activity failed in a way that can be mended, and stays pending in Temporal until it is tried again. */
export class Parked extends Error {
  override readonly name = 'Parked';
  constructor(readonly note: FailureNote) {
    super(note.message);
  }
}

interface Pending {
  scope: CancellationScope;
  result: Promise<unknown>;
  over: boolean;
  /** Why it is parked. */
  note?: FailureNote;
  /** Something happened to it since its `Parked` was thrown. */
  stirred: boolean;
}

/** Activities that may park: at most one of each name at a time. */
export class ParkableActivities {
  private readonly pending = new Map<string, Pending>();
  private started = 0;

  /** `onParked` is called the moment the first of them parks. */
  constructor(onParked: () => void) {
    setHandler(parkedSignal, (id, note) => {
      const one = this.pending.get(id);
      if (!one) return; // a late attempt of an activity that is over
      if (![...this.pending.values()].some((other) => other.note)) onParked();
      Object.assign(one, { note, stirred: true });
    });
    setHandler(retriedSignal, (id) => {
      const one = this.pending.get(id);
      if (!one) return;
      delete one.note;
      one.stirred = true;
    });
  }

  /**
   * The activity's result. Throws `Parked` when it parks. One that is pending since then is waited for again instead of a new
   * one: it was reset in the Web UI. `start` is given the id that the activity must have.
   */
  async run<T>(name: string, start: (activityId: string) => Promise<T>): Promise<T> {
    const known = [...this.pending.keys()].find((id) => id.startsWith(`${name}-`));
    const id = known ?? `${name}-${++this.started}`;
    const one = this.pending.get(id) ?? this.start(id, start);
    one.stirred = false;
    await condition(() => one.over || one.note !== undefined);
    if (one.over) {
      this.pending.delete(id);
      return one.result as Promise<T>;
    }
    one.stirred = false;
    throw new Parked(one.note!);
  }

  /** A parked activity was tried again by hand, has ended, or has parked for another reason. */
  stirred(): boolean {
    return [...this.pending.values()].some((one) => one.stirred);
  }

  /** Cancels what is pending: the next `run` starts anew. */
  drop(): void {
    for (const { scope } of this.pending.values()) scope.cancel();
    this.pending.clear();
  }

  private start<T>(id: string, start: (activityId: string) => Promise<T>): Pending {
    const scope = new CancellationScope();
    const result = scope.run(() => start(id));
    const one: Pending = { scope, result, over: false, stirred: false };
    const end = () => Object.assign(one, { over: true, stirred: true });
    result.then(end, end);
    this.pending.set(id, one);
    return one;
  }
}
