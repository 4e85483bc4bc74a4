/* The company: accounts, regions, sixty principals, and where they sit. */
#include "example/example_state.h"

#include <stdio.h>
#include <string.h>

static const char *const names[] = {
    "adebayo", "aiko",   "alina",  "amir",   "ana",   "andrei", "anouk",  "asha",  "bao",
    "beatriz", "bela",   "carlos", "chidi",  "clara", "dagny",  "daniel", "diego", "elif",
    "emeka",   "emma",   "farid",  "fatima", "finn",  "freya",  "gita",   "goran", "hana",
    "hassan",  "helene", "hugo",   "ines",   "ivan",  "jana",   "jonas",  "jun",   "kaito",
    "karin",   "kofi",   "lars",   "leila",  "lin",   "lucia",  "maja",   "malik", "marta",
    "mehmet",  "mina",   "nadia",  "nils",   "noor",  "olga",   "omar",   "paulo", "priya",
    "rafael",  "rosa",   "sami",   "sofia",  "tariq", "uma",    "vera",   "wei",   "yara",
    "yusuf",   "zoe"};
static const char *const roles[] = {"deploy-pipeline",
                                    "backup-runner",
                                    "data-platform",
                                    "eks-nodes",
                                    "config-recorder",
                                    "billing-reader",
                                    "AWSReservedSSO_Developer_4a1b",
                                    "AWSReservedSSO_Admin_9c0d",
                                    "AWSReservedSSO_ReadOnly_77aa",
                                    "lambda-orders",
                                    "lambda-images",
                                    "monitoring",
                                    "ci-runner",
                                    "report-job",
                                    "search-index",
                                    "payments-api"};
static const char *const agents[] = {
    "aws-cli/2.15.30 md/awscrt#0.19.19 ua/2.0 os/linux#6.1.0 md/arch#x86_64 lang/python#3.11.8",
    "Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0 os/linux#6.5.0",
    "aws-sdk-go-v2/1.25.2 os/linux lang/go#1.22.1",
    "APN/1.0 HashiCorp/1.0 Terraform/1.7.4 (+https://www.terraform.io)",
    "aws-sdk-java/2.24.9 Linux/5.10.209",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/122.0 Safari/537.36"};
static const char *const region_sets[][EXAMPLE_REGIONS + 1] = {
    {"us-east-1", "eu-west-1", "eu-central-1", "ap-southeast-2"},
    {"us-east-1", "us-west-2", "eu-central-1", "sa-east-1"},
    {"us-east-1", "eu-north-1", "ap-northeast-1", "me-south-1"}};

static void shuffle(struct example *example, size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)chance_below(example, i), keep = order[i - 1];
        order[i - 1] = order[j];
        order[j] = keep;
    }
}

static void make_person(struct example *example, struct person *person, size_t index,
                        const char *name, bool role)
{
    static const char *const offices[] = {"203.0.113.", "198.18.4.", "192.0.2."};
    (void)snprintf(person->name, sizeof person->name, "%s", name);
    person->role = role;
    chance_capitals(example, role ? "ASIA" : "AKIA", 16, person->key);
    chance_capitals(example, role ? "AROA" : "AIDA", 17, person->principal);
    chance_address(example, role ? "10.20.3." : offices[index % COUNT(offices)], person->address);
    person->agent = agents[chance_below(example, COUNT(agents))];
    person->account = (int)(index % EXAMPLE_ACCOUNTS);
}

void company_make(struct example *example)
{
    size_t order[COUNT(names)];
    size_t set = (size_t)chance_below(example, COUNT(region_sets));
    memcpy(example->regions, region_sets[set], sizeof example->regions);
    for (size_t i = 0; i < EXAMPLE_ACCOUNTS; i++)
        (void)snprintf(
            example->accounts[i], sizeof example->accounts[i], "%012llu",
            (unsigned long long)(100000000000ULL + chance_below(example, 899999999999ULL)));
    chance_hex(example, "o-", 10, example->organization);
    shuffle(example, order, COUNT(names));
    size_t people = EXAMPLE_PEOPLE - COUNT(roles);
    for (size_t i = 0; i < people; i++)
        make_person(example, &example->people[i], i, names[order[i]], false);
    for (size_t i = 0; i < COUNT(roles); i++)
        make_person(example, &example->people[people + i], people + i, roles[i], true);
}
