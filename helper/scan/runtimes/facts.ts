// What an engine's state says of a container. Plain data; names and labels are whatever strangers chose.

export interface Facts {
  engine: string;
  name: string;
  id: string | null;
  /** containerd's. */
  engineNamespace: string | null;
  state: 'running' | 'paused';
  image: string | null;
  labels: Record<string, string>;
  pod: string | null;
  /** Docker's and Podman's: where the engine keeps all its containers, as it sees that place itself. */
  store: string | null;
}

/** A container of which nothing but this is known. */
export function facts(engine: string, name: string, id: string | null = null): Facts {
  const found = {
    engine,
    name,
    id,
    engineNamespace: null,
    state: 'running',
    image: null,
    labels: {},
    pod: null,
  } as const;
  return { ...found, store: null };
}
