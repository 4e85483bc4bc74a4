/* What is typed by habit from shells, Python and other tools, and what does it here. */
#include "cell.h"

#include <ctype.h>
#include <string.h>

static const struct {
    const char *begin;
    const char *hint;
} habits[] = {
    {"!", "There is no shell here: an incident notebook runs no commands. Tab completes paths in %lake."},
    {"ls", "To look at data: %lake open FOLDER, then %lake tables."},
    {"cd", "Give the path to the magic that needs it; Tab completes paths."},
    {"cat ", "To read a file: %lake open FILE, then SELECT * FROM its name."},
    {"grep ", "To search: SELECT ... FROM cloudtrail WHERE ..., or %cloudtrail with a question."},
    {"aws ", "This kernel is not a shell: %cloudtrail asks the logs, SQL reads the lake."},
    {"pip ", "Nothing has to be installed: %help lists what is here."},
    {"import ", "This kernel speaks SQL and magics, not Python: %help lists them."},
    {"from ", "A query begins with SELECT, or FROM table; for Python choose another kernel."},
    {"print(", "To show a value: %echo {name}, or SELECT :name."},
    {"def ", "This kernel speaks SQL and magics, not Python: %help lists them."},
    {"df", "Results are tables: _ is the last one, _12 that of cell 12. SELECT * FROM _12."},
    {"pd.", "Results are tables: SELECT * FROM _ WHERE ..."},
    {"use ", "All databases are visible at once: SELECT * FROM database.table."},
    {"help", "%help lists the magics; name? explains a table, %magic? a magic."},
    {"exit", "The notebook's menu ends the kernel."},
    {"quit", "The notebook's menu ends the kernel."},
};

const char *cell_habit_hint(const char *text, size_t size)
{
    while (size && isspace((unsigned char)*text)) {
        text++;
        size--;
    }
    for (size_t i = 0; i < COUNT(habits); i++) {
        size_t length = strlen(habits[i].begin);
        if (size >= length && memcmp(text, habits[i].begin, length) == 0)
            return habits[i].hint;
    }
    return NULL;
}
