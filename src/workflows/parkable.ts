import { CancellationScope, condition, setHandler } from '@temporalio/workflow';
import type { FailureNote } from '../model/failure.js';
import { parkedSignal, retriedSignal } from '../model/messages.js';

/**
 * Thrown when an activity fails in a way that a person can fix. The activity stays pending in Temporal until it is tried
 * again.
 */
export class Parked extends Error {
  override readonly name = 'Parked';
  constructor(readonly note: FailureNote) {
    super(note.message);
  }
}

interface Pending {
  scope: CancellationScope;
  result: Promise<unknown>;
  ended: boolean;
  /** The failure with which the activity parked. */
  note?: FailureNote;
  /** The activity was retried, ended or parked again after `Parked` was thrown for it. */
  changed: boolean;
}

/** Starts activities that may park, at most one of each name at a time. */
export class ParkableActivities {
  private readonly pending = new Map<string, Pending>();
  private started = 0;

  /** `onParked` is called when the first activity parks. */
  constructor(onParked: () => void) {
    setHandler(parkedSignal, (id, note) => {
      const activity = this.pending.get(id);
      if (!activity) return; // a late attempt of an activity that has ended
      if (![...this.pending.values()].some((other) => other.note)) onParked();
      Object.assign(activity, { note, changed: true });
    });
    setHandler(retriedSignal, (id) => {
      const activity = this.pending.get(id);
      if (!activity) return;
      delete activity.note;
      activity.changed = true;
    });
  }

  /**
   * Returns the activity's result. Throws `Parked` when it parks. If an activity of this name is still pending, waits for
   * it instead of starting another one, because a user has reset it in the Web UI. `start` receives the id that the
   * activity must have.
   */
  async run<T>(name: string, start: (activityId: string) => Promise<T>): Promise<T> {
    const known = [...this.pending.keys()].find((id) => id.startsWith(`${name}-`));
    const id = known ?? `${name}-${++this.started}`;
    const activity = this.pending.get(id) ?? this.start(id, start);
    activity.changed = false;
    await condition(() => activity.ended || activity.note !== undefined);
    if (activity.ended) {
      this.pending.delete(id);
      return activity.result as Promise<T>;
    }
    activity.changed = false;
    throw new Parked(activity.note!);
  }

  /** Whether a parked activity was retried by a user, has ended, or has parked for another reason. */
  changed(): boolean {
    return [...this.pending.values()].some((activity) => activity.changed);
  }

  /** Cancels all pending activities, so that the next `run` starts a new one. */
  cancelAll(): void {
    for (const { scope } of this.pending.values()) scope.cancel();
    this.pending.clear();
  }

  private start<T>(id: string, start: (activityId: string) => Promise<T>): Pending {
    const scope = new CancellationScope();
    const result = scope.run(() => start(id));
    const activity: Pending = { scope, result, ended: false, changed: false };
    const end = () => Object.assign(activity, { ended: true, changed: true });
    result.then(end, end);
    this.pending.set(id, activity);
    return activity;
  }
}
