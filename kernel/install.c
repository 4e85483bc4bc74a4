#include "install.h"

#include "base/file.h"
#include "base/json.h"
#include "jupyter/wire.h"
#include "logos.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPEC_LIMIT ((size_t)64 * 1024)
#define PATH_LIMIT 4096
#define MARK "cofferdam" /* member of the spec's metadata: we may remove it */

/* $JUPYTER_DATA_DIR, or the user's data folder. */
static const char *user_data(struct arena *arena)
{
    const char *data = getenv("JUPYTER_DATA_DIR"), *xdg = getenv("XDG_DATA_HOME");
    if (data && *data)
        return data;
    return file_join(arena, xdg && *xdg ? xdg : file_expand(arena, "~/.local/share"), "jupyter");
}

/* The Python environment that is active. */
static const char *sys_prefix(void)
{
    const char *environment = getenv("VIRTUAL_ENV");
    return environment && *environment ? environment : getenv("CONDA_PREFIX");
}

static bool data_folder(const struct install *install, struct arena *arena, const char **out,
                        struct error *err)
{
    const char *prefix = install->where == INSTALL_SYS_PREFIX ? sys_prefix() : install->prefix;
    if (install->where == INSTALL_USER) {
        *out = user_data(arena);
        return true;
    }
    if (!prefix || !*prefix) {
        error_set(err, ERROR_USAGE,
                  "no Python environment is active (VIRTUAL_ENV and CONDA_PREFIX are not set)");
        return error_hint(err, "Activate one, or use --user or --prefix DIR.");
    }
    *out = file_join(arena, file_absolute(arena, prefix), "share/jupyter");
    return true;
}

static bool spec_folder(const struct install *install, struct arena *arena, const char **out,
                        struct error *err)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    const char *name = install->name ? install->name : "cofferdam", *data = NULL;
    if (!*name || name[0] == '.' || name[strspn(name, allowed)])
        return error_set(err, ERROR_USAGE,
                         "\"%s\" is no name for a kernelspec: letters, digits, - _ and . only",
                         name);
    if (!data_folder(install, arena, &data, err))
        return false;
    *out = file_join(arena, file_join(arena, data, "kernels"), name);
    return true;
}

static const char *this_program(struct arena *arena)
{
    char path[PATH_LIMIT];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    return size > 0 ? arena_strndup(arena, path, (size_t)size) : "cofferdam";
}

/* kernel_protocol_version: from 5.5 on it promises the handshake of a registration file (JEP 66).
 */
static json_t *spec(const struct install *install, struct arena *arena)
{
    json_t *spec = json_own(arena, json_object()), *argv = json_array(), *metadata = json_object();
    (void)json_array_append_new(
        argv, json_texts(install->binary ? install->binary : this_program(arena)));
    (void)json_array_append_new(argv, json_texts("-f"));
    (void)json_array_append_new(argv, json_texts("{connection_file}"));
    (void)json_object_set_new(spec, "argv", argv);
    (void)json_object_set_new(spec, "display_name",
                              json_texts(install->display_name ? install->display_name
                                                               : "Cofferdam (incident response)"));
    (void)json_object_set_new(spec, "language", json_texts("sql"));
    (void)json_object_set_new(spec, "interrupt_mode", json_texts("message"));
    (void)json_object_set_new(spec, "kernel_protocol_version", json_texts(WIRE_PROTOCOL));
    (void)json_object_set_new(metadata, MARK, json_texts(COFFERDAM_VERSION));
    (void)json_object_set_new(metadata, "supported_encryption", json_pack("[s]", "curve"));
    (void)json_object_set_new(spec, "metadata", metadata);
    return spec;
}

bool install_write(const struct install *install, struct arena *arena, const char **folder,
                   struct error *err)
{
    if (!spec_folder(install, arena, folder, err) || !file_make_folder(*folder, 0755, err))
        return false;
    char *text = json_dumps(spec(install, arena), JSON_INDENT(2));
    arena_defer(arena, free, text);
    if (!file_replace(file_join(arena, *folder, "kernel.json"), text, strlen(text), 0644, err))
        return false;
    const struct {
        const char *name;
        const unsigned char *data;
        size_t size;
    } logos[] = {{"logo-svg.svg", logo_svg, logo_svg_size},
                 {"logo-32x32.png", logo_32, logo_32_size},
                 {"logo-64x64.png", logo_64, logo_64_size}};
    for (size_t i = 0; i < COUNT(logos); i++)
        if (!file_replace(file_join(arena, *folder, logos[i].name), logos[i].data, logos[i].size,
                          0644, err))
            return false;
    return true;
}

static bool is_ours(const char *folder, struct arena *arena, struct error *err)
{
    char *text = NULL;
    size_t size = 0;
    if (!file_read(arena, file_join(arena, folder, "kernel.json"), SPEC_LIMIT, &text, &size, err))
        return false;
    const json_t *spec = json_parse(arena, text, size, SPEC_LIMIT, err);
    if (!spec)
        return false;
    if (json_object_get(json_object_get(spec, "metadata"), MARK))
        return true;
    return error_set(err, ERROR_REFUSED, "%s belongs to another program", folder);
}

bool install_remove(const struct install *install, struct arena *arena, const char **folder,
                    struct error *err)
{
    return spec_folder(install, arena, folder, err) && is_ours(*folder, arena, err) &&
           file_remove_all(*folder, err);
}
