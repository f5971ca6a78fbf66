/** A failure that is expected and explained: its message is for people, whole and by itself. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** By its name: each bundle has a class of its own. */
export const isUserError = (error: unknown): error is UserError => error instanceof Error && error.name === 'UserError';
