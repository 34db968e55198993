/** One writer at a time: who holds it, until when, and a number that only rises, by which a late writer is told off. */
export interface LeaseDoc {
  _id: string;
  holder: string;
  epoch: number;
  expires_at: Date;
}
