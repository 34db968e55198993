import type { FailureKind } from '../../../model/failure.js';

const REMEDIES: Partial<Record<FailureKind, string>> = {
  unreachable: 'Check the URL in .env and that the worker can reach that host',
  'vendor-error':
    'No action is needed unless the error persists; if the vendor is often unavailable for minutes, increase ROLLCALL_PATIENCE_SECONDS',
  'rate-limited':
    'No action is needed: the listing continues when the vendor allows it. Fewer runs, or fewer other users of the account, shorten the wait',
  'settings-invalid': 'Correct the source’s variables in .env and restart the worker',
  'credentials-rejected': 'Correct the credentials in .env and restart the worker',
  'not-permitted': 'Give the API account the permission to read hosts',
  'request-rejected':
    'Compare the URL and the page size in .env, and the path in the source file, with the vendor’s documentation',
  'cursor-expired': 'Start the listing from its beginning',
  'response-mismatch':
    'Check that the URL in .env is the URL of the API; if it is, correct the envelope in the source file',
  'response-too-large': 'Set a smaller page size in .env',
  'address-refused': 'Correct the source file: requests may go only to the hosts that it declares',
  'redirect-refused': 'Set the final address as the URL in .env',
  'listing-loops':
    'Compare the paging in the source file with the vendor’s documentation; if it is right, report the error to the vendor',
};

/** Remedy for a failure kind, if the source declares none. */
export function remedyFor(kind: FailureKind): string {
  return REMEDIES[kind] ?? 'See the documentation of failures';
}
