#include "case/results_rest.h"

#include "base/file.h"
#include "base/text.h"
#include "case/shown.h"

#define LAST_ROWS 100

static bool save(struct session *session, const struct results_rest *rest, const char **path,
                 char hash[static HASH_HEX_SIZE], struct error *err)
{
    unsigned char bytes[HASH_SIZE];
    const char *folder = shown_folder(shown_of(session), rest->arena, err);
    if (!folder)
        return false;
    *path = arena_printf(rest->arena, "%s/%s.csv", folder, rest->name);
    struct results_saving saving = {.name = rest->name, .path = *path, .cancel = rest->cancel};
    if (!results_save(session, &saving, err) || !file_sha256(*path, bytes, err))
        return false;
    hash_hex(bytes, sizeof bytes, hash);
    return true;
}

bool results_show_rest(struct session *session, const struct results_rest *rest, struct error *err)
{
    const char *path = NULL;
    char hash[HASH_HEX_SIZE], rows[32];
    struct result last;
    if (!save(session, rest, &path, hash, err) ||
        !results_page(session, rest->name, rest->total - LAST_ROWS, LAST_ROWS, rest->arena, &last,
                      err))
        return false;
    last.caption.title = arena_printf(rest->arena, "%s, its end", rest->name);
    last.caption.hint =
        arena_printf(rest->arena, "All %s rows are in %s, sha256 %s.",
                     text_number(rest->total, rows), file_typed(rest->arena, path), hash);
    outputs_result(rest->outputs, render_table(rest->arena, last.table, &last.caption));
    return true;
}
