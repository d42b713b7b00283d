import type { Alert } from '../spool/alert.js';

/** What a sink says of a batch. Whatever is not `delivered` stays in the spool and is offered again. */
export type DeliveryResult =
  | { readonly kind: 'delivered' }
  /** Refused for good by the peer, by index in the batch, with its words: counted and written to the dead letters. */
  | {
      readonly kind: 'partial';
      readonly rejected: readonly { readonly index: number; readonly reason: string }[];
      /** The peer refused so many more without saying which: the whole batch is written to the dead letters. */
      readonly unnamed?: { readonly count: number; readonly reason: string };
    }
  /** Try again later; `retryAfterMs` if the peer said when, `hint` where a person has to do something first. */
  | {
      readonly kind: 'retry';
      readonly reason: string;
      readonly retryAfterMs?: number;
      readonly hint?: string | null;
    };

/** A place alerts go. Owns its connection and reconnects; never keeps alerts: the spool does. */
export interface Sink {
  /** As configured: `kafka`, `siem-2`. */
  readonly name: string;
  /** `stdout`, `file`, `kafka`, `otlp`. */
  readonly type: string;
  /** Delivers in order. Called again only after it has settled. Rejections count as `retry`. */
  deliver(batch: readonly Alert[], signal: AbortSignal): Promise<DeliveryResult>;
  close(): Promise<void>;
}
