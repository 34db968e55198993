/** A lease for one writer: its holder, when it expires, and `epoch`, a fencing token that rejects stale writers. */
export interface LeaseDoc {
  _id: string;
  holder: string;
  epoch: number;
  expires_at: Date;
}
