/* VPC flow logs (text with a header) and resolver query logs (JSON lines), and writing all files.
 */
#include "example/example_state.h"

#include "base/file.h"
#include "base/gzip.h"
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char flow_header[] = "version account-id interface-id srcaddr dstaddr srcport dstport "
                                  "protocol packets bytes start end action log-status "
                                  "vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr "
                                  "pkt-dstaddr region az-id flow-direction\n";

void network_flow(struct example *example, const struct traffic *flow)
{
    unsigned source = 32768 + (unsigned)chance_below(example, 28000);
    long long begin = (long long)(flow->time / SECOND);
    buf_addf(&example->flows,
             "5 %s eni-0%.16s %s %s %u %d 6 %lld %lld %lld %lld %s OK vpc-0a1b2c3d4e5f60718 "
             "subnet-0f1e2d3c4b5a69788 %s 3 IPv4 %s %s %s use1-az1 egress\n",
             example->accounts[0],
             strlen(flow->instance) > 4 ? flow->instance + 3 : "1234567890abcdef", flow->from,
             flow->to, source, flow->port, (long long)(flow->bytes / 900 + 1),
             (long long)flow->bytes, begin, begin + 59, flow->accepted ? "ACCEPT" : "REJECT",
             flow->instance, flow->from, flow->to, example->regions[0]);
    example->report->flows++;
}

void network_query(struct example *example, const struct traffic *asked)
{
    char text[TIME_TEXT_SIZE];
    (void)time_iso(asked->time / SECOND * SECOND, text);
    json_t *answers =
        asked->to ? json_pack("[{s:s, s:s, s:s}]", "Rdata", asked->to, "Type", "A", "Class", "IN")
                  : json_array();
    json_t *query =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:{s:s}}",
                  "version", "1.100000", "account_id", example->accounts[0], "region",
                  example->regions[0], "vpc_id", "vpc-0a1b2c3d4e5f60718", "query_timestamp", text,
                  "query_name", asked->name, "query_type", "A", "query_class", "IN", "rcode",
                  asked->to ? "NOERROR" : "NXDOMAIN", "answers", answers, "srcaddr", asked->from,
                  "srcport", "51544", "transport", "UDP", "srcids", "instance", asked->instance);
    char *line = json_dumps(query, JSON_COMPACT);
    buf_adds(&example->queries, line);
    buf_addc(&example->queries, '\n');
    free(line);
    json_decref(query);
    example->report->queries++;
}

void network_noise(struct example *example)
{
    static const char *const hosts[] = {"api.payments.example.",
                                        "registry.npmjs.example.",
                                        "deb.debian.example.",
                                        "s3.us-east-1.amazonaws.com.",
                                        "sqs.eu-west-1.amazonaws.com.",
                                        "metrics.internal.example.",
                                        "time.aws.com."};
    char instance[24], from[40], to[40];
    int scale = example->request->scale ? example->request->scale : 1;
    for (int i = 0; i < 6000 * scale; i++) {
        if (i % 40 == 0)
            chance_hex(example, "i-0", 16, instance);
        int64_t time =
            EXAMPLE_BEGIN + (int64_t)chance_below(example, EXAMPLE_DAYS * 86400) * SECOND;
        chance_address(example, "172.31.4.", from);
        chance_address(example, chance_below(example, 2) ? "52.94.133." : "172.31.7.", to);
        struct traffic traffic = {.time = time, .instance = instance, .from = from, .to = to};
        traffic.port = chance_below(example, 3) ? 443 : 5432;
        traffic.bytes = 400 + (int64_t)chance_below(example, 90000);
        traffic.accepted = chance_below(example, 12) != 0;
        network_flow(example, &traffic);
        traffic.name = hosts[chance_below(example, COUNT(hosts))];
        traffic.to = chance_below(example, 20) ? to : NULL;
        if (i % 3 == 0)
            network_query(example, &traffic);
    }
    example->broken = example->broken || example->flows.full || example->queries.full;
}

static bool pack(struct example *example, const char *folder, const char *name,
                 const struct buf *content, struct error *err)
{
    struct buf packed;
    buf_init(&packed, (size_t)1024 * 1024 * 1024);
    gzip_pack(content->data, content->size, 6, &packed);
    bool ok = file_make_folder(folder, 0755, err) &&
              file_append(file_join(example->arena, folder, name), packed.data, packed.size, 0644,
                          false, err);
    buf_release(&packed);
    example->report->files += ok;
    return ok;
}

static bool write_slot(struct example *example, size_t slot, struct error *err)
{
    size_t quarter = slot % 4, day = slot / 4 % EXAMPLE_DAYS,
           region = slot / 4 / EXAMPLE_DAYS % (EXAMPLE_REGIONS + 1);
    size_t account = slot / 4 / EXAMPLE_DAYS / (EXAMPLE_REGIONS + 1);
    int year, month, date;
    time_date(EXAMPLE_BEGIN + (int64_t)day * DAY, &year, &month, &date);
    char unique[20];
    chance_capitals(example, "", 16, unique);
    if (!example->slots[slot].size)
        return true;
    const char *folder =
        arena_printf(example->arena, "%s/AWSLogs/%s/%s/CloudTrail/%s/%04d/%02d/%02d",
                     example->request->folder, example->organization, example->accounts[account],
                     example->regions[region], year, month, date);
    const char *name =
        arena_printf(example->arena, "%s_CloudTrail_%s_%04d%02d%02dT%02zu05Z_%s.json.gz",
                     example->accounts[account], example->regions[region], year, month, date,
                     quarter * 6, unique);
    struct buf file;
    buf_init(&file, (size_t)1024 * 1024 * 1024);
    buf_adds(&file, "{\"Records\":[");
    buf_add(&file, example->slots[slot].data, example->slots[slot].size);
    buf_adds(&file, "]}");
    bool ok = pack(example, folder, name, &file, err);
    buf_release(&file);
    return ok;
}

bool example_files(struct example *example, struct error *err)
{
    for (size_t slot = 0; slot < EXAMPLE_SLOTS; slot++)
        if (!write_slot(example, slot, err))
            return false;
    const char *base = arena_printf(example->arena, "%s/AWSLogs/%s", example->request->folder,
                                    example->accounts[0]);
    const char *flows =
        arena_printf(example->arena, "%s/vpcflowlogs/%s/2026/03/06", base, example->regions[0]);
    const char *queries =
        arena_printf(example->arena, "%s/vpcdnsquerylogs/vpc-0a1b2c3d4e5f60718/2026/03/06", base);
    struct buf text;
    buf_init(&text, (size_t)1024 * 1024 * 1024);
    buf_adds(&text, flow_header);
    buf_add(&text, example->flows.data, example->flows.size);
    bool ok =
        pack(example, flows,
             arena_printf(example->arena,
                          "%s_vpcflowlogs_%s_fl-0d1f3a5b7c9e24680_20260306T0000Z_9f8e7d6c.log.gz",
                          example->accounts[0], example->regions[0]),
             &text, err) &&
        pack(example, queries,
             "vpc-0a1b2c3d4e5f60718_vpcdnsquerylogs_20260306T0000Z_1a2b3c4d.log.gz",
             &example->queries, err);
    buf_release(&text);
    return ok;
}
