// Shows that a task waits for its container, with a button that ends the wait. Knows nothing of what is waited for.
import { ProgressLocation, window } from 'vscode';

/** Resolves and fails as `wait` does; the signal it is given is aborted where the person cancels. */
export async function showWait<T>(title: string, wait: (cancelled: AbortSignal) => Promise<T>): Promise<T> {
  const options = { location: ProgressLocation.Notification, title, cancellable: true };
  return window.withProgress(options, (_progress, token) => {
    const cancelled = new AbortController();
    token.onCancellationRequested(() => {
      cancelled.abort();
    });
    return wait(cancelled.signal);
  });
}
