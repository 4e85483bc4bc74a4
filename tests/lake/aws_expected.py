"""What the modules aws_expected_* share: windows, times and filters over the raw logs, never over the lake.

Each function there is the answer to one published question: name(raw, now) -> Answer. `now` is the time at which the query ran. Where
the published text is wrong, name_published(raw, now) is what that text answers instead. A table named ..._us_east_1_... holds the
events of that region only. Version 1 looks at June 2023 (JUNE), most of version 2 at the last seven days.
"""
from datetime import timedelta, timezone, datetime

from aws_compare import Answer
from aws_raw import moment

EAST, REGIONS, ACCOUNT = "us-east-1", ("us-east-1", "us-east-2", "us-west-2"), "111122223333"
ACCOUNTS = (ACCOUNT, "444455556666", "123456789012")
FIRST_DAY, LAST_DAY = "20230530", "20230631"  # as published: as text the 31st of June is the end of June


def milliseconds(time):
    return round(time.timestamp() * 1000)


def top(time):
    """A timestamp column as --save writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def nested(time):
    """A timestamp within a struct as --save writes it."""
    return time.strftime("%Y-%m-%d %H:%M:%S.") + "%03d" % (time.microsecond // 1000)


def day(time):
    return time.strftime("%Y%m%d")


def of_epoch(seconds):
    return datetime.fromtimestamp(int(seconds), timezone.utc)


def within(time, now, days):
    return now - timedelta(days=days) <= time <= now


class Source:
    """One kind of log: how its records tell time, account and region, and the paths that SELECT * is compared by."""

    def __init__(self, records, time, account, region, star_1, star_2):
        self.records, self.time, self.account, self.region = records, time, account, region
        self.stars = {1: star_1, 2: star_2}

    def east(self, raw):
        return [r for r in self.records(raw) if self.region(r) == EAST]

    def star(self, version, records, of, **more):
        """SELECT *: rows by paths; `of`: the table's rows, of which some must be left out."""
        rows = [self.stars[version](r) for r in records]
        return Answer(rows, of=len(of), **more)

    # ---- the questions that every bootstrap page of version 1 begins with ----
    def preview(self, raw, keep=lambda record: True, limit=10):
        table = self.east(raw)
        return self.star(1, [r for r in table if keep(r)], table, limit=limit)

    def in_june(self, record):
        return FIRST_DAY <= day(self.time(record)) <= LAST_DAY

    def in_scope(self, record):
        """The default constraints of the bootstrap's analysis queries."""
        return self.in_june(record) and self.account(record) == ACCOUNT and self.region(record) in REGIONS

    def scope(self, raw):
        return [r for r in self.east(raw) if self.in_scope(r)]

    def recent(self, raw, now, days=7):
        return [r for r in self.east(raw) if within(self.time(r), now, days)]

    def previews(self, prefix):
        """The eight of them as functions NAME(raw, now), by name."""
        return {
            prefix + "_preview": lambda raw, now: self.preview(raw),
            prefix + "_one_account": lambda raw, now: self.preview(raw, lambda r: self.account(r) == ACCOUNT),
            prefix + "_three_accounts": lambda raw, now: self.preview(raw, lambda r: self.account(r) in ACCOUNTS),
            prefix + "_one_region": lambda raw, now: self.preview(raw, lambda r: self.region(r) == EAST),
            prefix + "_three_regions": lambda raw, now: self.preview(raw, lambda r: self.region(r) in REGIONS),
            prefix + "_days": lambda raw, now: self.preview(raw, self.in_june),
            prefix + "_thirty_days": lambda raw, now: self.preview(raw, lambda r: day(self.time(r)) >= day(now - timedelta(days=30))),
            prefix + "_scope": lambda raw, now: self.preview(raw, self.in_scope),
        }


def newest_first(records, time):
    return [-milliseconds(time(r)) for r in records]


def counted(keys):
    """[(key, count)] in the order of first sight."""
    counts = {}
    for value in keys:
        counts[value] = counts.get(value, 0) + 1
    return list(counts.items())


def distinct(values):
    """array_agg(DISTINCT x ORDER BY x): nulls last."""
    seen = set(values)
    return sorted(v for v in seen if v is not None) + ([None] if None in seen else [])


def grouped(records, key):
    groups = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return groups

