/* What a machine shows of itself before it is touched, byte for byte: its console's picture and
 * output, and its user data, which may hold passwords: only hashes leave the case folder. */
#include "response/machine.h"

#include "base/base64.h"
#include "case/ledger.h"
#include "data/outputs.h"

#include <string.h>

#define EXHIBIT_MOST ((size_t)16 << 20)

struct exhibit {
    const char *op, *path, *file, *words;
    bool shown; /* a picture goes into the notebook too */
};

static const struct exhibit exhibits[] = {
    {"ec2:GetConsoleScreenshot", "imageData", "console-%s.jpg", "picture of the console", true},
    {"ec2:GetConsoleOutput", "output", "console-%s.txt", "console output", false},
    {"ec2:DescribeInstanceAttribute", "userData.value", "user-data-%s", "user data", false},
};

static json_t *params_of(const struct machine *machine, const struct exhibit *exhibit)
{
    struct arena *arena = machine->planning->arena;
    bool output = strcmp(exhibit->op, "ec2:GetConsoleOutput") == 0;
    if (exhibit->shown)
        return plan_pack(arena, "{s:s}", "InstanceId", machine->id);
    return output
               ? plan_pack(arena, "{s:s, s:b}", "InstanceId", machine->id, "Latest", 1)
               : plan_pack(arena, "{s:s, s:s}", "InstanceId", machine->id, "Attribute", "userData");
}

/* EC2 gives JPEG; whatever it is, it is called what its first bytes say. */
static const char *type_of(const struct buf *bytes)
{
    static const unsigned char jpeg[] = {0xff, 0xd8, 0xff};
    static const unsigned char png[] = {0x89, 'P', 'N', 'G'};
    if (bytes->size >= sizeof jpeg && memcmp(bytes->data, jpeg, sizeof jpeg) == 0)
        return "image/jpeg";
    return bytes->size >= sizeof png && memcmp(bytes->data, png, sizeof png) == 0 ? "image/png"
                                                                                  : NULL;
}

static void show(const struct machine *machine, const struct keeping *keeping,
                 const struct buf *bytes, const json_t *reference)
{
    struct arena *arena = machine->planning->arena;
    const char *type = type_of(bytes);
    struct buf text;
    struct bundle bundle = {.data = json_own(arena, json_object())};
    if (type) {
        buf_init(&text, 2 * EXHIBIT_MOST);
        base64_add(&text, bytes->data, bytes->size);
        json_object_set_new(bundle.data, type, json_text(text.data, text.size));
        buf_release(&text);
    }
    json_object_set_new(
        bundle.data, "text/plain",
        json_texts(arena_printf(arena, "picture of the console of %s: %s, %zu bytes, SHA-256 %s",
                                machine->id, json_get_string(reference, "file", ""), bytes->size,
                                json_get_string(reference, "sha256", ""))));
    outputs_display(keeping->outputs, bundle);
}

static bool keep(const struct machine *machine, const struct keeping *keeping,
                 const struct exhibit *exhibit, const struct buf *bytes, struct error *err)
{
    struct arena *arena = machine->planning->arena;
    struct ledger_evidence evidence = {.data = bytes->data, .size = bytes->size};
    json_t *reference = NULL;
    size_t head = (size_t)(strstr(exhibit->file, "%s") - exhibit->file);
    evidence.name = arena_printf(arena, "%.*s%s%s", (int)head, exhibit->file, machine->id,
                                 exhibit->file + head + 2);
    if (!ledger_keep(keeping->ledger, &evidence, &reference, err))
        return false;
    (void)json_own(arena, reference);
    if (exhibit->shown)
        show(machine, keeping, bytes, reference);
    else
        outputs_printf(keeping->outputs, "%s of %s: %s, %zu bytes, SHA-256 %s\n", exhibit->words,
                       machine->id, json_get_string(reference, "file", ""), bytes->size,
                       json_get_string(reference, "sha256", ""));
    return ledger_append(keeping->ledger, LEDGER_ATTACHMENT,
                         json_pack("{s:s, s:s, s:I, s:O}", "what", exhibit->words, "of",
                                   machine->planning->suspect->arn, "plan",
                                   (json_int_t)keeping->plan, "file", reference),
                         NULL, err);
}

/* What there is not is said, and keeps nobody from going on. */
static bool take(const struct machine *machine, const struct keeping *keeping,
                 const struct exhibit *exhibit, struct error *err)
{
    struct planning *planning = machine->planning;
    json_t *params = params_of(machine, exhibit);
    const char *code = state_code(planning, exhibit->op, params);
    const char *text = reply_text(state_at(planning, exhibit->op, params, NULL), exhibit->path);
    struct buf bytes;
    bool ok = true;
    buf_init_secret(&bytes, EXHIBIT_MOST);
    if (code || !*text)
        outputs_printf(keeping->outputs, "no %s of %s%s%s\n", exhibit->words, machine->id,
                       code ? ": " : "", code ? code : "");
    else if (base64_read(&bytes, text, strlen(text)))
        ok = keep(machine, keeping, exhibit, &bytes, err);
    else
        outputs_printf(keeping->outputs, "the %s of %s cannot be read\n", exhibit->words,
                       machine->id);
    buf_release(&bytes);
    return ok;
}

bool machine_keep(struct planning *planning, const struct keeping *keeping, struct error *err)
{
    struct machine machine = {.planning = planning, .id = planning->suspect->name};
    struct reading list[COUNT(exhibits)];
    for (size_t i = 0; i < COUNT(exhibits); i++)
        list[i] =
            (struct reading){.op = exhibits[i].op, .params = params_of(&machine, &exhibits[i])};
    bool ok = response_read(planning, list, COUNT(list), err);
    for (size_t i = 0; ok && i < COUNT(exhibits); i++)
        ok = take(&machine, keeping, &exhibits[i], err);
    return ok;
}
