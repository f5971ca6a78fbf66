// Which builds are offered in which containers' networks, and what is left out where there are too many. Pure: folders with
// their builds and a picture of the machine in, offers out.
import { basename } from 'node:path';
import { type Container, isRunning, type Snapshot } from '../model/container';
import { only } from '../select/selection';
import type { Build } from './builds';
import { isFoundByName } from './findContainer';

export interface FolderBuilds<Folder> {
  readonly folder: Folder;
  /** Names, the likeliest first. */
  readonly containers: readonly string[];
  readonly builds: readonly Build[];
}

export interface Offer<Folder> {
  readonly folder: Folder;
  readonly container: string;
  readonly build: Build;
}

/**
 * At most `most` offers: all folders' builds in each one's first container before any in the second ones, and within that
 * all folders' first builds before their second ones, so that neither many containers nor many builds crowd out a folder.
 */
export function chooseOffers<Folder>(
  folders: readonly FolderBuilds<Folder>[],
  most: number,
): { offered: Offer<Folder>[]; leftOut: Offer<Folder>[] } {
  const all = folders
    .flatMap(({ folder, containers, builds }) =>
      containers.flatMap((container, round) =>
        builds.map((build, turn) => ({ round, turn, offer: { folder, container, build } })),
      ),
    )
    .sort((one, other) => one.round - other.round || one.turn - other.turn)
    .map(({ offer }) => offer);
  return { offered: all.slice(0, most), leftOut: all.slice(most) };
}

/** Names of the containers in whose network the builds of the folder at `path` are offered: its own ones first. */
export function containersFor(path: string, snapshot: Snapshot): string[] {
  const able = snapshot.containers.filter(
    (container) =>
      isRunning(container) &&
      only(container, ['net']).length > 0 &&
      // What cannot be called by its name is not offered: it would be another one after a restart.
      isFoundByName(snapshot, container),
  );
  const own = able.filter((container) => isOf(path, container));
  return [...own, ...able.filter((container) => !own.includes(container))].map(({ name }) => name);
}

/** Labels with the folder that a container was made for: of Docker Compose and of the Dev Containers specification. */
const FOLDER_LABELS = ['com.docker.compose.project.working_dir', 'devcontainer.local_folder'];

function isOf(path: string, { details, composeProject }: Container): boolean {
  const { labels } = details;
  const folders = FOLDER_LABELS.flatMap((label) => labels[label] ?? []);
  if (folders.length > 0) return folders.some((folder) => folder === path || folder.startsWith(`${path}/`));
  return composeProject !== null && composeProject === usualProject(path);
}

/** What Compose calls the project of a folder: its documentation of project names. */
function usualProject(path: string): string {
  return basename(path)
    .toLowerCase()
    .replace(/[^-_a-z0-9]/g, '')
    .replace(/^[-_]+/, '');
}
