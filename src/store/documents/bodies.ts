import { Binary } from 'mongodb';

/**
 * A part of a response body, compressed with Brotli (RFC 7932). `_id` is the digest of the bytes as received (`SHA-256:part`), so
 * equal bodies are stored once. Parts are smaller than MongoDB's limit of 16 MB for a document.
 */
export interface BodyDoc {
  _id: string;
  bytes: Binary;
  /** Number of parts. Only in the first part, which is written last: the body is complete if it exists. */
  parts?: number;
  /**
   * Id of the key that the compressed body is sealed (encrypted) with, if the source's records are personal. Only in the first
   * part.
   */
  key?: string;
  /**
   * When it was marked for deletion because no page used it. A worker that needs it again removes the mark. Only in the first
   * part.
   */
  pending_deletion?: Date;
}
