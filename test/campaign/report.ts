// What a campaign came to, as a page in Markdown: pure, a report in, text out. Why something did not hold, and what was mended,
// no program can tell: that stands in FOUND.md.
import type { Outcome } from './scenario';

export interface Report {
  /** In UTC, to the minute. */
  readonly date: string;
  readonly minutes: number;
  /** Processors, kernel and versions, as one line. */
  readonly machine: string;
  /** How many processes wanted a processor, looked at all the time. */
  readonly load: { readonly least: number; readonly most: number };
  readonly outcomes: readonly Outcome[];
  /** What is left on the machine. */
  readonly left: readonly string[];
}

const MOST_LINES = 12;

export function describeReport(report: Report): string {
  const { date, minutes, machine, load, outcomes, left } = report;
  const failed = outcomes.filter(({ failures }) => failures.length > 0);
  const runs = outcomes.reduce((sum, outcome) => sum + outcome.runs, 0);
  return [
    '# Campaign: everything at once',
    'Written by `npm run campaign`; [FOUND.md](FOUND.md) tells what is done in it, and what was found and mended.',
    `${date} UTC, ${minutes} minutes; ${machine}; load between ${load.least} and ${load.most}.`,
    `**${runs} runs of ${outcomes.length} scenarios: ${outcomes.length - failed.length} held, ${failed.length} did not; ${left.length} things left behind.**`,
    table(outcomes),
    ...(failed.length > 0 ? ['## Did not hold', ...failed.flatMap(describeFailures)] : []),
    ...(left.length > 0 ? ['## Left behind', quote(left.join('\n'))] : []),
  ].join('\n\n');
}

function table(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ lane, scenario, holds, runs, failures, figures }) => {
    const cells = [lane, scenario, holds, runs, failures.length === 0 ? '–' : failures.length, figures.at(-1) ?? ''];
    return `| ${cells.join(' | ')} |`;
  });
  const head = [
    '| lane | scenario | what holds | runs | did not hold | last figure |',
    '| --- | --- | --- | ---: | ---: | --- |',
  ];
  return [...head, ...rows].join('\n');
}

/** Each kind once: a fault that stays is met again and again. */
function describeFailures({ lane, scenario, failures }: Outcome): string[] {
  const kinds = [...new Set(failures.map((failure) => failure.split('\n').slice(0, MOST_LINES).join('\n')))];
  return [`### ${lane}: ${scenario}`, ...kinds.map(quote)];
}

/** As a block of code, longer than any fence within: what a page or a program said is no Markdown. */
function quote(text: string): string {
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  return `${fence}text\n${text.replaceAll(/\x1b\[[0-9;]*m/g, '')}\n${fence}`;
}
