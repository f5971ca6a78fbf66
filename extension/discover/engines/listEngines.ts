// What all engines tell, asked once. What fails becomes a line each, never an error.
import { t } from '../../l10n';
import { TITLES } from './address';
import { CriApi } from './criApi';
import { DockerApi } from './dockerApi';
import { TIMEOUT_MS, type EngineAddress, type EngineApi, type EngineListing } from './engine';
import { explain, isAbsent } from './failure';
import { findEngines, type EngineOptions } from './findEngines';
import { mergeListings } from './mergeListings';

export async function listEngines(options: EngineOptions): Promise<EngineListing> {
  const { addresses, notes } = await findEngines(options);
  const listings = await Promise.all(addresses.map((address) => listOne(apiOf(address), address)));
  return mergeListings([{ containers: [], notes }, ...listings]);
}

export function apiOf(address: EngineAddress): EngineApi {
  return address.kind === 'kubernetes' ? new CriApi(address) : new DockerApi(address);
}

/** Never rejects. `missed`: that it is not there is worth a word. */
export async function listOne(
  api: EngineApi,
  address: EngineAddress,
  missed = address.explicit,
): Promise<EngineListing> {
  try {
    const listing = await api.list();
    return { ...listing, notes: listing.notes.map((note) => aboutEngine(address, note)) };
  } catch (error) {
    const notes = !missed && isAbsent(error) ? [] : [aboutEngine(address, explain(error, TIMEOUT_MS))];
    return { containers: [], notes, failed: true };
  }
}

const aboutEngine = ({ kind, text }: EngineAddress, note: string): string =>
  t('{0} at {1}: {2}', TITLES[kind], text, note);
