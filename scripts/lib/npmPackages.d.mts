// Types of npmPackages.mjs.
export interface NpmPackage {
  name: string;
  version: string;
  /** As in package-lock.json: sha512- and the hash in base64. */
  integrity: string;
}

export function unpackPackages(
  packages: readonly NpmPackage[],
  folder: string,
  options?: { signal?: AbortSignal },
): Promise<string[]>;
