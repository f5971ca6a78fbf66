// What `ns-helper doctor --json` prints, checked, and as a page in the editor's language. Pure.
import * as v from 'valibot';
import { t } from '../l10n';
import { formatPage } from './page';

/** English, with the values apart: a text is also the key of its translation. */
const Sentence = v.object({ text: v.string(), values: v.array(v.string()) });
const Diagnosis = v.object({
  findings: v.array(
    v.object({
      id: v.string(),
      state: v.picklist(['ok', 'limited', 'missing']),
      said: v.object({ found: v.array(Sentence), advice: v.array(Sentence) }),
    }),
  ),
});
type Finding = v.InferOutput<typeof Diagnosis>['findings'][number];

/** Throws where it is not what doctor prints. */
export function readFindings(text: string): Finding[] {
  return v.parse(v.pipe(v.string(), v.parseJson(), Diagnosis), text).findings;
}

/** What does not work comes first, with what to do about it. */
export function diagnosisPage(findings: readonly Finding[]): string {
  const of = (state: Finding['state']): string[][] =>
    findings
      .filter((finding) => finding.state === state)
      .flatMap(({ id, said: { found, advice } }) => [
        [id, translated(found)],
        ...(advice.length > 0 ? [['', translated(advice)]] : []),
      ]);
  return formatPage(t('What this machine allows'), [
    { title: t('Missing'), rows: of('missing') },
    { title: t('Limited'), rows: of('limited') },
    { title: t('All is well'), rows: of('ok') },
  ]);
}

function translated(sentences: readonly v.InferOutput<typeof Sentence>[]): string {
  return sentences.map(({ text, values }) => t(text, ...values)).join('; ');
}
