// The page that a campaign leaves: what held, what did not, and nothing that its failures say taken as Markdown.
import assert from 'node:assert/strict';
import { describeReport, type Report } from '../campaign/report';

const held = {
  lane: 'churn',
  scenario: 'sandboxes',
  holds: 'they come',
  runs: 4,
  failures: [],
  figures: ['3 s', '2 s'],
};
const failed = {
  ...held,
  scenario: 'tasks',
  runs: 3,
  failures: ['no terminal:\n```\n# shown\x1b[2m', 'no terminal:\n```\n# shown\x1b[2m', 'late'],
};
const report: Report = {
  date: '2026-11-23 20:00',
  minutes: 31.5,
  machine: '2 × processor',
  load: { least: 1, most: 9 },
  outcomes: [held],
  left: [],
};

describe('the page of a campaign', () => {
  it('tells when and on what it ran, and that all held', () => {
    const page = describeReport(report);
    assert.match(page, /2026-11-23 20:00 UTC, 31\.5 minutes; 2 × processor; load between 1 and 9\./);
    assert.match(page, /4 runs of 1 scenarios: 1 held, 0 did not; 0 things left behind/);
    assert.match(page, /^\| churn \| sandboxes \| they come \| 4 \| – \| 2 s \|$/m);
    assert.doesNotMatch(page, /^## /m);
  });

  it('tells each kind of failure once, as text', () => {
    const page = describeReport({ ...report, outcomes: [held, failed], left: ['process 7: sleep'] });
    assert.match(page, /7 runs of 2 scenarios: 1 held, 1 did not; 1 things left behind/);
    assert.match(page, /^\| churn \| tasks \| they come \| 3 \| 3 \| 2 s \|$/m);
    assert.equal(page.split('````text\nno terminal:\n```\n# shown\n````').length, 2);
    assert.equal(page.split('```text\nlate\n```').length, 2);
    assert.match(page, /## Left behind\n\n```text\nprocess 7: sleep\n```/);
  });
});
