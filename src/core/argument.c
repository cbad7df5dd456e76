/* argument.c -- see argument.h. */
#include "argument.h"

#include <stdio.h>
#include <string.h>

const char REQUIRED[] = "";

size_t argument_count(const struct argument *rows)
{
    size_t count = 0;

    while (rows && rows[count].name)
        count++;
    return count;
}

int argument_index(const struct argument *rows, const char *name)
{
    for (int i = 0; rows && rows[i].name; i++)
        if (strcmp(rows[i].name, name) == 0)
            return i;
    return -1;
}

bool argument_is_required(const struct argument *row)
{
    return row->otherwise == REQUIRED;
}

const char *argument_expects(const struct argument *row, char text[100])
{
    static const struct {
        unsigned type;
        const char *words;
    } names[] = {
        {TEXT, "a string"}, {INTEGER, "an integer"}, {NUMBER, "a number"},
        {BOOLEAN, "true or false"}, {LIST, "a list"}, {TABLE, "a table"},
        {FUNCTION, "a function"}
    };
    size_t length = 0;

    text[0] = '\0';
    if (row->type & OBJECT)
        length = (size_t)snprintf(text, 100, "a %s or its %s",
                                  row->object->name, row->object->reference);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (row->type & names[i].type && length < 80)
            length += (size_t)snprintf(text + length, 100 - length, "%s%s",
                                       length ? " or " : "", names[i].words);
    return text;
}
