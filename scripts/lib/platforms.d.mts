// Types of platforms.mjs.
export const PLATFORMS: Readonly<Record<string, { package: string; file: string }>>;
export function platformTarget(): string;
