"""Runs a DAG by `dag.test()` in Airflow's own environment, and prints how each of its tasks ended."""

import json
import runpy
import sys


def main(path: str) -> None:
    run = runpy.run_path(path)["dag"].test()
    tasks = [
        {
            "task": task.task_id,
            "index": task.map_index,
            "name": task.rendered_map_index,
            "state": str(task.state),
            "tries": task.try_number,
        }
        for task in run.get_task_instances()
    ]
    print(json.dumps({"run": run.run_id, "state": str(run.state), "tasks": tasks}))


if __name__ == "__main__":
    main(sys.argv[1])
