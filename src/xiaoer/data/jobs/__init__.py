"""The job queue: work promised in a transaction and done later, at least once, by any runner.

`queue.py` holds the tables' SQL and `enqueue`; `runner.py` takes jobs and calls the handlers it is given.
What a kind of job does is `application/jobs`. Open `queue.py` first.
"""

from xiaoer.data.jobs.queue import CHANNEL, Job, Schedule, enqueue, summarise
from xiaoer.data.jobs.runner import GiveUp, Handler, Runner

__all__ = ["CHANNEL", "GiveUp", "Handler", "Job", "Runner", "Schedule", "enqueue", "summarise"]
