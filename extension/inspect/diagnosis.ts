// What `ns-helper doctor --json` prints, checked, and as a page. Pure.
import * as v from 'valibot';
import { t } from '../l10n';
import { formatPage } from './page';

const Diagnosis = v.object({
  findings: v.array(
    v.object({
      id: v.string(),
      state: v.picklist(['ok', 'limited', 'missing']),
      found: v.string(),
      advice: v.string(),
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
      .flatMap(({ id, found, advice }) => [[id, found], ...(advice === '' ? [] : [['', advice]])]);
  return formatPage(t('What this machine allows'), [
    { title: t('Missing'), rows: of('missing') },
    { title: t('Limited'), rows: of('limited') },
    { title: t('All is well'), rows: of('ok') },
  ]);
}
