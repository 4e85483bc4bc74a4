"""Glue's column statistics, which nobody has computed here: none of a table, and a partition that is only projected is not found."""
from moto.glue.models import glue_backends

from .identity import account_of
from .world import CloudError, operation

NONE = {"ColumnStatisticsList": [], "Errors": []}


def table_of(call):
    database = glue_backends[account_of(call)][call.region].databases.get(call.params["DatabaseName"])
    found = database.tables.get(call.params["TableName"]) if database else None
    if not found:
        raise CloudError("EntityNotFoundException", "Entity Not Found", 400)
    return found


@operation("glue", "GetColumnStatisticsForTable")
def of_table(call):
    return table_of(call) and NONE


@operation("glue", "GetColumnStatisticsForPartition")
def of_partition(call):
    if str(call.params["PartitionValues"]) not in table_of(call).partitions:
        raise CloudError("EntityNotFoundException", "Partition not found.", 400)
    return NONE
