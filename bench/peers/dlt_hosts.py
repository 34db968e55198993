"""Loads one listing of the take-home style API into DuckDB with dlt. The variable PEERS_WORK contains the input as JSON:
url, path, token, page_size, records, folder.

Tuned as its documentation advises for nested records: no child tables (they are JSON columns), parquet files. Prints one
line of JSON: seconds, CPU seconds and peak memory of the pipeline alone, without imports, and the number of stored rows.
"""

import json
import os
import resource
import sys
import time

work = json.loads(os.environ["PEERS_WORK"])
os.environ.update(
    DLT_DATA_DIR=work["folder"],
    RUNTIME__DLTHUB_TELEMETRY="false",
    RUNTIME__LOG_LEVEL="ERROR",
)

import dlt  # noqa: E402
import duckdb  # noqa: E402
from dlt.sources.helpers.rest_client.paginators import OffsetPaginator  # noqa: E402
from dlt.sources.rest_api import rest_api_source  # noqa: E402


class KnownTotal(OffsetPaginator):
    """Uses the known total: the API responds with status 500 to a page that extends past the end, and dlt would abort."""

    def _update_request_limit(self, request):
        super()._update_request_limit(request)
        request.params[self.limit_param] = min(self.limit, self.maximum_value - self.current_value)


def spent():
    own, children = (resource.getrusage(scope) for scope in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    # Bytes on macOS, kilobytes elsewhere.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return cpu, (own.ru_maxrss + children.ru_maxrss) / unit


source = rest_api_source(
    {
        "client": {"base_url": work["url"], "headers": {"token": work["token"]}},
        "resources": [
            {
                "name": "hosts",
                "max_table_nesting": 0,
                "endpoint": {
                    "path": work["path"],
                    "method": "POST",
                    "data_selector": "$",
                    "paginator": KnownTotal(
                        limit=work["page_size"],
                        offset_param="skip",
                        total_path=None,
                        maximum_offset=work["records"],
                    ),
                },
            }
        ],
    }
)
database = os.path.join(work["folder"], "hosts.duckdb")
pipeline = dlt.pipeline(
    pipeline_name="peers",
    pipelines_dir=os.path.join(work["folder"], "pipelines"),
    destination=dlt.destinations.duckdb(database),
    dataset_name="peers",
)

cpu_before, _ = spent()
started = time.monotonic()
pipeline.run(source, loader_file_format="parquet")
seconds = time.monotonic() - started
cpu, peak = spent()

rows = duckdb.connect(database, read_only=True).sql("select count(*) from peers.hosts").fetchone()[0]
print(
    json.dumps(
        {
            "name": f"dlt {dlt.__version__} into DuckDB {duckdb.__version__}",
            "seconds": seconds,
            "cpu_seconds": cpu - cpu_before,
            "rss_mb": peak,
            "records": rows,
        }
    )
)
