import type { Protocol } from './faults/fault.js';

/** Counts requests and responses, for tests and benchmarks. */
export class Traffic {
  private requests = 0;
  private bytes = 0;
  private paths: Record<string, number> = {};
  private statuses: Record<string, number> = {};
  private running = new Map<Protocol, number>();
  private mostRunning: Record<string, number> = {};
  /** Requests of clients that followed a redirect although they must not follow it. */
  private strays = { requests: 0, withSecrets: 0 };

  /** Returns how many requests of the protocol are running, this one included. */
  begin(protocol: Protocol, path: string): number {
    // Token requests are not requests for pages, so only the count of their path includes them.
    if (protocol !== 'crowdstrike-token') this.requests++;
    this.paths[path] = (this.paths[path] ?? 0) + 1;
    const running = (this.running.get(protocol) ?? 0) + 1;
    this.running.set(protocol, running);
    this.mostRunning[protocol] = Math.max(this.mostRunning[protocol] ?? 0, running);
    return running;
  }

  end(protocol: Protocol): void {
    this.running.set(protocol, (this.running.get(protocol) ?? 1) - 1);
  }

  responded(status: number, bytes: number): void {
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    this.bytes += bytes;
  }

  stray(withSecrets: boolean): void {
    this.strays.requests++;
    if (withSecrets) this.strays.withSecrets++;
  }

  report() {
    const { requests, bytes, paths, statuses, mostRunning, strays } = this;
    return { requests, bytes, paths, statuses, mostRunning, strays };
  }

  reset(): void {
    this.requests = 0;
    this.bytes = 0;
    this.paths = {};
    this.statuses = {};
    this.mostRunning = {};
    this.strays = { requests: 0, withSecrets: 0 };
  }
}
