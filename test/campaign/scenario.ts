// What a campaign is made of: scenarios, and lanes that repeat theirs one after the other until the time is up, all lanes at
// the same time. Leaves out what is done.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from './stage';

export interface Scenario {
  /** What is done, in a few words. */
  readonly name: string;
  /** What must hold. */
  readonly holds: string;
  /** Rejects where it does not hold. May resolve with a figure. */
  readonly run: () => Promise<string | undefined>;
}

/** What a lane works with, and its scenarios. */
export interface Opened {
  readonly scenarios: readonly Scenario[];
  /** They share nothing, so that one can fail and the others go on. */
  readonly independent?: boolean;
  /** Called where a scenario failed. */
  capture(scenario: string): Promise<void>;
  /** Resolves with what was left behind. */
  close(): Promise<string[]>;
}

export interface Lane {
  readonly name: string;
  open(stage: Stage): Promise<Opened>;
}

/** How something that was made is taken away; may resolve with what it left behind. */
export type Step = () => unknown;

/** The last first. Resolves with what was left behind: one that fails must not keep the others from their turn. */
export async function takeAway(steps: Step[]): Promise<string[]> {
  const left: string[] = [];
  for (const step of steps.splice(0).reverse()) {
    const found = await Promise.resolve()
      .then(step)
      .catch((error: unknown) => [`closing: ${String(error)}`]);
    if (Array.isArray(found)) left.push(...found.map(String));
  }
  return left;
}

/**
 * Opens a lane that makes what it works with step by step, and says by `undo` how each is taken away: the last first, at the
 * end or where a step fails.
 */
export async function openStepByStep(
  open: (undo: (step: Step) => void) => Promise<Omit<Opened, 'close'>>,
): Promise<Opened> {
  const steps: Step[] = [];
  try {
    return { ...(await open((step) => void steps.push(step))), close: () => takeAway(steps) };
  } catch (error) {
    await takeAway(steps);
    throw error;
  }
}

export interface Outcome {
  readonly lane: string;
  readonly scenario: string;
  readonly holds: string;
  runs: number;
  readonly failures: string[];
  readonly figures: string[];
}

/** Between a failure and the next attempt: what fails at once would else do nothing but fail, and load the machine. */
const PAUSE_MS = 5_000;

/** Runs each scenario whose name has `words`, once at least. After a failure the lane begins anew, so that one fault does not make others. */
export async function runLane(lane: Lane, stage: Stage, words: string, isOver: () => boolean): Promise<Outcome[]> {
  const outcomes = new Map<string, Outcome>();
  const outcomeOf = (scenario: string, holds: string): Outcome => {
    const found = outcomes.get(scenario) ?? { lane: lane.name, scenario, holds, runs: 0, failures: [], figures: [] };
    outcomes.set(scenario, found);
    return found;
  };
  const opening = outcomeOf('(opening and closing)', 'it opens, and nothing is left behind when it is closed');
  do {
    opening.runs++;
    let opened: Opened;
    try {
      opened = await lane.open(stage);
    } catch (error) {
      note(lane, opening, error);
      await sleep(PAUSE_MS);
      continue;
    }
    try {
      const scenarios = opened.scenarios.filter(({ name }) => name.includes(words));
      await runScenarios(lane, { ...opened, scenarios }, outcomeOf, isOver);
    } finally {
      const left = await opened.close().catch((error: unknown) => [`closing: ${String(error)}`]);
      for (const what of left) note(lane, opening, new Error(`left behind: ${what}`));
    }
  } while (!isOver());
  return [...outcomes.values()];
}

/** Until the time is up or one fails. */
async function runScenarios(
  lane: Lane,
  opened: Opened,
  outcomeOf: (scenario: string, holds: string) => Outcome,
  isOver: () => boolean,
): Promise<void> {
  do {
    for (const { name, holds, run } of opened.scenarios) {
      const outcome = outcomeOf(name, holds);
      if (outcome.runs > 0 && isOver()) return;
      outcome.runs++;
      const began = Date.now();
      try {
        const figure = await run();
        if (figure !== undefined) outcome.figures.push(figure);
        say(lane, `${name}: ok after ${Math.round((Date.now() - began) / 1000)} s${figure ? `, ${figure}` : ''}`);
      } catch (error) {
        note(lane, outcome, error);
        await opened.capture(name).catch(() => undefined);
        await sleep(PAUSE_MS);
        if (!opened.independent) return;
      }
    }
  } while (!isOver());
}

function note(lane: Lane, outcome: Outcome, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  outcome.failures.push(message);
  say(lane, `${outcome.scenario}: FAILED: ${error instanceof Error ? (error.stack ?? message) : message}`);
}

function say(lane: Lane, text: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${lane.name}: ${text}`);
}
