import { locateBinary } from '../../src/servers/programs/locate.js';
import { startTemporal } from '../../src/servers/temporal.js';
import { localSimulator } from '../support/local-simulator.js';
import { openPipeline } from '../support/pipeline.js';

test('a long listing continues as new before its history grows large, and loses no record', async () => {
  const { path } = await locateBinary('temporal', { notify: () => {} });
  const temporal = await startTemporal({
    binary: path,
    headless: true,
    dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': '20' },
  });
  const simulator = await localSimulator({ hosts: 60, seed: 9 });
  const pipeline = await openPipeline({
    ...simulator.environment,
    TEMPORAL_ADDRESS: temporal.address,
    QUALYS_DEMO_PAGE_SIZE: '4',
    QUALYS_DEMO_CONCURRENCY: '1',
    ROLLCALL_BATCH_RECORDS: '4',
  });
  try {
    const summary = await pipeline.collect({ sources: ['qualys-demo'], force: true });
    const { records } = await simulator.state();
    expect(summary.sources['qualys-demo']).toMatchObject({ status: 'complete', new: records.qualys });
    const id = `${pipeline.config.temporal.taskQueue}-source-qualys-demo`;
    const runs = pipeline.env.client.workflow.list({
      query: `WorkflowId = "${id}" AND ExecutionStatus = "ContinuedAsNew"`,
    });
    let continued = 0;
    for await (const run of runs) {
      continued += 1;
      // The fetch and the activities that share the listing end after Temporal has suggested it.
      expect(run.historyLength).toBeLessThan(100);
    }
    expect(continued).toBeGreaterThan(1);
  } finally {
    await pipeline.close();
    await simulator.stop();
    await temporal.stop();
  }
});
