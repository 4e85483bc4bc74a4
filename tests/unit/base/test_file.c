#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

struct place {
    struct arena *arena;
    char folder[64];
};

static int setup(void **state)
{
    struct place *place = xcalloc(1, sizeof *place);
    place->arena = arena_new();
    (void)snprintf(place->folder, sizeof place->folder, "/tmp/cofferdam-file-XXXXXX");
    *state = place;
    return mkdtemp(place->folder) ? 0 : -1;
}

static int teardown(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    bool ok = file_remove_all(place->folder, &err);
    arena_free(place->arena);
    free(place);
    return ok ? 0 : -1;
}

static char *in(struct place *place, const char *name)
{
    return file_join(place->arena, place->folder, name);
}

static void put(struct place *place, const char *name, const char *text)
{
    struct error err = {0};
    char *path = in(place, name);
    assert_true(file_append(path, text, strlen(text), 0600, false, &err));
}

static const char *content(struct place *place, const char *name)
{
    struct error err = {0};
    char *data;
    size_t size;
    return file_read(place->arena, in(place, name), 1000, &data, &size, &err) ? data : NULL;
}

static void files_are_read_whole_within_the_limit(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    char *data;
    size_t size;
    put(place, "f", "hello");
    assert_true(file_read(place->arena, in(place, "f"), 5, &data, &size, &err));
    assert_int_equal(size, 5);
    assert_string_equal(data, "hello");
    assert_false(file_read(place->arena, in(place, "f"), 4, &data, &size, &err));
    assert_int_equal(err.kind, ERROR_LIMIT);
    error_clear(&err);
    assert_false(file_read(place->arena, in(place, "none"), 4, &data, &size, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, place->folder));
    error_clear(&err);
    assert_false(file_read(place->arena, place->folder, 4, &data, &size, &err));
    assert_non_null(strstr(err.message, "is a directory"));
    /* a file whose size is told as 0 */
    error_clear(&err);
    assert_true(file_read(place->arena, "/proc/self/status", 100000, &data, &size, &err));
    assert_true(size > 100 && strlen(data) == size);
    assert_false(file_read(place->arena, "/proc/self/status", 100, &data, &size, &err));
    assert_int_equal(err.kind, ERROR_LIMIT);
    /* a pipe without a writer must not block */
    error_clear(&err);
    assert_int_equal(mkfifo(in(place, "pipe"), 0600), 0);
    assert_false(file_read(place->arena, in(place, "pipe"), 4, &data, &size, &err));
}

static void replace_is_the_old_or_the_new(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    struct stat status;
    assert_true(file_replace(in(place, "f"), "one", 3, 0600, &err));
    assert_true(file_replace(in(place, "f"), "second", 6, 0600, &err));
    assert_string_equal(content(place, "f"), "second");
    assert_int_equal(stat(in(place, "f"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    size_t count;
    assert_non_null(file_list(place->arena, place->folder, &count));
    assert_int_equal(count, 1); /* nothing is left beside it */
    assert_false(file_replace(in(place, "no/f"), "x", 1, 0600, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    /* a folder of that name: refused, and the new file is cleaned up */
    error_clear(&err);
    assert_int_equal(mkdir(in(place, "d"), 0700), 0);
    put(place, "d/x", "x");
    assert_false(file_replace(in(place, "d"), "x", 1, 0600, &err));
    assert_non_null(file_list(place->arena, place->folder, &count));
    assert_int_equal(count, 2);
}

static void append_adds_and_says_when_the_disk_is_full(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    assert_true(file_append(in(place, "log"), "a\n", 2, 0600, true, &err));
    assert_true(file_append(in(place, "log"), "b\n", 2, 0600, false, &err));
    assert_string_equal(content(place, "log"), "a\nb\n");
    assert_false(file_append("/dev/full", "x", 1, 0600, false, &err));
    assert_int_equal(err.kind, ERROR_IO);
    assert_non_null(strstr(err.message, "/dev/full"));
    assert_non_null(strstr(err.hint, "disk is full"));
}

static void folders_are_made_with_parents(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    struct stat status;
    assert_true(file_make_folder(in(place, "a/b//c/"), 0700, &err));
    assert_true(file_make_folder(in(place, "a/b/c"), 0700, &err)); /* again is fine */
    assert_int_equal(stat(in(place, "a/b/c"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_true(file_is_folder(in(place, "a/b")));
    put(place, "f", "x");
    assert_false(file_make_folder(in(place, "f"), 0700, &err));
    assert_false(file_is_folder(in(place, "f")));
    error_clear(&err);
    assert_false(file_make_folder(in(place, "f/x"), 0700, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_true(file_exists(in(place, "f")));
    assert_int_equal(file_size(in(place, "f")), 1);
    assert_int_equal(file_size(in(place, "none")), -1);
}

static void remove_takes_all_but_follows_no_link(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    assert_true(file_make_folder(in(place, "keep"), 0700, &err));
    put(place, "keep/f", "x");
    assert_true(file_make_folder(in(place, "gone/deep"), 0700, &err));
    put(place, "gone/deep/f", "x");
    assert_int_equal(symlink(in(place, "keep"), in(place, "gone/link")), 0);
    assert_true(file_remove_all(in(place, "gone"), &err));
    assert_false(file_exists(in(place, "gone")));
    assert_true(file_exists(in(place, "keep/f")));
    assert_true(file_remove_all(in(place, "gone"), &err)); /* a missing one is fine */
    assert_int_equal(symlink(in(place, "keep"), in(place, "link")), 0);
    assert_true(file_remove_all(in(place, "link"), &err));
    assert_true(file_exists(in(place, "keep/f")));
}

struct seen {
    char text[256];
    size_t stop_at, count;
};

static bool note(void *state, const char *path, int64_t size, struct error *err)
{
    struct seen *seen = state;
    if (seen->stop_at && ++seen->count == seen->stop_at)
        return error_set(err, ERROR_INTERRUPTED, "stopped");
    size_t used = strlen(seen->text);
    const char *tail = strstr(path, "/root");
    (void)snprintf(seen->text + used, sizeof seen->text - used, "%s:%d ", tail ? tail + 6 : path,
                   (int)size);
    return true;
}

static void walk_visits_in_byte_order(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    assert_true(file_make_folder(in(place, "root/a"), 0700, &err));
    assert_true(file_make_folder(in(place, "root/.h"), 0700, &err));
    put(place, "root/a/x", "1");
    put(place, "root/a.x", "22");
    put(place, "root/a-x", "");
    put(place, "root/.h/x", "1");
    put(place, "root/b", "1");
    assert_int_equal(symlink(place->folder, in(place, "root/loop")), 0);
    assert_int_equal(mkfifo(in(place, "root/pipe"), 0600), 0);
    struct seen seen = {{0}, 0, 0};
    struct file_visit visit = {note, &seen, 5};
    assert_true(file_walk(in(place, "root"), &visit, &err));
    assert_string_equal(seen.text, ".h/x:1 a-x:0 a.x:2 a/x:1 b:1 ");
    visit.limit = 4;
    assert_false(file_walk(in(place, "root"), &visit, &err));
    assert_int_equal(err.kind, ERROR_LIMIT);
    error_clear(&err);
    seen = (struct seen){{0}, 2, 0};
    assert_false(file_walk(in(place, "root"), &visit, &err));
    assert_int_equal(err.kind, ERROR_INTERRUPTED);
    assert_int_equal(seen.count, 2);
    seen = (struct seen){{0}, 0, 0};
    error_clear(&err);
    assert_true(file_walk(in(place, "root/b"), &visit, &err)); /* a file alone */
    assert_string_equal(seen.text, "b:1 ");
    assert_false(file_walk(in(place, "none"), &visit, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
}

static void walk_ends_in_bottomless_folders(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    struct buf path;
    buf_init(&path, 4000);
    buf_adds(&path, place->folder);
    for (int i = 0; i < 130; i++)
        buf_adds(&path, "/d");
    assert_true(file_make_folder(path.data, 0700, &err));
    struct seen seen = {{0}, 0, 0};
    struct file_visit visit = {note, &seen, 5};
    assert_false(file_walk(place->folder, &visit, &err));
    assert_int_equal(err.kind, ERROR_LIMIT);
    error_clear(&err);
    assert_false(file_remove_all(place->folder, &err)); /* the same limit */
    path.data[path.size - 40] = '\0';                   /* the lower part first */
    error_clear(&err);
    assert_true(file_remove_all(path.data, &err));
    buf_release(&path);
}

static void lists_are_sorted_with_folders_marked(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    put(place, "b", "");
    put(place, ".h", "");
    assert_true(file_make_folder(in(place, "a"), 0700, &err));
    assert_int_equal(symlink(in(place, "a"), in(place, "c")), 0);
    size_t count;
    char **names = file_list(place->arena, place->folder, &count);
    assert_int_equal(count, 4);
    assert_string_equal(names[0], ".h");
    assert_string_equal(names[1], "a/");
    assert_string_equal(names[2], "b");
    assert_string_equal(names[3], "c/");
    assert_null(names[4]);
    assert_null(file_list(place->arena, in(place, "none"), &count));
    assert_int_equal(count, 0);
}

static void paths_are_put_together(void **state)
{
    struct place *place = *state;
    struct arena *arena = place->arena;
    assert_string_equal(file_name("/a/b.txt"), "b.txt");
    assert_string_equal(file_name("b"), "b");
    assert_string_equal(file_join(arena, "/a", "b"), "/a/b");
    assert_string_equal(file_join(arena, "/a/", "b"), "/a/b");
    assert_string_equal(file_join(arena, "", "b"), "b");
    assert_string_equal(file_join(arena, "/a", "/b"), "/b");
    assert_string_equal(file_absolute(arena, "/none/./x//../y/.."), "/none");
    assert_string_equal(file_absolute(arena, "/none/../../.."), "/");
    assert_int_equal(symlink("f", in(place, "link")), 0);
    put(place, "f", "x");
    assert_string_equal(file_absolute(arena, in(place, "link")), in(place, "f"));
    char cwd[1000];
    assert_non_null(getcwd(cwd, sizeof cwd));
    assert_string_equal(file_absolute(arena, "none/x"), file_join(arena, cwd, "none/x"));
    assert_int_equal(setenv("HOME", "/home/x", 1), 0);
    assert_string_equal(file_expand(arena, "~/a"), "/home/x/a");
    assert_string_equal(file_expand(arena, "~"), "/home/x");
    assert_string_equal(file_expand(arena, "~a"), "~a");
    assert_string_equal(file_expand(arena, "a~"), "a~");
    assert_true(file_is_folder(file_executable_folder(arena)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_are_read_whole_within_the_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(replace_is_the_old_or_the_new, setup, teardown),
        cmocka_unit_test_setup_teardown(append_adds_and_says_when_the_disk_is_full, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(folders_are_made_with_parents, setup, teardown),
        cmocka_unit_test_setup_teardown(remove_takes_all_but_follows_no_link, setup, teardown),
        cmocka_unit_test_setup_teardown(walk_visits_in_byte_order, setup, teardown),
        cmocka_unit_test_setup_teardown(walk_ends_in_bottomless_folders, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_are_sorted_with_folders_marked, setup, teardown),
        cmocka_unit_test_setup_teardown(paths_are_put_together, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
