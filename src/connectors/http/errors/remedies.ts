import type { FailureKind } from '../../../model/failure.js';

const REMEDIES: Partial<Record<FailureKind, string>> = {
  unreachable: 'Check the URL in .env and that the worker can reach that host',
  'vendor-error':
    'Nothing to do unless it lasts; for a vendor that is often away for minutes raise ROLLCALL_PATIENCE_SECONDS',
  'rate-limited':
    'Nothing to do: the listing continues when the vendor allows it; fewer runs or other users of the account shorten the wait',
  'settings-invalid': 'Correct the source’s variables in .env and restart the worker',
  'credentials-rejected': 'Correct the credentials in .env and restart the worker',
  'not-permitted': 'Give the API account the permission to read hosts',
  'request-rejected': 'Compare the URL and the page size in .env with the vendor’s documentation',
  'cursor-expired': 'Start the listing from its beginning',
  'response-mismatch':
    'Check that the URL in .env is the API’s; if it is, the API has changed and the source file must follow',
  'response-too-large': 'Set a smaller page size in .env',
  'address-refused': 'Correct the source file: a request may go to the hosts that it declares, and to no others',
  'redirect-refused': 'Set the final address as the URL in .env',
  'listing-loops': 'Run the source again; if it stays, report it to the vendor with the trace id',
};

/** Remedy for a failure kind, if the source declares none. */
export function remedyFor(kind: FailureKind): string {
  return REMEDIES[kind] ?? 'See the documentation of failures';
}
