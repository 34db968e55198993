// The longest first, so that none is begun when the others are done: a fresh clone knows of no earlier run.
const { default: Sequencer } = require('@jest/test-sequencer');

const LONGEST = ['/chaos/', '/drills/', '/workflows/', '/cli/', '/alerts/', '/metrics/', '/ui/', '/store/'];

const place = ({ path }) => {
  const at = LONGEST.findIndex((part) => path.includes(`/tests${part}`));
  return at < 0 ? LONGEST.length : at;
};

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((a, b) => place(a) - place(b));
  }
};
