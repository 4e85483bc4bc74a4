/* What is typed by habit from shells, Python and other tools, and what does it here. */
#include "cell.h"

#include <ctype.h>
#include <string.h>

static const struct {
    const char *word; /* matched as a whole word where it ends in a letter */
    const char *hint;
} habits[] = {
    {"!", "There is no shell here: an incident notebook runs no commands. Tab completes paths in "
          "%lake."},
    {"ls", "To look at data: %lake open FOLDER, then %lake tables."},
    {"ll", "To look at data: %lake open FOLDER, then %lake tables."},
    {"dir", "To look at data: %lake open FOLDER, then %lake tables."},
    {"cd", "Give the path to the magic that needs it; Tab completes paths."},
    {"pwd", "Paths are relative to the notebook's folder; Tab completes them."},
    {"cat", "To read a file: %lake open FILE, then SELECT * FROM its name."},
    {"head", "To read a file: %lake open FILE, then SELECT * FROM its name."},
    {"grep", "To search: SELECT ... FROM cloudtrail WHERE ..., or %cloudtrail with a question."},
    {"jq", "JSON is read by SQL: col->>'$.name', or json_extract_scalar(col, '$.name')."},
    {"aws", "This kernel is not a shell: %cloudtrail asks the logs, SQL reads the lake."},
    {"curl", "This kernel is not a shell and fetches nothing: %help lists what it does."},
    {"sudo", "There is no shell here: an incident notebook runs no commands."},
    {"echo", "To print text: %echo hello, {name}."},
    {"pip", "Nothing has to be installed: %help lists what is here."},
    {"conda", "Nothing has to be installed: %help lists what is here."},
    {"import", "This kernel speaks SQL and magics, not Python: %help lists them."},
    {"print", "To show a value: %echo {name}, or SELECT :name."},
    {"def", "This kernel speaks SQL and magics, not Python: %help lists them."},
    {"for", "This kernel speaks SQL and magics, not Python: %help lists them."},
    {"if",
     "This kernel speaks SQL and magics, not Python: in SQL it is CASE WHEN ... THEN ... END."},
    {"df", "Results are tables: _ is the last one, _12 that of cell 12. SELECT * FROM _12."},
    {"pd", "Results are tables: SELECT * FROM _ WHERE ..."},
    {"use", "All databases are visible at once: SELECT * FROM database.table."},
    {"help", "%help lists the magics; name? explains a table, %magic? a magic."},
    {"man", "%help lists the magics; name? explains a table, %magic? a magic."},
    {"exit", "The notebook's menu ends the kernel."},
    {"quit", "The notebook's menu ends the kernel."},
};

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* from os import path: two words of Python around a name; FROM cloudtrail is a query. */
static bool is_python_import(const char *text, size_t size)
{
    if (size < 12 || memcmp(text, "from ", 5) != 0)
        return false;
    for (size_t i = 5; i < size && text[i] != '\n'; i++)
        if (size - i > 8 && memcmp(text + i, " import ", 8) == 0)
            return true;
    return false;
}

const char *cell_habit_hint(const char *text, size_t size)
{
    while (size && isspace((unsigned char)*text)) {
        text++;
        size--;
    }
    if (is_python_import(text, size))
        return "This kernel speaks SQL and magics, not Python: %help lists them.";
    for (size_t i = 0; i < COUNT(habits); i++) {
        size_t length = strlen(habits[i].word);
        if (size < length || memcmp(text, habits[i].word, length) != 0)
            continue;
        if (length == size || !is_letter(habits[i].word[length - 1]) || !is_letter(text[length]))
            return habits[i].hint;
    }
    return NULL;
}
