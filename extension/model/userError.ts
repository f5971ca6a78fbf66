/** A failure that is expected and explained: its message is for people, whole and by itself. */
export class UserError extends Error {
  override readonly name = 'UserError';
}
