// `ns-helper doctor`: what this kernel, LSM, sudo and runtime allow, and what is missing for which feature. Read-only; asks
// no password. Each check is a small function that looks at one thing. Ends with 0 whatever it finds.
import { HelperError, quote } from '../errors';
import { featuresOf, type Feature } from './features';
import { checkKernel } from './kernel';
import { type Sentence, spoken } from './sentence';
import { checkTools } from './tools';

export interface Finding {
  /** Stable name, for scripts. */
  id: string;
  /** `ok`; `limited`: something works less well; `missing`: a feature does not work. */
  state: 'ok' | 'limited' | 'missing';
  /** What was found. */
  found: Sentence[];
  /** What it means for whom, and what to do; none where all is well. */
  advice?: Sentence | undefined;
}

export function doctor(argv: readonly string[], print: (text: string) => void): number {
  const { json } = parseDoctor(argv);
  const findings = [...checkKernel(), ...checkTools()];
  const features = featuresOf(findings);
  if (json) print(`${JSON.stringify({ version: 1, findings: findings.map(asJson), features }, null, 2)}\n`);
  else print(describe(findings, features));
  return 0;
}

export function parseDoctor([option, ...rest]: readonly string[]): { json: boolean } {
  if ((option !== undefined && option !== '--json') || rest.length > 0) {
    throw new HelperError(
      'badArguments',
      `doctor: unexpected argument ${quote(rest[0] ?? option ?? '')} (see ns-helper --help)`,
    );
  }
  return { json: option === '--json' };
}

/** Whole sentences for scripts, and their parts for translators. */
function asJson({ id, state, found, advice }: Finding): object {
  const said = { found, advice: advice ? [advice] : [] };
  return { id, state, found: inWords(found), advice: inWords(said.advice), said };
}

const inWords = (sentences: readonly Sentence[]): string => sentences.map(spoken).join('; ');

const MARK: Record<Finding['state'], string> = { ok: 'ok     ', limited: 'limited', missing: 'missing' };

function describe(findings: readonly Finding[], features: readonly Feature[]): string {
  const found = findings.map(({ id, state, found: what }) => `${MARK[state]}  ${id.padEnd(20)} ${inWords(what)}`);
  const able = features.map(({ name, state, lacks }) => {
    const advice = findings.flatMap((finding) => (lacks.includes(finding.id) ? (finding.advice ?? []) : []));
    return `${MARK[state]}  ${name}${advice.length > 0 ? `: ${inWords(advice)}` : ''}`;
  });
  return [...found, '', ...able, ''].join('\n');
}
