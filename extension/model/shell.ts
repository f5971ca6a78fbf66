// A shell and what it is started with. Plain data.

export interface Shell {
  readonly path: string;
  readonly args: readonly string[];
}
